package gantry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.BuildRequest.CacheUse;
import gantry.build.BuildRequest.DockerfileSource;
import gantry.build.BuildRequest.StepOptions;
import gantry.build.ContextSource;
import gantry.build.Secret;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerSpecBuilder;
import gantry.engine.image.ImageView;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarWriter;
import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.oci.Reference;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// Images made of Dockerfiles, their steps run for real.
class BuildTest {
  private static TestEngine test;

  @TempDir private Path context;
  private final List<BuildEvent> events = new ArrayList<>();
  private final Map<String, Secret> secrets = new HashMap<>();
  private final Map<String, Optional<String>> arguments = new HashMap<>();
  private CacheUse cache = CacheUse.ALL;
  private Optional<String> target = Optional.empty();

  @BeforeAll
  static void open() {
    test = TestEngine.open();
  }

  @AfterAll
  static void close() throws IOException {
    if (test != null) {
      test.close();
    }
  }

  private void file(String path, String content) throws IOException {
    Path file = context.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private ImageView build(String tag, String dockerfile) {
    events.clear();
    BuildRequest request =
        new BuildRequest(
            new ContextSource.Directory(
                At.open(Fd.CWD, context.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)),
            new DockerfileSource.Text("Dockerfile", dockerfile),
            List.of(Reference.parse(tag).withDefaultTag()),
            target,
            arguments,
            Map.of("built", "yes"),
            List.of(),
            cache,
            false,
            secrets,
            Map.of(),
            Map.of(),
            StepOptions.NONE,
            Optional.empty(),
            false,
            true);
    return test.engine()
        .images()
        .find(test.engine().builds().build(request, events::add).image().toString());
  }

  private String run(String image, String... command) {
    ContainerSpecBuilder spec = ContainerSpec.builder(image).networkMode("none");
    if (command.length > 0) {
      spec.command(command);
    }
    try {
      return test.runAttached(spec).all();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Outcome> outcomes(String instruction) {
    return events.stream()
        .filter(BuildEvent.Planned.class::isInstance)
        .flatMap(event -> ((BuildEvent.Planned) event).vertices().stream())
        .filter(vertex -> vertex.instruction().startsWith(instruction))
        .flatMap(
            vertex ->
                events.stream()
                    .filter(BuildEvent.Finished.class::isInstance)
                    .map(BuildEvent.Finished.class::cast)
                    .filter(finished -> finished.vertex().equals(vertex.id()))
                    .map(BuildEvent.Finished::outcome))
        .toList();
  }

  private String output() {
    StringBuilder text = new StringBuilder();
    for (BuildEvent event : events) {
      if (event instanceof BuildEvent.Output(_, _, var bytes)) {
        text.append(StandardCharsets.UTF_8.decode(bytes.duplicate()));
      }
    }
    return text.toString();
  }

  @KernelTest
  void instructions_makeFilesAndSettings() throws IOException {
    file("src/hello.txt", "hello\n");
    ImageView image =
        build(
            "made",
            """
            FROM busybox
            ARG WHO=world
            ENV GREETING=hi
            WORKDIR /app/data
            COPY src/ ./
            RUN echo "$GREETING $WHO from $(pwd)" > said && rm /etc/group
            COPY <<END inline.txt
            inline $GREETING
            END
            LABEL a=b
            EXPOSE 80 90/udp
            USER 7
            CMD ["cat", "said"]
            """);
    assertThat(run("made")).isEqualTo("hi world from /app/data\n");
    assertThat(run("made", "cat", "hello.txt", "inline.txt")).isEqualTo("hello\ninline hi\n");
    assertThat(run("made", "ls", "/etc")).doesNotContain("group").contains("passwd");
    assertThat(image.config().config().env()).contains("GREETING=hi");
    assertThat(image.config().config().labels())
        .containsEntry("a", "b")
        .containsEntry("built", "yes");
    assertThat(image.config().config().exposedPorts())
        .containsExactlyInAnyOrder("80/tcp", "90/udp");
    assertThat(image.config().config().user()).isEqualTo("7");
    assertThat(image.config().config().workingDir()).isEqualTo("/app/data");
    assertThat(image.references()).containsExactly("made:latest");
  }

  @KernelTest
  void secondBuild_takesAllFromTheCache_andAChangedFileIsNamed() throws IOException {
    String dockerfile =
        """
        FROM busybox
        RUN echo first > /first
        COPY src/ /src/
        RUN cat /src/a > /second
        """;
    file("src/a", "one");
    file("src/b", "two");
    ImageView first = build("cached", dockerfile);
    assertThat(outcomes("RUN")).allMatch(Outcome.Built.class::isInstance);
    Files.setLastModifiedTime(
        context.resolve("src/a"), java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
    ImageView second = build("cached", dockerfile);
    assertThat(outcomes("RUN")).hasSize(2).allMatch(Outcome.Cached.class::isInstance);
    assertThat(outcomes("COPY")).hasSize(1).allMatch(Outcome.Cached.class::isInstance);
    assertThat(second.config().rootFs()).isEqualTo(first.config().rootFs());
    file("src/a", "other");
    build("cached", dockerfile);
    assertThat(outcomes("RUN echo")).allMatch(Outcome.Cached.class::isInstance);
    assertThat(outcomes("COPY")).allMatch(Outcome.Built.class::isInstance);
    assertThat(
            events.stream()
                .filter(BuildEvent.Explained.class::isInstance)
                .map(BuildEvent.Explained.class::cast)
                .filter(e -> !e.hit())
                .findFirst()
                .orElseThrow()
                .reasons())
        .anyMatch(reason -> reason.contains("src/a"));
    assertThat(run("cached", "cat", "/second")).isEqualTo("other");
  }

  @KernelTest
  void stages_giveFilesToOthers_andUnneededOnesAreNotBuilt() throws IOException {
    build(
        "staged",
        """
        FROM busybox AS one
        RUN echo 1 > /number
        FROM busybox AS two
        RUN echo 2 > /number
        FROM busybox AS broken
        RUN false
        FROM busybox
        COPY --from=one /number /one
        COPY --from=two --chmod=600 --chown=7:8 /number /two
        RUN --mount=type=bind,from=one,source=/number,target=/mnt/n cat /mnt/n > /three
        """);
    assertThat(run("staged", "cat", "/one", "/two", "/three")).isEqualTo("1\n2\n1\n");
    assertThat(run("staged", "ls", "-ln", "/two")).startsWith("-rw-------    1 7        8 ");
    assertThat(run("staged", "ls", "/")).doesNotContain("mnt");
    assertThat(outcomes("RUN false")).isEmpty();
  }

  @KernelTest
  void add_unpacksArchivesOfTheContext_unlessToldNotTo() throws IOException {
    try (var out = Files.newOutputStream(context.resolve("files.tar"))) {
      TarWriter tar = new TarWriter(out);
      byte[] data = "packed\n".getBytes(StandardCharsets.UTF_8);
      tar.file(TestTar.entry("inside", TarEntry.Kind.FILE, 0644, data.length, ""), data);
      tar.finish();
    }
    build(
        "added",
        """
        FROM busybox
        ADD files.tar /unpacked/
        ADD --unpack=false files.tar /kept/
        """);
    assertThat(run("added", "cat", "/unpacked/inside")).isEqualTo("packed\n");
    assertThat(run("added", "ls", "/kept")).isEqualTo("files.tar\n");
  }

  @KernelTest
  void command_seesNoMoreOfMountsAfterwards() {
    build(
        "clean",
        "FROM busybox\nRUN --mount=type=tmpfs,target=/scratch/here touch /scratch/here/x /kept");
    ImageView image = test.engine().images().find("clean");
    ImageView base = test.engine().images().find("busybox");
    assertThat(image.config().rootFs().diffIds())
        .hasSize(base.config().rootFs().diffIds().size() + 1);
    assertThat(run("clean", "ls", "/")).contains("kept").doesNotContain("scratch");
  }

  @KernelTest
  void failingCommand_isTold_andLeavesNothing() {
    int before = test.containers().list().size();
    assertThatThrownBy(() -> build("failed", "FROM busybox\nRUN echo about to fail; exit 3"))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.STEP_FAILED))
        .hasMessageContaining("exit code: 3")
        .hasMessageContaining("echo about to fail");
    assertThat(output()).isEqualTo("about to fail\n");
    assertThat(outcomes("RUN")).hasSize(1).allMatch(Outcome.Failed.class::isInstance);
    assertThat(test.containers().list()).hasSize(before);
  }

  @KernelTest
  void secret_isSeenByItsCommandAlone() throws IOException {
    secrets.put("token", new Secret("s3cr3t-value-42".getBytes(StandardCharsets.UTF_8)));
    build(
        "secretive",
        """
        FROM busybox
        RUN --mount=type=secret,id=token cut -c1-3 /run/secrets/token > /seen
        RUN --mount=type=secret,id=token,env=TOKEN echo "${#TOKEN}" > /length
        RUN test ! -e /run/secrets/token && test -z "$TOKEN"
        """);
    assertThat(run("secretive", "cat", "/seen", "/length")).isEqualTo("s3c\n15\n");
    assertThat(filesWith(test.engine().config().dataRoot(), "s3cr3t-value-42")).isEmpty();
    assertThat(filesWith(test.engine().config().execRoot(), "s3cr3t-value-42")).isEmpty();
  }

  private static List<Path> filesWith(Path root, String text) throws IOException {
    try (var files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).filter(file -> contains(file, text)).toList();
    }
  }

  private static boolean contains(Path file, String text) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
    } catch (IOException e) {
      return false;
    }
  }

  @KernelTest
  void cacheMount_isKeptFromBuildToBuild() {
    String dockerfile =
        """
        FROM busybox
        ARG N
        RUN --mount=type=cache,target=/cache echo $N >> /cache/log && cat /cache/log
        """;
    arguments.put("N", Optional.of("1"));
    build("counting", dockerfile);
    arguments.put("N", Optional.of("2"));
    build("counting", dockerfile);
    assertThat(output()).isEqualTo("1\n2\n");
    assertThat(run("counting", "ls", "/")).doesNotContain("cache");
  }

  @KernelTest
  void cancelled_leavesNothingRunning() throws Exception {
    int before = test.containers().list().size();
    CountDownLatch sleeping = new CountDownLatch(1);
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread building =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    test.engine()
                        .builds()
                        .build(
                            request("FROM busybox\nRUN echo ready; sleep 1000"),
                            event -> {
                              if (event instanceof BuildEvent.Output) {
                                sleeping.countDown();
                              }
                            });
                  } catch (RuntimeException e) {
                    ended.complete(e);
                  }
                });
    assertThat(sleeping.await(20, TimeUnit.SECONDS)).isTrue();
    building.interrupt();
    assertThat(ended.get(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.CANCELLED));
    assertThat(test.containers().list()).hasSize(before);
  }

  private BuildRequest request(String dockerfile) {
    return new BuildRequest(
        new ContextSource.Empty(),
        new DockerfileSource.Text("Dockerfile", dockerfile),
        List.of(),
        Optional.empty(),
        Map.of(),
        Map.of(),
        List.of(),
        CacheUse.ALL,
        false,
        Map.of(),
        Map.of(),
        Map.of(),
        StepOptions.NONE,
        Optional.empty(),
        false,
        false);
  }

  @KernelTest
  void requiredCache_failsRatherThanBuilds() {
    cache = new CacheUse(false, Set.of(), true);
    assertThatThrownBy(() -> build("required", "FROM busybox\nRUN echo never seen before"))
        .hasMessageContaining("line 2")
        .hasMessageContaining("not in the cache");
  }

  @KernelTest
  void prune_givesEverythingBack() {
    build("pruned", "FROM busybox\nRUN head -c 100000 /dev/urandom > /big");
    assertThat(test.engine().builds().cache())
        .anyMatch(record -> record.sizeBytes() >= 100_000 && record.shared());
    test.engine().images().remove("pruned", true, true);
    var pruned = test.engine().builds().prune(_ -> true, 0);
    assertThat(pruned.reclaimedBytes()).isGreaterThanOrEqualTo(100_000);
    assertThat(test.engine().builds().cache()).isEmpty();
  }
}
