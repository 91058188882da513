package gantry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.cli.command.Session;
import gantry.cli.http.FakeDaemon;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Command lines from end to end; texts and codes as the docker client's, under our name.
class MainTest {

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Map<String, String> environment, String... line) {
    Session.Streams streams =
        new Session.Streams(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            out,
            err);
    return Main.run(List.of(line), environment, streams);
  }

  private int run(String... line) {
    return run(
        Map.of(
            "HOME", directory.toString(), "DOCKER_HOST", "unix://" + directory.resolve("nobody")),
        line);
  }

  private String complaint() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void run_unknownCommand_exit1() {
    assertThat(run("foo")).isEqualTo(1);
    assertThat(complaint())
        .isEqualTo(
            "gantry: unknown command: gantry foo\n\nRun 'gantry --help' for more information\n");
  }

  @Test
  void run_unknownFlag_exit125WithUsage() {
    assertThat(run("ps", "--foo")).isEqualTo(125);
    assertThat(complaint())
        .isEqualTo(
            "unknown flag: --foo\n\nUsage:  gantry ps [OPTIONS]\n\nRun 'gantry ps --help' for more information\n");
  }

  @Test
  void run_tooFewArguments_exit1() {
    assertThat(run("container", "exec", "x")).isEqualTo(1);
    assertThat(complaint())
        .startsWith(
            "gantry: 'gantry container exec' requires at least 2 arguments\n\nUsage:  gantry container exec [OPTIONS] CONTAINER COMMAND [ARG...]\n\nSee '");
  }

  @Test
  void run_help_listsEveryFlagOnce() {
    assertThat(run("run", "--help")).isZero();
    String page = out.toString(StandardCharsets.UTF_8);
    assertThat(page)
        .startsWith("Usage:  gantry run [OPTIONS] IMAGE [COMMAND] [ARG...]\n")
        .containsOnlyOnce("--memory bytes")
        .doesNotContain("--net-alias");
    assertThat(page.lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void run_everyCommandOfTheHelpPages_hasAPage() {
    for (String name : CommandTree.TOP_LEVEL) {
      assertThat(run(name, "--help")).as(name).isZero();
    }
    for (String group : CommandTree.GROUPS) {
      for (String name : CommandTree.group(group).orElseThrow().commands()) {
        assertThat(run(group, name, "--help")).as(group + " " + name).isZero();
      }
    }
    assertThat(complaint()).isEmpty();
  }

  @Test
  void run_nobodyListens_saysWhere() {
    assertThat(run("ps")).isEqualTo(1);
    assertThat(complaint())
        .isEqualTo(
            "Cannot connect to the Gantry daemon at unix://"
                + directory.resolve("nobody")
                + ". Is the gantry daemon running?\n");
  }

  @Test
  void ps_answers_areLaidOut() throws IOException {
    String list =
        """
        [{"Id":"0123456789abcdef","Names":["/one","/two/alias"],"Image":"busybox@sha256:0123","ImageID":"sha256:ff","Command":"sleep \\"1\\"",
          "Created":0,"Ports":[{"PrivatePort":80,"Type":"tcp"},{"IP":"::","PrivatePort":81,"PublicPort":8081,"Type":"tcp"}],
          "State":"running","Status":"Up 1 second"}]""";
    try (FakeDaemon daemon =
        FakeDaemon.listen(
            directory.resolve("s"),
            target -> target.contains("json") ? list.replace("\n", "") : "OK")) {
      Map<String, String> environment =
          Map.of(
              "HOME",
              directory.toString(),
              "GANTRY_HOST",
              "unix://" + directory.resolve("s"),
              "DOCKER_HOST",
              "unix:///nowhere");
      assertThat(
              run(
                  environment,
                  "ps",
                  "-n",
                  "3",
                  "--filter",
                  "name=x",
                  "--filter",
                  "name=y",
                  "--format",
                  "table {{.ID}}\\t{{.Names}}\\t{{.Ports}}\\t{{.Command}}"))
          .isZero();
      assertThat(daemon.last().target())
          .isEqualTo(
              "/v1.51/containers/json?limit=3&filters=%7B%22name%22%3A%7B%22x%22%3Atrue%2C%22y%22%3Atrue%7D%7D");
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "CONTAINER ID   NAMES     PORTS                         COMMAND\n0123456789ab   one       80/tcp, [::]:8081->81/tcp     \"sleep \\\"1\\\"\"\n"
                .replace("                         COMMAND", "                       COMMAND")
                .replace("tcp     \"", "tcp   \""));
  }

  @Test
  void run_olderDaemon_isSpokenToInItsVersion() throws IOException {
    String ping = "HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 0\r\n\r\n";
    try (FakeDaemon daemon =
        FakeDaemon.listen(
            directory.resolve("s"), target -> target.equals("/_ping") ? ping : "[]")) {
      assertThat(run("-H", "unix://" + directory.resolve("s"), "images", "-q")).isZero();
      assertThat(daemon.last().target()).isEqualTo("/v1.44/images/json");
    }
  }

  @Test
  void run_context_leadsToItsDaemon() throws IOException {
    String meta =
        "{\"Name\":\"c\",\"Endpoints\":{\"docker\":{\"Host\":\"unix://"
            + directory.resolve("ctx")
            + "\"}}}";
    Path store =
        directory.resolve(
            ".docker/contexts/meta/2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6");
    Files.createDirectories(store);
    Files.writeString(store.resolve("meta.json"), meta);
    assertThat(run("--context", "c", "ps")).isEqualTo(1);
    assertThat(complaint()).contains("unix://" + directory.resolve("ctx") + ".");
    assertThat(run("--context", "nosuch", "ps")).isEqualTo(1);
    assertThat(complaint()).contains("context \"nosuch\": context not found");
  }
}
