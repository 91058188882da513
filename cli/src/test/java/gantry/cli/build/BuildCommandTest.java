package gantry.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.cli.Main;
import gantry.cli.command.Session;
import gantry.cli.http.FakeDaemon;
import gantry.cli.json.Json;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `build` sends, and what it makes of the answer.
class BuildCommandTest {
  private static final String ID = "sha256:" + "a".repeat(64);
  private static final String BUILT =
      "{\"event\":\"built\",\"image\":\"" + ID + "\",\"tags\":[\"docker.io/library/x:latest\"]}\n";

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> answers = new ArrayList<>();
  private FakeDaemon daemon;
  private Path context;
  private InputStream in = InputStream.nullInputStream();

  @BeforeEach
  void listen() throws IOException {
    context = Files.createDirectory(directory.resolve("context"));
    Files.writeString(context.resolve("Dockerfile"), "FROM busybox\n");
    Path socket = directory.resolve("s");
    environment.put("GANTRY_HOST", "unix://" + socket);
    environment.put("HOME", directory.toString());
    daemon =
        FakeDaemon.listen(
            socket,
            target -> {
              if (target.endsWith("/gantry/build")) {
                return answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
              }
              return target.contains("/images/get") ? "archive" : "{}";
            });
    answers.add(BUILT);
  }

  @AfterEach
  void close() throws IOException {
    daemon.close();
  }

