package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Frames;
import gantry.acceptance.harness.Http;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// `logs`: what a container wrote, kept, selected, followed.
@E2e
class LogsTest {
  private static final String TIMESTAMP =
      "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z";
  private final Cli cli;
  private final Http http;

  LogsTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  private String ended(String script) {
    String name = cli.box("busybox", "sh", "-c", script);
    cli.ok("wait", name);
    return name;
  }

  @Test
  void streams_areKeptApart() {
    var result = cli.run("logs", ended("echo o1; echo e1 >&2; echo o2")).expect(0);
    assertThat(result.stdout()).isEqualTo("o1\no2\n");
    assertThat(result.stderr()).isEqualTo("e1\n");
  }

  @Test
  void lastLineWithoutNewline_keepsNone() {
    assertThat(cli.run("logs", ended("printf 'a\\nb'")).stdout()).isEqualTo("a\nb");
  }

  @Test
  void longLines_areWhole() {
    String name = ended("head -c 100000 /dev/zero | tr '\\0' x; echo; echo end");
    assertThat(cli.run("logs", name).stdout()).isEqualTo("x".repeat(100_000) + "\nend\n");
    assertThat(cli.run("logs", "-t", name).stdout().replaceAll(TIMESTAMP + " ", ""))
        .isEqualTo("x".repeat(100_000) + "\nend\n");
  }

  @Test
  void tail_countsLinesFromTheEnd() {
    String name = ended("for i in 1 2 3 4 5; do echo $i; done");
    assertThat(cli.run("logs", "-n", "2", name).stdout()).isEqualTo("4\n5\n");
    assertThat(cli.run("logs", "--tail", "0", name).stdout()).isEmpty();
    assertThat(cli.run("logs", "--tail", "all", name).lines()).hasSize(5);
    assertThat(cli.run("logs", "--tail", "99", name).lines()).hasSize(5);
  }

  @Test
  void timestamps_haveNineDecimals() {
    assertThat(cli.run("logs", "-t", ended("echo a; echo b >&2")).stdout())
        .matches(TIMESTAMP + " a\n");
  }

  @Test
  void sinceAndUntil_selectByTime() {
    String name = ended("echo early; sleep 1.2; echo late");
    List<String> lines = cli.run("logs", "-t", name).lines();
    String late = lines.get(1).substring(0, 30);
    assertThat(cli.run("logs", "--since", late, name).stdout()).isEqualTo("late\n");
    assertThat(cli.run("logs", "--until", lines.getFirst().substring(0, 30), name).stdout())
        .isEqualTo("early\n");
    assertThat(cli.run("logs", "--since", "10m", name).lines()).hasSize(2);
    assertThat(cli.run("logs", "--until", "10m", name).stdout()).isEmpty();
  }

  @Test
  void follow_endsWithTheContainer() {
    String name = cli.box("busybox", "sh", "-c", "echo first; sleep 1; echo last");
    assertThat(cli.start("logs", "-f", name).end().stdout()).isEqualTo("first\nlast\n");
  }

  @Test
  void follow_ofQuietContainer_answersHeadersAtOnce() {
    String name = cli.sleeper();
    try (var connection =
        http.open("GET", "/containers/" + name + "/logs?stdout=1&follow=1", Map.of(), null)) {
      assertThat(connection.status()).isEqualTo(200);
    }
  }

  @Test
  void follow_withTailZero_showsOnlyWhatIsNew() {
    String name =
        cli.box(
            "-i", "busybox", "sh", "-c", "echo old; while read -r line; do echo new $line; done");
    Await.until("the first line", () -> cli.run("logs", name).stdout().equals("old\n"));
    try (var follow = cli.start("logs", "-f", "--tail", "0", name)) {
      try (var attached = cli.start("attach", name)) {
        // the follower connects when it does: until then each line is another old one
        Await.until(
            "a new line",
            () -> {
              attached.type("x\n");
              return follow.stdout().startsWith("new x\n");
            });
      }
      assertThat(follow.stdout()).matches("(new x\n)+");
    }
  }

