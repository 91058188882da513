package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.Frames;
import gantry.acceptance.harness.Http;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// `attach` and `start -ai`, and below them the connection that stops being HTTP.
@E2e
class AttachTest {
  private static final Map<String, String> UPGRADE =
      Map.of("Connection", "Upgrade", "Upgrade", "tcp");
  private final Cli cli;
  private final Http http;
  private final Engine engine;

  AttachTest(Cli cli, Http http, Engine engine) {
    this.cli = cli;
    this.http = http;
    this.engine = engine;
  }

  @Test
  void startAttached_getsOutputAndExitCode() {
    String name = cli.created("busybox", "sh", "-c", "echo o; echo e >&2; exit 5");
    var result = cli.run("start", "-a", name).expect(5);
    assertThat(result.stdout()).isEqualTo("o\n");
    assertThat(result.stderr()).isEqualTo("e\n");
  }

  @Test
  void startInteractive_passesStdin() {
    String name = cli.created("-i", "busybox", "cat");
    assertThat(cli.pipe("in and out", "start", "-ai", name).expect(0).stdout())
        .isEqualTo("in and out");
  }

  @Test
  void attach_streamsAndReturnsTheExitCode() {
    String name = cli.box("-i", "busybox", "sh", "-c", "read -r x; echo got $x; exit 6");
    try (var attached = cli.start("attach", name)) {
      assertThat(attached.type("it\n").end().expect(6).stdout()).isEqualTo("got it\n");
    }
  }

  @Test
  void attach_toStoppedContainer_isRefusedByTheClient() {
    String name = cli.created("busybox", "true");
    assertThat(cli.run("attach", name).expect(1).stderr())
        .contains("cannot attach to a stopped container");
  }

  @Test
  void attach_toPausedContainer_isRefused() {
    String name = cli.sleeper();
    cli.ok("pause", name);
    assertThat(cli.run("attach", name).expect(1).stderr())
        .contains("cannot attach to a paused container");
    http.post("/containers/" + name + "/attach?stream=1&stdout=1").expect(409);
    cli.ok("unpause", name);
  }

  @Test
  void signals_areProxied() {
    String name =
        cli.box(
            "busybox",
            "sh",
            "-c",
            "trap 'echo caught; exit 8' USR1; while :; do echo ready; sleep 0.1; done");
    try (var attached = cli.start("attach", name)) {
      attached.awaitOutput("ready\n");
      attached.signal("USR1");
      var result = attached.end();
      assertThat(result.stdout()).contains("caught");
      assertThat(result.exit()).isEqualTo(8);
    }
  }

  @Test
  void twoAttached_bothGetAll() {
    String name = cli.box("-i", "busybox", "sh", "-c", "read -r x; echo for both");
    try (var one = cli.start("attach", "--no-stdin", name);
        var two = cli.start("attach", "--no-stdin", name)) {
      Await.pause(Duration.ofMillis(500));
      cli.start("attach", name).type("go\n").end().expect(0);
      assertThat(one.end().stdout()).isEqualTo("for both\n");
      assertThat(two.end().stdout()).isEqualTo("for both\n");
    }
  }

  @Test
  void clientThatIsKilled_leavesTheContainerAlone() {
    String name = cli.box("-i", "busybox", "sh", "-c", "while read -r x; do echo got $x; done");
    try (var first = cli.start("attach", name)) {
      first.type("one\n").awaitOutput("got one");
      first.signal("KILL");
      first.end();
    }
    try (var second = cli.start("attach", name)) {
      second.type("two\n").awaitOutput("got two");
    }
  }

  @Test
  void upgrade_answersExactly101() {
    String name = cli.box("busybox", "sleep", "600");
    try (var connection =
        http.open(
            "POST", "/v1.51/containers/" + name + "/attach?stream=1&stdout=1", UPGRADE, null)) {
      assertThat(connection.status()).isEqualTo(101);
      assertThat(connection.headers())
          .containsEntry("content-type", "application/vnd.docker.multiplexed-stream")
          .containsEntry("connection", "Upgrade")
          .containsEntry("upgrade", "tcp")
          .doesNotContainKeys("content-length", "transfer-encoding");
    }
  }

