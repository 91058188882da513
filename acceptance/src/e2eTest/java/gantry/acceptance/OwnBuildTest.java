package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Background;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Result;
import gantry.acceptance.harness.Subprocess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// `gantry build`: contexts of every kind, secrets, progress, and what is left behind.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnBuildTest {
  private static final String GANTRY = Checkout.distribution().resolve("bin/gantry").toString();

  private final Engine engine;
  private final Cli cli;
  private final List<String> images = Collections.synchronizedList(new ArrayList<>());
  @TempDir Path folder;

  OwnBuildTest(Engine engine, Cli cli) {
    this.engine = engine;
    this.cli = cli;
  }

  @BeforeAll
  void ownOnly() {
    assumeThat(engine.docker()).as("Gantry's own").isFalse();
  }

  @AfterAll
  void removeImages() {
    images.forEach(image -> cli.run("rmi", "-f", image));
  }

  private String image() {
    String name = cli.name();
    images.add(name);
    return name;
  }

  private Path context(String name, String dockerfile, String... files) {
    try {
      Path context = Files.createDirectories(folder.resolve(name));
      Files.writeString(context.resolve("Dockerfile"), dockerfile);
      for (String file : files) {
        Path path = context.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, "this is " + file + "\n");
      }
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> line(List<String> prefix, String... words) {
    List<String> line = new ArrayList<>(prefix);
    line.addAll(List.of(GANTRY, "-H", engine.host(), "build"));
    line.addAll(List.of(words));
    return line;
  }

  private Result build(String... words) {
    return Subprocess.run(line(List.of(), words));
  }

  private Result pipe(byte[] input, String... words) {
    return Subprocess.run(line(List.of(), words), Map.of(), input);
  }

  private String output(String image) {
    return cli.once(image).expect(0).text();
  }

  @Test
  void directory_isBuilt_andIgnoredFilesAreNot() {
    String image = image();
    Path context =
        context(
            "directory",
            "FROM busybox\nCOPY . /c\nRUN echo noted\nCMD find /c -type f | sort\n",
            "a",
            "sub/b",
            "out/c",
            "x.tmp");
    Cli.file(context, ".dockerignore", "out\n**/*.tmp\n.dockerignore\nDockerfile\n");
    Result result = build("-t", image, context.toString()).expect(0);
    assertThat(result.stderr())
        .containsPattern("(?m)^#\\d+ \\[\\d/\\d\\] RUN echo noted$")
        .containsPattern("(?m)^#\\d+ \\d+\\.\\d{3} noted$")
        .containsPattern("(?m)^#\\d+ DONE \\d+\\.\\ds$");
    assertThat(output(image).lines()).containsExactly("/c/a", "/c/sub/b");
    assertThat(build("-t", image, context.toString()).expect(0).stderr())
        .containsPattern("(?m)^#\\d+ CACHED$")
        .doesNotContainPattern("\\d\\.\\d{3} noted");
  }

  @Test
  void otherUser_sendsAnArchive_andGetsTheSameImage() throws IOException {
    Path context =
        context("archive", "FROM busybox\nCOPY . /c\nCMD find /c -type f | sort\n", "a", "left");
    Cli.file(context, ".dockerignore", "left\nDockerfile\n.dockerignore\n");
    for (Path path : List.of(folder, context)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    int group = (int) Files.getAttribute(engine.socket(), "unix:gid");
    Files.setPosixFilePermissions(
        engine.socket().getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
    String image = image();
    List<String> nobody =
        List.of(
            "setpriv", "--reuid=65534", "--regid=" + group, "--clear-groups", "env", "HOME=/tmp");
    Subprocess.run(line(nobody, "-t", image, context.toString())).expect(0);
    assertThat(output(image)).isEqualTo("/c/a");
  }

  @Test
  void standardInput_givesContextOrDockerfile() {
    String piped = image();
    pipe("FROM busybox\nCMD echo piped\n".getBytes(StandardCharsets.UTF_8), "-t", piped, "-")
        .expect(0);
    assertThat(output(piped)).isEqualTo("piped");
    Path context = context("input", "FROM busybox\nCOPY a /a\nCMD cat /a\n", "a");
    byte[] tar =
        Subprocess.run(List.of("tar", "-C", context.toString(), "-cz", "."))
            .expect(0)
            .stdoutBytes();
    String archived = image();
    pipe(tar, "-t", archived, "-").expect(0);
    assertThat(output(archived)).isEqualTo("this is a");
    String beside = image();
    pipe(
            "FROM busybox\nCOPY a /b\nCMD cat /b\n".getBytes(StandardCharsets.UTF_8),
            "-t",
            beside,
            "-f",
            "-",
            context.toString())
        .expect(0);
    assertThat(output(beside)).isEqualTo("this is a");
  }

  @Test
  void namedContexts_areCopiedFrom() {
    Path other = context("other", "unused", "o");
    Path context = context("named", "FROM base\nCOPY --from=other o /o\nCMD cat /o\n");
    String image = image();
    build(
            "-t",
            image,
            "--build-context",
            "other=" + other,
            "--build-context",
            "base=docker-image://busybox",
            context.toString())
        .expect(0);
    assertThat(output(image)).isEqualTo("this is o");
  }

  @Test
  void secrets_areSeenByTheirStep_andNowhereElse() throws IOException {
    String secret = "hush-" + cli.name() + "-" + System.nanoTime();
    Path file = Cli.file(folder, "token", secret);
    Path context =
        context(
            "secret",
            """
            FROM busybox
            RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /length
            RUN test ! -e /run/secrets/token
            CMD cat /length
            """);
    String image = image();
    Result result =
        build("-t", image, "--secret", "id=token,src=" + file, context.toString()).expect(0);
    assertThat(output(image)).isEqualTo(Integer.toString(secret.length()));
    assertThat(result.stderr()).doesNotContain(secret);
    Path data = ((GantryDaemon) engine).data();
    Result found = Subprocess.run(List.of("grep", "-rlaF", secret, data.toString()));
    assertThat(found.stdout()).isEmpty();
    assertThat(engine.log()).doesNotContain(secret);
    Result missing = build("--secret", "id=token,src=/nonexistent", context.toString());
    assertThat(missing.exit()).isEqualTo(1);
  }

  @Test
  void sshAgent_isOfferedToItsStep() throws Exception {
    Path context =
        context(
            "agent",
            "FROM busybox\nRUN --mount=type=ssh test -S \"$SSH_AUTH_SOCK\" && echo offered\n");
    Path socket = folder.resolve("agent.sock");
    try (var agent =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      agent.bind(java.net.UnixDomainSocketAddress.of(socket));
      Result result =
          build("--no-cache", "--ssh", "default=" + socket, context.toString()).expect(0);
      assertThat(result.stderr()).contains("offered");
    }
    Path relays = ((GantryDaemon) engine).exec().resolve("agents");
    try (Stream<Path> left = Files.list(relays)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void failingStep_isShownWithItsLines() {
    Path context = context("failing", "FROM busybox\nRUN echo wrong && \\\n    exit 3\nRUN true\n");
    Result result = build(context.toString());
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.stderr())
        .contains(" wrong\n------\n", "   2 | >>> RUN echo wrong && \\", "   3 | >>>     exit 3")
        .containsPattern("(?m)^ERROR: .*3.*$");
  }

  @Test
  void interrupt_endsTheBuild_andItsCommand() {
    Path context = context("interrupted", "FROM busybox\nRUN exec sleep 87654\n");
    // a test run that is a background job of a shell ignores this signal, and so do its children
    List<String> command = line(List.of("env", "--default-signal=INT"), context.toString());
    try (Background build = new Background(command, Map.of())) {
      Await.until("the command", build::toString, OwnBuildTest::sleeping);
      build.signal("INT");
      assertThat(build.end().exit()).isEqualTo(130);
      Await.until("the command's end", () -> !sleeping());
    }
  }

  private static boolean sleeping() {
    return Subprocess.run(List.of("pgrep", "-fx", "sleep 87654")).exit() == 0;
  }

  @Test
  void explain_namesTheFileThatChanged() throws IOException {
    Path context =
        context("explained", "FROM busybox\nCOPY src /src\nRUN true\n", "src/a", "src/b");
    build(context.toString()).expect(0);
    Files.writeString(context.resolve("src/b"), "changed");
    Result result = build("--explain", context.toString()).expect(0);
    assertThat(result.stderr()).containsPattern("(?m)^#\\d+ not cached because .*src/b");
    assertThat(build("--require-cached", context.toString()).exit()).isZero();
    Files.writeString(context.resolve("src/b"), "changed again");
    assertThat(build("--require-cached", context.toString()).exit()).isEqualTo(1);
  }

  @Test
  void files_areWrittenAboutAndOfTheImage() throws IOException {
    Path context = context("files", "FROM busybox\nCMD echo saved\n");
    Path id = folder.resolve("id");
    Path metadata = folder.resolve("metadata");
    Path report = folder.resolve("report.html");
    Path archive = folder.resolve("archive.tar");
    String image = image();
    Result result =
        build(
                "-q",
                "-t",
                image,
                "--iidfile",
                id.toString(),
                "--metadata-file",
                metadata.toString(),
                "--report",
                report.toString(),
                "-o",
                "type=docker,dest=" + archive,
                context.toString())
            .expect(0);
    assertThat(result.text()).isEqualTo(Files.readString(id)).matches("sha256:[0-9a-f]{64}");
    assertThat(result.stderr()).isEmpty();
    assertThat(Files.readString(metadata))
        .contains("\"containerimage.config.digest\": \"" + result.text() + "\"")
        .contains("\"image.name\": \"docker.io/library/" + image + ":latest\"");
    assertThat(Files.readString(report)).startsWith("<!doctype html>").contains("FROM busybox");
    cli.ok("rmi", "-f", image);
    cli.ok("load", "-i", archive.toString());
    assertThat(output(image)).isEqualTo("saved");
  }

  @Test
  void check_findsWhatDockersRulesFind() {
    Path context = context("checked", "FROM busybox as A\nCMD echo x\n");
    Result result = build("--check", context.toString());
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.stdout()).contains("WARNING: StageNameCasing", "WARNING: FromAsCasing");
  }

  @Test
  void onATerminal_progressIsDrawn() {
    Path context = context("terminal", "FROM busybox\nRUN echo drawn; sleep 1\n");
    List<String> words =
        line(List.of(), "--no-cache", context.toString()).stream()
            .map(word -> "'" + word + "'")
            .toList();
    Result result =
        Subprocess.run(
            List.of(
                "script",
                "-qefc",
                "stty rows 24 cols 80; " + String.join(" ", words),
                "/dev/null"));
    assertThat(result.exit()).isZero();
    assertThat(result.stdout())
        .contains("[+] Building ", " => => # drawn", "FINISHED")
        .containsPattern("=> \\[2/2\\] RUN echo drawn; sleep 1 +\\d\\.\\ds");
  }

  @Test
  void cache_isShownAndPruned() {
    Path context = context("kept", "FROM busybox\nRUN echo kept > /kept\n");
    build(context.toString()).expect(0);
    List<String> own = List.of(GANTRY, "-H", engine.host(), "builder");
    assertThat(Subprocess.run(with(own, "du")).expect(0).stdout())
        .contains("RECLAIMABLE")
        .containsPattern("(?m)^Total:\\s+\\S+B$");
    assertThat(Subprocess.run(with(own, "prune", "-a", "-f")).expect(0).stdout())
        .containsPattern("(?m)^Total:\\s+\\S+B$");
  }

  private static List<String> with(List<String> line, String... words) {
    return Stream.concat(line.stream(), Stream.of(words)).toList();
  }
}