  @Test
  void terminal_isOneRawStream() {
    String name = cli.box("-t", "busybox", "sh", "-c", "echo out; echo err >&2");
    cli.ok("wait", name);
    var result = cli.run("logs", name);
    assertThat(result.stdout()).isEqualTo("out\r\nerr\r\n");
    assertThat(http.get("/containers/" + name + "/logs?stdout=1").text())
        .isEqualTo("out\r\nerr\r\n");
  }

  @Test
  void api_framesAndContentTypeByVersion() {
    String name = ended("echo o; echo e >&2");
    var answer = http.get("/v1.42/containers/" + name + "/logs?stdout=1&stderr=1").expect(200);
    assertThat(answer.header("content-type"))
        .isEqualTo("application/vnd.docker.multiplexed-stream");
    assertThat(Frames.read(new ByteArrayInputStream(answer.body())))
        .isEqualTo(new Frames("o\n", "e\n"));
    var old = http.get("/v1.41/containers/" + name + "/logs?stdout=1").expect(200);
    assertThat(old.header("content-type")).isEqualTo("application/vnd.docker.raw-stream");
    assertThat(Frames.read(new ByteArrayInputStream(old.body()))).isEqualTo(new Frames("o\n", ""));
  }

  @Test
  void api_needsAStream() {
    assertThat(http.get("/containers/" + cli.sleeper() + "/logs").expect(400).message())
        .contains("must choose at least one stream");
  }

  @Test
  void createdContainer_hasNone() {
    String name = cli.created("busybox", "true");
    assertThat(cli.run("logs", name).expect(0).stdout()).isEmpty();
  }

  @Test
  void missingContainer_is404() {
    assertThat(http.get("/containers/nosuch/logs?stdout=1").expect(404).message())
        .isEqualTo("No such container: nosuch");
  }

  @Test
  void restart_appends() {
    String name = ended("echo again");
    cli.ok("start", name);
    cli.ok("wait", name);
    assertThat(cli.run("logs", name).stdout()).isEqualTo("again\nagain\n");
  }

  @Test
  void file_isDockersJsonLines() throws Exception {
    String name = ended("echo hello; printf tail");
    Path file = Path.of(cli.inspect(name, "{{.LogPath}}"));
    assertThat(cli.inspect(name, "{{.HostConfig.LogConfig.Type}}")).isEqualTo("json-file");
    List<String> lines = Files.readAllLines(file);
    JsonNode first = new ObjectMapper().readTree(lines.getFirst());
    assertThat(first.get("log").asText()).isEqualTo("hello\n");
    assertThat(first.get("stream").asText()).isEqualTo("stdout");
    assertThat(first.get("time").asText()).matches("[0-9-]{10}T[0-9:]{8}(\\.[0-9]{1,9})?Z");
    assertThat(new ObjectMapper().readTree(lines.get(1)).get("log").asText()).isEqualTo("tail");
  }

  @Test
  void driverNone_cannotBeRead() {
    String name = cli.box("--log-driver", "none", "busybox", "echo", "x");
    assertThat(cli.run("logs", name).expect(1).stderr())
        .contains("configured logging driver does not support reading");
    assertThat(http.get("/containers/" + name + "/logs?stdout=1").status()).isEqualTo(501);
  }

  @Test
  void details_showLabelsAndEnvironment() {
    String name =
        cli.box("--log-opt", "labels=team", "--label", "team=red", "busybox", "echo", "x");
    cli.ok("wait", name);
    assertThat(cli.run("logs", "--details", name).stdout()).isEqualTo("team=red x\n");
  }

  @Test
  void muchOutput_isAllThere() {
    String name = ended("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    List<String> lines = cli.run("logs", name).lines();
    assertThat(lines).hasSize(20_000).endsWith("line 19999");
  }
}