  @Test
  void upgrade_beforeVersion142_isRawStream() {
    String name = cli.box("busybox", "sleep", "600");
    try (var connection =
        http.open(
            "POST", "/v1.41/containers/" + name + "/attach?stream=1&stdout=1", UPGRADE, null)) {
      assertThat(connection.headers())
          .containsEntry("content-type", "application/vnd.docker.raw-stream");
    }
  }

  @Test
  void withoutUpgrade_is200AndEndsByClose() {
    String name = cli.created("busybox", "sh", "-c", "echo o; echo e >&2");
    try (var connection =
        http.open(
            "POST", "/containers/" + name + "/attach?stream=1&stdout=1&stderr=1", Map.of(), null)) {
      assertThat(connection.status()).isEqualTo(200);
      assertThat(connection.headers())
          .containsEntry("content-type", "application/vnd.docker.raw-stream");
      http.post("/containers/" + name + "/start").expect(204);
      assertThat(Frames.read(connection.raw())).isEqualTo(new Frames("o\n", "e\n"));
    }
  }

  @Test
  void halfClose_closesStdinAndOutputGoesOn() {
    String id =
        http.post(
                "/containers/create?name=" + cli.name(),
                """
                {"Image":"busybox","Cmd":["sh","-c","cat; sleep 0.3; echo; echo after"],"OpenStdin":true,"StdinOnce":true,
                 "AttachStdin":true,"AttachStdout":true,"HostConfig":{"NetworkMode":"none"}}""")
            .expect(201)
            .json()
            .get("Id")
            .asText();
    try (var connection =
        http.open(
            "POST",
            "/containers/" + id + "/attach?stream=1&stdin=1&stdout=1&stderr=1",
            UPGRADE,
            null)) {
      connection.write("typed");
      http.post("/containers/" + id + "/start").expect(204);
      connection.write(" more").halfClose();
      assertThat(Frames.read(connection.raw())).isEqualTo(new Frames("typed more\nafter\n", ""));
    }
  }

  @Test
  void stdinInTheSameSegmentAsTheHead_isNotLost() {
    String id =
        http.post(
                "/containers/create?name=" + cli.name(),
                """
                {"Image":"busybox","Cmd":["cat"],"OpenStdin":true,"StdinOnce":true,"HostConfig":{"NetworkMode":"none"}}""")
            .expect(201)
            .json()
            .get("Id")
            .asText();
    try (var connection = http.connect()) {
      connection.write(
          "POST /containers/%s/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly bytes"
              .formatted(id));
      connection.readHead();
      http.post("/containers/" + id + "/start").expect(204);
      connection.halfClose();
      assertThat(Frames.read(connection.raw()).stdout())
          .isEqualTo(
              engine.docker()
                  ? ""
                  : "early bytes"); // dockerd drops what its HTTP reader had read ahead
    }
  }

  @Test
  void logsFirst_thenLive() {
    String name = cli.box("-i", "busybox", "sh", "-c", "echo before; read -r x; echo after");
    Await.until("the first line", () -> cli.run("logs", name).stdout().equals("before\n"));
    try (var connection =
        http.open(
            "POST",
            "/containers/" + name + "/attach?logs=1&stream=1&stdin=1&stdout=1",
            UPGRADE,
            null)) {
      connection.write("x\n");
      assertThat(Frames.read(connection.raw()).stdout()).isEqualTo("before\nafter\n");
    }
  }

  @Test
  void logsOnly_endsAtOnce() {
    String name = cli.box("busybox", "sh", "-c", "echo before; sleep 600");
    Await.until("the first line", () -> cli.run("logs", name).stdout().equals("before\n"));
    try (var connection =
        http.open("POST", "/containers/" + name + "/attach?logs=1&stdout=1", Map.of(), null)) {
      assertThat(Frames.read(connection.raw()).stdout()).isEqualTo("before\n");
    }
  }

  @Test
  void missingContainer_is404InPlainText() {
    var answer = http.send("POST", "/containers/nosuch/attach?stream=1&stdout=1", UPGRADE, null);
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.header("content-type")).isEqualTo("application/vnd.docker.raw-stream");
    assertThat(answer.text()).isEqualTo("No such container: nosuch\r\n");
  }

  @Test
  void badDetachKeys_are400() {
    String name = cli.sleeper();
    var answer =
        http.send(
            "POST",
            "/containers/" + name + "/attach?stream=1&stdout=1&detachKeys=ctrl-%21",
            UPGRADE,
            null);
    assertThat(answer.status()).isEqualTo(400);
  }
}
