package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.Frames;
import gantry.acceptance.harness.Http;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// `exec`: a further process in a running container, from the client and over bare HTTP.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExecTest {
  private final Cli cli;
  private final Http http;
  private final Engine engine;
  private String box = "";

  ExecTest(Cli cli, Http http, Engine engine) {
    this.cli = cli;
    this.http = http;
    this.engine = engine;
  }

  @BeforeAll
  void start() {
    box = cli.box("-e", "OF_CONTAINER=1", "-w", "/tmp", "busybox", "sleep", "600");
  }

  private String execId(String json) {
    return http.post("/containers/" + box + "/exec", json).expect(201).json().get("Id").asText();
  }

  @Test
  void outputAndExitCode_areTheCommands() {
    var result = cli.run("exec", box, "sh", "-c", "echo out; echo err >&2; exit 9").expect(9);
    assertThat(result.stdout()).isEqualTo("out\n");
    assertThat(result.stderr()).isEqualTo("err\n");
  }

  @Test
  void exitCode_isNeverLost() {
    int rounds = engine.docker() ? 10 : 200;
    for (int i = 0; i < rounds; i++) {
      cli.run("exec", box, "false").expect(1);
    }
  }

  @Test
  void stdin_isPassedAndEnds() {
    assertThat(cli.pipe("one\ntwo\n", "exec", "-i", box, "wc", "-l").expect(0).text())
        .isEqualTo("2");
  }

  @Test
  void withoutI_stdinIsEmpty() {
    assertThat(cli.pipe("x", "exec", box, "cat").expect(0).stdout()).isEmpty();
  }

  @Test
  void environment_isTheContainersAndOnesOwn() {
    assertThat(cli.run("exec", "-e", "MORE=a b", box, "env").expect(0).lines())
        .contains("OF_CONTAINER=1", "MORE=a b", "HOME=/root")
        .doesNotContain("TERM=xterm");
  }

  @Test
  void workdir_isTheContainersUnlessGiven() {
    assertThat(cli.ok("exec", box, "pwd")).isEqualTo("/tmp");
    assertThat(cli.ok("exec", "-w", "/var/www", box, "pwd")).isEqualTo("/var/www");
  }

  @Test
  void user_isLookedUpInTheContainer() {
    assertThat(cli.ok("exec", "-u", "mail", box, "id"))
        .isEqualTo("uid=8(mail) gid=8(mail) groups=8(mail)");
    assertThat(cli.ok("exec", "-u", "4711:8", box, "id"))
        .isEqualTo("uid=4711 gid=8(mail) groups=8(mail)");
  }

  @Test
  void unknownUser_isRefused() {
    var result = cli.run("exec", "-u", "nosuch", box, "id");
    assertThat(result.exit()).isNotZero();
    assertThat(result.stdout() + result.stderr())
        .contains("unable to find user nosuch: no matching entries in passwd file");
  }

  @Test
  void tty_isAllocatedByT() {
    var result = cli.run("exec", "-t", box, "sh", "-c", "tty; echo $TERM").expect(0);
    assertThat(result.stdout()).containsPattern("/dev/pts/[0-9]+\r\nxterm\r\n");
  }

  @Test
  void detached_returnsAtOnceAndRuns() {
    assertThat(cli.ok("exec", "-d", box, "sh", "-c", "echo $$ > /tmp/detached; sleep 600"))
        .isEmpty();
    Await.until(
        "the detached command",
        () -> cli.run("exec", box, "test", "-s", "/tmp/detached").exit() == 0);
    cli.ok("exec", box, "sh", "-c", "kill $(cat /tmp/detached)");
  }

  @Test
  void privileged_hasMoreCapabilities() {
    String plain = cli.ok("exec", box, "grep", "CapEff", "/proc/self/status");
    String more = cli.ok("exec", "--privileged", box, "grep", "CapEff", "/proc/self/status");
    assertThat(plain).endsWith("00000000a80425fb");
    assertThat(more).isNotEqualTo(plain);
  }

  @Test
  void sharesAllNamespacesAndTheFilter() {
    assertThat(
            cli.ok(
                "exec",
                box,
                "sh",
                "-c",
                "for n in mnt pid ipc uts net; do [ $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) ] || echo $n; done"))
        .isEmpty();
    assertThat(cli.ok("exec", box, "grep", "Seccomp:", "/proc/self/status")).endsWith("2");
    assertThat(
            cli.ok("exec", box, "sh", "-c", "diff /proc/1/cgroup /proc/self/cgroup && echo same"))
        .isEqualTo("same");
  }

  @Test
  void inContainerThatDoesNotRun_is409() {
    String name = cli.created("busybox", "true");
    var answer = http.post("/containers/" + name + "/exec", "{\"Cmd\":[\"true\"]}").expect(409);
    assertThat(answer.message()).matches("container [0-9a-f]{64} is not running");
    assertThat(cli.run("exec", name, "true").expect(1).stderr()).contains("is not running");
  }

  @Test
  void inPausedContainer_is409() {
    String name = cli.sleeper();
    cli.ok("pause", name);
    assertThat(cli.run("exec", name, "true").expect(1).stderr())
        .contains("is paused, unpause the container before exec");
    cli.ok("unpause", name);
  }

  @Test
  void emptyCommand_is400() {
    assertThat(http.post("/containers/" + box + "/exec", "{\"Cmd\":[]}").expect(400).message())
        .isEqualTo("No exec command specified");
  }

  @Test
  void ofMissingContainer_is404() {
    assertThat(http.post("/containers/nosuch/exec", "{\"Cmd\":[\"true\"]}").expect(404).message())
        .isEqualTo("No such container: nosuch");
  }

  @Test
  void missingExec_is404() {
    assertThat(http.get("/exec/nosuch/json").expect(404).message())
        .isEqualTo("No such exec instance: nosuch");
    assertThat(http.post("/exec/nosuch/start", "{}").expect(404).message())
        .isEqualTo("No such exec instance: nosuch");
  }

  @Test
  void inspect_tellsOfAllStages() {
    String id =
        execId(
            "{\"Cmd\":[\"sh\",\"-c\",\"exit 4\"],\"AttachStdout\":true,\"AttachStderr\":true,\"User\":\"1000\"}");
    var before = http.get("/exec/" + id + "/json").expect(200).json();
    assertThat(before.get("Running").asBoolean()).isFalse();
    assertThat(before.get("ExitCode").isNull()).isTrue();
    assertThat(before.get("ID").asText()).isEqualTo(id);
    assertThat(before.get("ContainerID").asText()).isEqualTo(cli.inspect(box, "{{.Id}}"));
    var process = before.get("ProcessConfig");
    assertThat(process.get("entrypoint").asText()).isEqualTo("sh");
    assertThat(process.get("arguments").toString()).isEqualTo("[\"-c\",\"exit 4\"]");
    assertThat(process.get("tty").asBoolean()).isFalse();
    assertThat(process.get("user").asText()).isEqualTo("1000");
    http.post("/exec/" + id + "/start", "{\"Detach\":false}").expect(200);
    var after = http.get("/exec/" + id + "/json").expect(200).json();
    assertThat(after.get("Running").asBoolean()).isFalse();
    assertThat(after.get("ExitCode").asInt()).isEqualTo(4);
  }

  @Test
  void startTwice_isRefusedInTheStream() {
    String id = execId("{\"Cmd\":[\"true\"]}");
    http.post("/exec/" + id + "/start", "{\"Detach\":false}").expect(200);
    assertThat(http.post("/exec/" + id + "/start", "{\"Detach\":false}").expect(200).text())
        .containsPattern("exec command " + id + " (has already run|is already running)");
  }

  @Test
  void startWithoutUpgrade_streamsFramesAndCloses() {
    String id =
        execId(
            "{\"Cmd\":[\"sh\",\"-c\",\"echo o; echo e >&2\"],\"AttachStdout\":true,\"AttachStderr\":true}");
    try (var connection =
        http.open(
            "POST",
            "/exec/" + id + "/start",
            Map.of("Content-Type", "application/json"),
            "{\"Detach\":false}".getBytes(java.nio.charset.StandardCharsets.UTF_8))) {
      assertThat(connection.status()).isEqualTo(200);
      assertThat(connection.headers())
          .containsEntry("content-type", "application/vnd.docker.raw-stream");
      assertThat(connection.headers()).doesNotContainKeys("content-length", "transfer-encoding");
      assertThat(Frames.read(connection.raw())).isEqualTo(new Frames("o\n", "e\n"));
    }
  }

  @Test
  void startWithUpgrade_takesTheConnectionOver() {
    String id = execId("{\"Cmd\":[\"cat\"],\"AttachStdin\":true,\"AttachStdout\":true}");
    Map<String, String> upgrade =
        Map.of("Content-Type", "application/json", "Connection", "Upgrade", "Upgrade", "tcp");
    try (var connection =
        http.open(
            "POST",
            "/exec/" + id + "/start",
            upgrade,
            "{\"Detach\":false}".getBytes(java.nio.charset.StandardCharsets.UTF_8))) {
      assertThat(connection.status()).isEqualTo(101);
      assertThat(connection.headers())
          .containsEntry("content-type", "application/vnd.docker.multiplexed-stream");
      connection.write("through cat").halfClose();
      assertThat(Frames.read(connection.raw())).isEqualTo(new Frames("through cat", ""));
    }
    Await.until(
        "the exit code",
        () -> http.get("/exec/" + id + "/json").json().get("ExitCode").asInt(-1) == 0);
  }

  @Test
  void detachedStart_answersPlainly() {
    String id = execId("{\"Cmd\":[\"true\"]}");
    var answer = http.post("/exec/" + id + "/start", "{\"Detach\":true}").expect(200);
    assertThat(answer.body()).isEmpty();
    Await.until(
        "its end", () -> http.get("/exec/" + id + "/json").json().get("ExitCode").asInt(-1) == 0);
  }

  @Test
  void detachedStart_ofMissingProgram_is400or500WithWords() {
    String id = execId("{\"Cmd\":[\"nosuch\"]}");
    var answer = http.post("/exec/" + id + "/start", "{\"Detach\":true}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.message()).contains("executable file not found in $PATH");
    assertThat(http.get("/exec/" + id + "/json").json().get("ExitCode").asInt()).isEqualTo(127);
  }

  @Test
  void runningExecs_areListedByInspect() {
    String name = cli.sleeper();
    assertThat(cli.inspect(name, "{{json .ExecIDs}}")).isEqualTo("null");
    cli.ok("exec", "-d", name, "sleep", "600");
    assertThat(cli.inspect(name, "{{len .ExecIDs}}")).isEqualTo("1");
  }

  @Test
  void containersEnd_endsItsExecs() {
    String name = cli.sleeper();
    try (var exec = cli.start("exec", name, "sleep", "600")) {
      Await.until(
          "the exec",
          () ->
              cli.ok("top", name).contains("sleep 600\nroot")
                  || cli.ok("top", name).lines().count() == 3);
      cli.ok("kill", name);
      assertThat(exec.end().exit()).isEqualTo(137);
    }
  }

  @Test
  void resize_needsBothNumbers() {
    String id = execId("{\"Cmd\":[\"true\"],\"Tty\":true}");
    assertThat(http.post("/exec/" + id + "/resize?h=10").expect(400).message()).isNotEmpty();
    assertThat(http.post("/exec/" + id + "/resize?h=x&w=10").expect(400).message()).contains("x");
  }
}
