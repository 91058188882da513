package gantry.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerSpecBuilder;
import gantry.engine.container.Containers;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.LogQuery;
import gantry.engine.container.OutputSink;
import gantry.engine.container.TerminalSize;
import gantry.engine.container.WaitCondition;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// An engine in folders of its own, with an image made of the machine's static busybox; all of it
/// is removed at the end, containers that run included.
public final class TestEngine implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final List<String> APPLETS =
      List.of(
          "sh",
          "echo",
          "cat",
          "true",
          "false",
          "sleep",
          "yes",
          "head",
          "ls",
          "id",
          "env",
          "stty",
          "touch",
          "rm",
          "mkdir",
          "seq",
          "wc",
          "hostname",
          "mount",
          "df",
          "kill",
          "test",
          "pwd",
          "dd",
          "grep",
          "ip",
          "ping",
          "trap",
          "printf",
          "cut",
          "ps",
          "tr",
          "sed",
          "chmod");

  private final EngineConfig config;
  private Engine engine;

  private TestEngine(EngineConfig config) {
    this.config = config;
    this.engine = Engine.open(config);
  }

  /// Opens an engine whose containers outlive it.
  public static TestEngine open() {
    TestEngine opened = new TestEngine(newConfig(true));
    opened.importBusybox();
    return opened;
  }

  /// Opens an engine that stops its containers when it is closed.
  static TestEngine openStopping() {
    TestEngine opened = new TestEngine(newConfig(false));
    opened.importBusybox();
    return opened;
  }

  static EngineConfig newConfig(boolean liveRestore) {
    assumeTrue(Files.exists(BUSYBOX), "this machine has no static busybox");
    String name = "gt" + ProcessHandle.current().pid() + "x" + COUNT.incrementAndGet();
    Path execRoot = Path.of("/run/gantry-" + name);
    return EngineConfig.builder(dataRoot(name), execRoot)
        .cgroupParent("gantry-" + name)
        .liveRestore(liveRestore)
        .bridge(EngineConfig.BridgeConfig.named(name))
        .shutdownTimeoutSeconds(5)
        .build();
  }

  private static Path dataRoot(String name) {
    try {
      return Files.createTempDirectory("gantry-engine-" + name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void importBusybox() {
    engine
        .images()
        .importRootfs(
            new ByteArrayInputStream(busyboxRoot()),
            Optional.of("busybox:latest"),
            "",
            List.of(
                "CMD [\"sh\"]", "ENV IMAGE=busybox", "LABEL from=image", "VOLUME /image-volume"),
            Optional.empty());
  }

  private static byte[] busyboxRoot() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter tar = new TarWriter(bytes);
    for (String directory : List.of("bin", "etc", "root", "proc", "sys", "dev", "image-volume")) {
      tar.begin(entry(directory, TarEntry.Kind.DIRECTORY, 0755, 0, ""));
    }
    tar.begin(entry("tmp", TarEntry.Kind.DIRECTORY, 01777, 0, ""));
    byte[] busybox = read(BUSYBOX);
    tar.file(entry("bin/busybox", TarEntry.Kind.FILE, 0755, busybox.length, ""), busybox);
    for (String applet : APPLETS) {
      tar.begin(entry("bin/" + applet, TarEntry.Kind.SYMBOLIC_LINK, 0777, 0, "busybox"));
    }
    file(
        tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1001::/home/user:/bin/sh\n");
    file(tar, "etc/group", "root:x:0:\nuser:x:1001:\nextra:x:1002:user\n");
    file(tar, "image-volume/seed", "from the image\n");
    file(tar, "not-executable", "text\n");
    tar.finish();
    return bytes.toByteArray();
  }

  private static void file(TarWriter tar, String name, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    tar.file(entry(name, TarEntry.Kind.FILE, 0644, bytes.length, ""), bytes);
  }

  private static TarEntry entry(
      String name, TarEntry.Kind kind, int mode, long size, String linkTarget) {
    return TestTar.entry(name, kind, mode, size, linkTarget);
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Engine engine() {
    return engine;
  }

  EngineConfig config() {
    return config;
  }

  public Containers containers() {
    return engine.containers();
  }

  /// Closes the engine and opens it again.
  void reopen() {
    engine.close();
    engine = Engine.open(config);
  }

  /// A container of busybox, without network.
  public static ContainerSpecBuilder spec(String... command) {
    return ContainerSpec.builder("busybox").command(command).networkMode("none");
  }

  String create(ContainerSpecBuilder spec) {
    return containers().create(spec.build()).id();
  }

  String start(ContainerSpecBuilder spec) {
    String id = create(spec);
    containers().start(id, Optional.empty());
    return id;
  }

  /// Runs to the end and returns the exit code.
  int run(ContainerSpecBuilder spec) {
    String id = create(spec);
    CompletableFuture<gantry.engine.container.ExitStatus> exit =
        containers().await(id, WaitCondition.NEXT_EXIT);
    containers().start(id, Optional.empty());
    return exit.orTimeout(60, TimeUnit.SECONDS).join().code();
  }

  int awaitExit(String id) {
    return containers()
        .await(id, WaitCondition.NOT_RUNNING)
        .orTimeout(60, TimeUnit.SECONDS)
        .join()
        .code();
  }

  /// Runs a container that is attached from before its start, and returns what it wrote.
  Output runAttached(ContainerSpecBuilder spec) throws InterruptedException {
    String id = create(spec);
    Output output = new Output();
    try (Attachment attachment =
        containers()
            .attach(
                id, new AttachOptions(false, true, true, false, true, Optional.empty()), output)) {
      containers().start(id, Optional.empty());
      attachment.awaitEnd();
    }
    return output;
  }

  String logs(String id) {
    return logs(id, query(OptionalInt.empty(), false));
  }

  String logs(String id, LogQuery query) {
    Output output = new Output();
    containers().logs(id, query, () -> {}, output);
    return output.all();
  }

  static LogQuery query(OptionalInt tail, boolean timestamps) {
    return new LogQuery(
        true, true, false, timestamps, false, Optional.empty(), Optional.empty(), tail);
  }

  static LogQuery following() {
    return new LogQuery(
        true, true, true, false, false, Optional.empty(), Optional.empty(), OptionalInt.empty());
  }

  static ExecSpec exec(String... command) {
    return new ExecSpec(
        List.of(command),
        List.of(),
        "",
        "",
        false,
        false,
        false,
        true,
        true,
        TerminalSize.UNKNOWN,
        Optional.empty());
  }

  /// Runs an exec to its end; what it wrote.
  Output runExec(String container, ExecSpec spec) throws InterruptedException {
    String id = containers().createExec(container, spec);
    Output output = new Output();
    try (Attachment attachment =
        containers().startExec(id, TerminalSize.UNKNOWN, () -> {}, output)) {
      attachment.awaitEnd();
    }
    output.exitCode = containers().exec(id).exitCode();
    return output;
  }

  /// What a program wrote.
  static final class Output implements OutputSink {
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    OptionalInt exitCode = OptionalInt.empty();

    @Override
    public synchronized void accept(
        OutputSink.Stream stream, byte[] bytes, int offset, int length) {
      (stream == OutputSink.Stream.STDOUT ? stdout : stderr).write(bytes, offset, length);
    }

    synchronized String stdout() {
      return stdout.toString(StandardCharsets.UTF_8);
    }

    synchronized String stderr() {
      return stderr.toString(StandardCharsets.UTF_8);
    }

    synchronized String all() {
      return stdout() + stderr();
    }

    synchronized int size() {
      return stdout.size() + stderr.size();
    }

    byte[] bytes() {
      return stdout.toByteArray();
    }
  }

  @Override
  public void close() throws IOException {
    for (var container : containers().list()) {
      containers().remove(container.id(), true, true);
    }
    awaitCleanup();
    engine.close();
    deleteTree(config.dataRoot());
    deleteTree(config.execRoot());
    for (Path hierarchy : hierarchies()) {
      Files.deleteIfExists(hierarchy.resolve(config.cgroupParent()));
    }
  }

  /// Removed containers' files go a moment later.
  void awaitCleanup() throws IOException {
    Path directory = config.dataRoot().resolve("containers");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (System.nanoTime() < end) {
      try (java.util.stream.Stream<Path> left = Files.list(directory)) {
        if (left.findAny().isEmpty()) {
          return;
        }
      }
      Thread.onSpinWait();
    }
  }

  private static List<Path> hierarchies() throws IOException {
    Path root = Path.of("/sys/fs/cgroup");
    try (java.util.stream.Stream<Path> entries = Files.list(root)) {
      return java.util.stream.Stream.concat(
              java.util.stream.Stream.of(root), entries.filter(Files::isDirectory))
          .toList();
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (java.util.stream.Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