  private int run(String... words) {
    PrintStream stdout = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream stderr = new PrintStream(err, true, StandardCharsets.UTF_8);
    OutputStream rawOut = out;
    return Main.run(
        List.of(words), environment, new Session.Streams(in, stdout, stderr, rawOut, err));
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private JsonObject head() throws IOException {
    String body = new String(daemon.last().bytes(), StandardCharsets.ISO_8859_1);
    return (JsonObject)
        Json.parse(body.substring(0, body.indexOf('\n')).getBytes(StandardCharsets.ISO_8859_1));
  }

  /// The archives behind the head.
  private List<byte[]> archives() throws IOException {
    byte[] body = daemon.last().bytes();
    int start = new String(body, StandardCharsets.ISO_8859_1).indexOf('\n') + 1;
    DataInputStream pieces =
        new DataInputStream(new ByteArrayInputStream(body, start, body.length - start));
    List<byte[]> archives = new ArrayList<>();
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    while (pieces.available() > 0) {
      int length = pieces.readInt();
      if (length == 0) {
        archives.add(archive.toByteArray());
        archive.reset();
      } else {
        archive.write(pieces.readNBytes(length));
      }
    }
    return archives;
  }

  private static Set<String> names(byte[] tar) throws IOException {
    Set<String> names = new TreeSet<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    return names;
  }

  @Test
  void directory_isLentByItsDescriptor() throws IOException {
    assertThat(run("build", "-q", "-t", "x", context.toString())).isZero();
    assertThat(out).hasToString(ID + "\n");
    JsonObject head = head();
    assertThat(head.number("version")).isOne();
    assertThat(head.texts("tags")).containsExactly("x:latest");
    assertThat(head.object("context").number("descriptor")).isGreaterThan(2);
    assertThat(head.object("dockerfile").text("path")).isEqualTo("Dockerfile");
    assertThat(archives()).isEmpty();
  }

  @Test
  void daemonThatTakesNoDescriptor_getsAnArchive() throws IOException {
    answers.addFirst(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"message\":\"no\"}");
    Files.createDirectories(context.resolve("src/deep"));
    Files.writeString(context.resolve("src/deep/a"), "a");
    Files.writeString(context.resolve("src/b.tmp"), "b");
    Files.createDirectories(context.resolve("out/x"));
    Files.writeString(context.resolve(".dockerignore"), "out\n**/*.tmp\nDockerfile\n");
    assertThat(run("build", "-q", context.toString())).isZero();
    assertThat(head().object("context").bool("archive")).isTrue();
    assertThat(names(archives().getFirst()))
        .containsExactly(".dockerignore", "Dockerfile", "src/", "src/deep/", "src/deep/a");
  }

  @Test
  void namedContexts_areSentBeforeTheContext() throws IOException {
    answers.addFirst(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"message\":\"no\"}");
    Path other = Files.createDirectory(directory.resolve("other"));
    Files.writeString(other.resolve("o"), "o");
    run(
        "build",
        "-q",
        "--build-context",
        "other=" + other,
        "--build-context",
        "base=docker-image://busybox",
        "--build-context",
        "web=https://x/y.tar",
        context.toString());
    assertThat(names(archives().get(0))).containsExactly("o");
    assertThat(names(archives().get(1))).containsExactly("Dockerfile");
    assertThat(head().object("contexts").object("base").text("image")).isEqualTo("busybox");
    assertThat(head().object("contexts").object("web").text("url")).isEqualTo("https://x/y.tar");
  }

  @Test
  void standardInput_isAnArchiveOrADockerfile() throws IOException {
    in = new ByteArrayInputStream("FROM scratch\n".getBytes(StandardCharsets.UTF_8));
    assertThat(run("build", "-q", "-")).isZero();
    assertThat(head().object("dockerfile").text("text")).isEqualTo("FROM scratch\n");
    assertThat(head().object("context").members()).isEmpty();
    byte[] gzip = {0x1f, (byte) 0x8b, 1, 2, 3};
    in = new ByteArrayInputStream(gzip);
    assertThat(run("build", "-q", "-")).isZero();
    assertThat(head().object("context").bool("archive")).isTrue();
    assertThat(archives()).containsExactly(gzip);
  }

  @Test
  void dockerfile_ofStandardInputOrElsewhere_isSentAsText() throws IOException {
    in = new ByteArrayInputStream("FROM a\n".getBytes(StandardCharsets.UTF_8));
    assertThat(run("build", "-q", "-f", "-", context.toString())).isZero();
    assertThat(head().object("dockerfile").text("text")).isEqualTo("FROM a\n");
    Path outside = Files.writeString(directory.resolve("Other"), "FROM b\n");
    run("build", "-q", "-f", outside.toString(), context.toString());
    assertThat(head().object("dockerfile").text("text")).isEqualTo("FROM b\n");
    assertThat(head().object("dockerfile").text("name")).isEqualTo("Other");
    Files.createDirectory(context.resolve("sub"));
    Path inside = Files.writeString(context.resolve("sub/D"), "FROM c\n");
    run("build", "-q", "-f", inside.toString(), context.toString());
    assertThat(head().object("dockerfile").text("path")).isEqualTo("sub/D");
  }

  @Test
  void allFlags_areSent() throws IOException {
    environment.put("FROM_ENV", "e");
    environment.put("TOKEN", "t");
    environment.put("SOURCE_DATE_EPOCH", "1");
    Path file = Files.writeString(directory.resolve("secret"), "s");
    int code =
        run(
            "build",
            "-q",
            "--target",
            "t",
            "--build-arg",
            "A=1",
            "--build-arg",
            "FROM_ENV",
            "--build-arg",
            "UNSET",
            "--label",
            "l=v",
            "--platform",
            "linux/amd64,linux/arm64",
            "--pull",
            "--no-cache",
            "--no-cache-filter",
            "s1,s2",
            "--require-cached",
            "--explain",
            "--secret",
            "id=a,src=" + file,
            "--secret",
            "id=TOKEN",
            "--secret",
            "type=env,id=c,env=TOKEN",
            "--add-host",
            "h:1.2.3.4",
            "--network",
            "host",
            "--allow",
            "security.insecure",
            "--cgroup-parent",
            "g",
            "-m",
            "4m",
            "--memory-swap",
            "-1",
            "-c",
            "2",
            "--cpu-period",
            "3",
            "--cpu-quota",
            "4",
            "--cpuset-cpus",
            "0",
            "--cpuset-mems",
            "1",
            "--shm-size",
            "1k",
            "--ulimit",
            "nofile=1:2",
            "--security-opt",
            "x",
            "-o",
            "type=image,rewrite-timestamp=true",
            "--provenance=false",
            "--rm",
            "--load",
            "https://x/y.git#main");
    assertThat(errors()).isEmpty();
    assertThat(code).isZero();
    JsonObject head = head();
    assertThat(head.object("context").text("url")).isEqualTo("https://x/y.git#main");
    assertThat(head.object("arguments").members())
        .containsEntry("A", "1")
        .containsEntry("FROM_ENV", "e")
        .containsEntry("UNSET", JsonNull.NULL)
        .containsEntry("SOURCE_DATE_EPOCH", "1");
    assertThat(head.texts("platforms")).containsExactly("linux/amd64", "linux/arm64");
    assertThat(Json.write(head.object("cache"), Json.Escaping.PLAIN))
        .isEqualTo("{\"none\":true,\"required\":true,\"noneOfStages\":[\"s1\",\"s2\"]}");
    assertThat(head.object("secrets").members())
        .containsEntry("a", "cw==")
        .containsEntry("TOKEN", "dA==")
        .containsEntry("c", "dA==");
    assertThat(Json.write(head.object("steps"), Json.Escaping.PLAIN))
        .isEqualTo(
            "{\"network\":\"host\",\"cgroupParent\":\"g\",\"cpusetCpus\":\"0\",\"cpusetMems\":\"1\",\"memoryBytes\":4194304,\"memorySwapBytes\":-1,\"cpuShares\":2,\"cpuPeriod\":3,\"cpuQuota\":4,\"sharedMemoryBytes\":1024,\"extraHosts\":[\"h:1.2.3.4\"],\"allow\":[\"security.insecure\",\"network.host\"],\"securityOptions\":[\"x\"],\"ulimits\":[\"nofile=1:2\"]}");
    for (String flag : List.of("pull", "explain", "rewriteTimestamps")) {
      assertThat(head.bool(flag)).as(flag).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-t BAD . | invalid argument \"BAD\" for \"-t, --tag\" flag: invalid reference format",
        "--progress x . | must be one of auto",
        "nosuch | unable to prepare context: path \"nosuch\" not found",
        "-f - - | can't use stdin for both build context and dockerfile",
        "-f nosuch {} | unable to evaluate symlinks in Dockerfile path",
        "--secret foo {} | invalid --secret foo",
        "--secret id=nosuchfile {} | secret nosuchfile: nosuchfile: no such file",
        "--secret id=x,env=NOSUCH {} | environment variable NOSUCH is not set",
        "--ssh default {} | there is no SSH agent (SSH_AUTH_SOCK is not set)",
        "--ssh default=/nonexistent {} | cannot use the SSH agent at /nonexistent",
        "--ssh default=/etc/passwd {} | it names a key",
        "--allow foo {} | invalid --allow foo",
        "--build-context foo {} | invalid value foo, expected key=value",
        "--push {} | gantry build has no --push yet",
        "--provenance=true {} | gantry build has no --provenance yet",
        "-o type=foo {} | invalid --output type=foo",
        "-o out {} | gantry cannot write the files of an image yet",
        "-o type=registry {} | cannot push to a registry yet",
        "--progress tty {} | --progress tty needs a terminal",
        " | requires 1 argument"
      })
  void whatCannotBe_isSaid(String line, String message) {
    List<String> words = new ArrayList<>(List.of("build"));
    if (line != null) {
      words.addAll(List.of(line.replace("{}", context.toString()).split(" ")));
    }
    assertThat(run(words.toArray(String[]::new))).isNotZero();
    assertThat(errors()).contains(message);
  }

  private static String failing() {
    return """
        {"event":"dockerfile","file":"Dockerfile","text":"FROM busybox\\nRUN \\\\\\n  false\\nCMD x\\n"}
        {"event":"planned","vertices":[{"id":"r","name":"[2/3] RUN   false","stage":"0","step":2,"steps":3,"line":2,"work":"command","inputs":[]}]}
        {"event":"started","vertex":"r","atMicros":1}
        {"event":"output","vertex":"r","text":"what it \\u001b[31msaid\\n"}
        {"event":"warned","rule":"JSONArgsRecommended","message":"use JSON","line":4,"file":"Dockerfile","source":["CMD x"]}
        {"event":"finished","vertex":"r","atMicros":2,"outcome":"failed","message":"m","command":["sh"],"exitCode":1}
        {"event":"failed","kind":"step_failed","message":"RUN ended with exit code 1"}
        """;
  }

  @Test
  void failingStep_isShownWithItsOutputAndItsPlace() {
    answers.set(0, failing());
    assertThat(run("build", context.toString())).isOne();
    assertThat(errors().replaceAll("\\d\\.\\d{3}", "T"))
        .isEqualTo(
            """
            #1 [2/3] RUN   false
            #1 T what it \u001b[31msaid
            #1 ERROR: m

            ------
             > [2/3] RUN   false:
            T what it said
            ------
            Dockerfile:2
            --------------------
               1 |     FROM busybox
               2 | >>> RUN \\
               3 | >>>   false
               4 |     CMD x
               5 |    \s
            --------------------
            ERROR: RUN ended with exit code 1
            """);
  }

  @Test
  void report_isOnePage_inWhichEverythingIsText() throws IOException {
    Path report = directory.resolve("r.html");
    answers.set(0, failing().replace("what it", "<script>alert('x')</script>&"));
    assertThat(run("build", "-q", "--report", report.toString(), context.toString())).isOne();
    String page = Files.readString(report);
    assertThat(page)
        .startsWith("<!doctype html>")
        .contains(
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp; said",
            "<span class=\"bar failed\"",
            "[2/3] RUN   false",
            "RUN ended with exit code 1",
            "<h2>stage 0</h2>")
        .doesNotContain("<script", "http://", "https://", "src=", "url(", "\u001b");
  }

  @Test
  void check_tellsAndFailsByWhatWasFound() {
    answers.set(
        0,
        """
        {"event":"warned","rule":"StageNameCasing","message":"Stage name 'A' should be lowercase","line":1,"file":"Dockerfile","source":["FROM a AS A"]}
        {"event":"checked"}
        """);
    assertThat(run("build", "--check", context.toString())).isOne();
    assertThat(out)
        .hasToString(
            """
            Check complete, 1 warning has been found!

            WARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/
            Stage name 'A' should be lowercase
            Dockerfile:1
            --------------------
               1 | >>> FROM a AS A
            --------------------
            """);
    out.reset();
    answers.set(0, "{\"event\":\"checked\"}\n");
    assertThat(run("build", "--check", context.toString())).isZero();
    assertThat(out).hasToString("Check complete, no warnings found.\n");
  }

  @Test
  void files_areWrittenOfTheImage() throws IOException {
    Path id = directory.resolve("id");
    Path metadata = directory.resolve("m");
    Path archive = directory.resolve("a.tar");
    int code =
        run(
            "build",
            "-q",
            "-t",
            "x",
            "--iidfile",
            id.toString(),
            "--metadata-file",
            metadata.toString(),
            "-o",
            "type=oci,dest=" + archive,
            context.toString());
    assertThat(errors()).isEmpty();
    assertThat(code).isZero();
    assertThat(id).hasContent(ID);
    assertThat(metadata)
        .hasContent(
            "{\n  \"containerimage.config.digest\": \""
                + ID
                + "\",\n  \"image.name\": \"docker.io/library/x:latest\"\n}\n");
    assertThat(archive).hasContent("archive");
  }

  @Test
  void daemonThatDoesNotKnowUs_isNamed() {
    answers.set(
        0,
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n{\"message\":\"page not found\"}");
    assertThat(run("build", context.toString())).isOne();
    assertThat(errors()).contains("is not gantry's, or an older one");
  }

  @Test
  void answerThatBreaksOff_isAnError() {
    answers.set(0, "{\"event\":\"planned\",\"vertices\":[]}\n");
    assertThat(run("build", context.toString())).isOne();
    assertThat(errors()).contains("the daemon ended in the middle of the build");
  }
}
