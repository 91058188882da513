package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.BuildImageResultCallback;
import com.github.dockerjava.api.exception.DockerClientException;
import com.github.dockerjava.api.model.BuildResponseItem;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.httpclient5.ApacheDockerHttpClient;
import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Background;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.Compose;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Result;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Images built by Docker's clients through the classic API: the docker client without BuildKit,
/// docker-java, both Composes.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BuildTest {
  private static final Map<String, String> CLASSIC = Map.of("DOCKER_BUILDKIT", "0");

  private final Engine engine;
  private final Cli cli;
  private final Cli classic;
  private final Http http;
  private final List<String> images = Collections.synchronizedList(new ArrayList<>());
  @TempDir Path folder;

  BuildTest(Engine engine, Cli cli, Http http) {
    this.engine = engine;
    this.cli = cli;
    this.classic = cli.with(CLASSIC);
    this.http = http;
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

  private Path context(String name, String dockerfile) {
    try {
      Path context = Files.createDirectories(folder.resolve(name));
      Files.writeString(context.resolve("Dockerfile"), dockerfile);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Result build(Path context, String... options) {
    List<String> line = new ArrayList<>(List.of("build"));
    line.addAll(List.of(options));
    line.add(context.toString());
    return classic.run(line.toArray(String[]::new));
  }

  private String output(String image) {
    return cli.once(image).expect(0).text();
  }

  @Test
  void build_tellsItsSteps_andTheImageRuns() {
    String image = image();
    Path context =
        context(
            "words",
            """
            FROM busybox
            ENV greeting=hello
            RUN echo "$greeting from a step" > /said && echo visible
            CMD ["cat", "/said"]
            """);
    Result result = build(context, "-t", image).expect(0);
    assertThat(result.stdout())
        .containsPattern("(?m)^Step 1/4 : FROM busybox\\R ---> [0-9a-f]{12}\\R")
        .containsPattern("(?m)^Step 2/4 : ENV greeting=hello$")
        .containsPattern(
            "(?m)^Step 3/4 : RUN echo \"\\$greeting from a step\" > /said && echo visible\\R ---> Running in [0-9a-f]{12}\\Rvisible\\R")
        .containsPattern("(?m)^ ---> Removed intermediate container [0-9a-f]{12}$")
        .containsPattern("(?m)^Successfully built [0-9a-f]{12}$")
        .containsPattern("(?m)^Successfully tagged " + image + ":latest$");
    String id = result.stdout().replaceAll("(?s).*Successfully built ([0-9a-f]{12}).*", "$1");
    assertThat(cli.inspect(image, "{{.Id}}")).startsWith("sha256:" + id);
    assertThat(output(image)).isEqualTo("hello from a step");
    assertThat(cli.ok("history", "--format", "{{.CreatedBy}}", image).lines().toList())
        .first()
        .asString()
        .contains("CMD [\"cat\" \"/said\"]");
  }

  @Test
  void secondBuild_isCached_andAChangedFileIsNot() throws IOException {
    Path context =
        context("cached", "FROM busybox\nCOPY a /a\nRUN cat /a > /b\nCMD [\"cat\",\"/b\"]\n");
    Files.writeString(context.resolve("a"), "one");
    String image = image();
    build(context, "-t", image).expect(0);
    String first = cli.inspect(image, "{{.Id}}");
    Files.setLastModifiedTime(
        context.resolve("a"), java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
    Result again = build(context, "-t", image).expect(0);
    assertThat(again.stdout().lines().filter(" ---> Using cache"::equals)).hasSize(3);
    assertThat(cli.inspect(image, "{{.Id}}")).isEqualTo(first);
    Files.writeString(context.resolve("a"), "two");
    Result changed = build(context, "-t", image).expect(0);
    assertThat(changed.stdout()).doesNotContain("Using cache");
    assertThat(output(image)).isEqualTo("two");
    assertThat(build(context, "--no-cache", "-t", image).expect(0).stdout())
        .doesNotContain("Using cache");
  }

  @Test
  void failingCommand_endsTheBuildWithItsCode() {
    Path context =
        context("failing", "FROM busybox\nRUN echo before; echo wrong >&2; exit 3\nRUN true\n");
    Result result = build(context);
    assertThat(result.exit()).isEqualTo(3);
    assertThat(result.stdout()).contains("before").contains("wrong").doesNotContain("Step 3/3");
    assertThat(result.stderr())
        .contains(
            "The command '/bin/sh -c echo before; echo wrong >&2; exit 3' returned a non-zero code: 3");
  }

  @Test
  void quiet_printsTheIdOnly() {
    Path context = context("quiet", "FROM busybox\nLABEL quiet=yes\n");
    assertThat(build(context, "-q").expect(0).text()).matches("sha256:[0-9a-f]{64}");
  }

  @Test
  void argumentsLabelsTargetAndFile_areUsed() throws IOException {
    Path context = context("options", "FROM nothing\n");
    Files.writeString(
        context.resolve("Other"),
        """
        ARG base=nothing
        FROM $base AS first
        ARG word=unset
        RUN echo "$word" > /word
        CMD ["cat", "/word"]
        FROM scratch AS second
        COPY --from=first /nosuchfile /
        """);
    String image = image();
    build(
            context,
            "-t",
            image,
            "-f",
            context.resolve("Other").toString(),
            "--target",
            "first",
            "--build-arg",
            "base=busybox",
            "--build-arg",
            "word=set",
            "--label",
            "made=here")
        .expect(0);
    assertThat(output(image)).isEqualTo("set");
    assertThat(cli.inspect(image, "{{index .Config.Labels \"made\"}}")).isEqualTo("here");
  }

  @Test
  void stagesCopyFromEachOther() throws IOException {
    Path context =
        context(
            "stages",
            """
            FROM busybox AS one
            RUN mkdir /out && echo 1 > /out/one
            FROM busybox AS two
            RUN mkdir /out && echo 2 > /out/two
            FROM busybox
            COPY --from=one /out /out
            COPY --from=two /out /out
            COPY . /context
            CMD cat /out/one /out/two; ls /context
            """);
    Files.writeString(context.resolve("kept"), "");
    Files.writeString(context.resolve("left"), "");
    Files.writeString(context.resolve(".dockerignore"), "left\nDockerfile\n.dockerignore\n");
    String image = image();
    build(context, "-t", image).expect(0);
    assertThat(output(image).lines()).containsExactly("1", "2", "kept");
  }

  @Test
  void mistakes_areRefusedWithDockersWords() {
    Result unknown = build(context("unknown", "FROM busybox\nFOO bar\n"));
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.stderr())
        .contains("dockerfile parse error on line 2: unknown instruction: FOO");
    Result empty = build(context("empty", "# nothing\n"));
    assertThat(empty.exit()).isEqualTo(1);
    assertThat(empty.stderr()).contains("file with no instructions");
    Result missing = build(context("missing", "FROM busybox\nCOPY nosuch /\n"));
    assertThat(missing.exit()).isEqualTo(1);
    assertThat(missing.stderr()).contains("COPY failed").contains("nosuch");
    Result target = build(context("target", "FROM busybox\n"), "--target", "nosuch");
    assertThat(target.exit()).isEqualTo(1);
    assertThat(target.stderr()).contains("nosuch");
  }

  @Test
  void badParameters_areAnsweredWith400() {
    for (String query : List.of("buildargs=x", "labels=x", "ulimits=x", "version=3")) {
      assertThat(http.post("/build?" + query).status()).as(query).isEqualTo(400);
    }
  }

  @Test
  void clientThatIsKilled_endsTheCommand() {
    Path context = context("killed", "FROM busybox\nRUN sleep 98765\n");
    try (Background build = classic.start("build", context.toString())) {
      Await.until("the command", build::toString, () -> sleepers() == 1);
      build.signal("KILL");
      Await.until("the command's end", () -> sleepers() == 0);
    }
  }

  private static long sleepers() {
    File[] processes = Path.of("/proc").toFile().listFiles((_, name) -> name.matches("\\d+"));
    return Stream.of(processes == null ? new File[0] : processes)
        .filter(process -> commandLine(process).equals("sleep\0" + "98765\0"))
        .count();
  }

  private static String commandLine(File process) {
    try {
      return Files.readString(process.toPath().resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException _) {
      return ""; // it has ended
    }
  }

  @Test
  void dockerfileOfStandardInput_needsNoContext() {
    String image = image();
    classic.pipe("FROM busybox\nCMD echo piped\n", "build", "-t", image, "-").expect(0);
    assertThat(output(image)).isEqualTo("piped");
  }

  @Test
  void steps_runWithTheLimitsAndHostsAskedFor() {
    Path context =
        context(
            "limits",
            "FROM busybox\nRUN ulimit -n > /n; grep somehost /etc/hosts > /h; df -k /dev/shm > /s\nCMD cat /n /h /s\n");
    String image = image();
    build(
            context,
            "-t",
            image,
            "--ulimit",
            "nofile=345:456",
            "--add-host",
            "somehost:10.9.8.7",
            "--shm-size",
            "8m",
            "--network",
            "none",
            "--memory",
            "100m")
        .expect(0);
    assertThat(output(image)).contains("345", "10.9.8.7", "8192");
  }

  @Test
  void cache_isListedAndPruned() {
    build(context("pruned", "FROM busybox\nRUN echo " + cli.name() + " > /x\n")).expect(0);
    JsonNode usage = http.get("/system/df?type=build-cache").expect(200).json();
    assertThat(usage.get("BuildCache").isArray()).isTrue();
    JsonNode pruned = http.post("/build/prune?all=1").expect(200).json();
    assertThat(pruned.has("CachesDeleted")).isTrue();
    assertThat(pruned.get("SpaceReclaimed").isNumber()).isTrue();
    assertThat(http.post("/build/prune?filters=x").status()).isEqualTo(400);
  }

  @Test
  void dockerJava_buildsAndReadsTheId() throws Exception {
    Path context =
        context(
            "java", "FROM busybox\nARG who\nRUN echo \"hello $who\" > /x\nCMD [\"cat\", \"/x\"]\n");
    String image = image();
    var config =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost(engine.host())
            .withApiVersion("1.44")
            .build();
    try (DockerClient client =
        DockerClientImpl.getInstance(
            config,
            new ApacheDockerHttpClient.Builder().dockerHost(config.getDockerHost()).build())) {
      List<String> words = Collections.synchronizedList(new ArrayList<>());
      String id =
          client
              .buildImageCmd(context.toFile())
              .withTags(Set.of(image))
              .withBuildArg("who", "java")
              .withNoCache(true)
              .exec(
                  new BuildImageResultCallback() {
                    @Override
                    public void onNext(BuildResponseItem item) {
                      if (item.getStream() != null) {
                        words.add(item.getStream());
                      }
                      super.onNext(item);
                    }
                  })
              .awaitImageId();
      assertThat(cli.inspect(image, "{{.Id}}")).startsWith("sha256:" + id);
      assertThat(String.join("", words)).contains("Step 1/4 : FROM busybox");
      assertThat(output(image)).isEqualTo("hello java");
      ThrowableAssert.ThrowingCallable failing =
          () ->
              client
                  .buildImageCmd(context("javafails", "FROM busybox\nRUN false\n").toFile())
                  .start()
                  .awaitImageId();
      assertThatThrownBy(failing)
          .isInstanceOf(DockerClientException.class)
          .hasMessageContaining("returned a non-zero code: 1");
    }
  }

  private Path project(String name) throws IOException {
    Path context = context(name, "FROM busybox\nARG word\nRUN echo \"$word\" > /w\nCMD cat /w\n");
    Files.writeString(
        context.resolve("compose.yaml"),
        """
        version: "3.4"
        services:
          app:
            build:
              context: .
              args: {word: composed}
            network_mode: none
        """);
    return context.resolve("compose.yaml");
  }

  @Test
  void composeOne_builds() throws IOException {
    String name = cli.name().replaceAll("[^a-z0-9]", "");
    images.add(name + "_app");
    Compose compose =
        Compose.v1(engine, name, project("composeone")).with("COMPOSE_DOCKER_CLI_BUILD", "0");
    try {
      Result built = compose.run("build").expect(0);
      assertThat(built.stdout() + built.stderr())
          .contains("Successfully tagged " + name + "_app:latest");
      assertThat(compose.ok("run", "--rm", "app")).isEqualTo("composed");
    } finally {
      compose.run("down");
    }
  }

  @Test
  void composeTwo_buildsWithoutBuildKit() throws IOException {
    String name = cli.name().replaceAll("[^a-z0-9]", "");
    images.add(name + "-app");
    Compose compose = Compose.v2(engine, name, project("composetwo")).with("DOCKER_BUILDKIT", "0");
    try {
      compose.run("build").expect(0);
      assertThat(compose.ok("run", "--rm", "app")).contains("composed");
    } finally {
      compose.run("down");
    }
  }
}
