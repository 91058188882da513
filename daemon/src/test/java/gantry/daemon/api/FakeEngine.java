package gantry.daemon.api;

import gantry.engine.Engine;
import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.Change;
import gantry.engine.container.CommitSpec;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerUpdate;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Containers;
import gantry.engine.container.CopyInOptions;
import gantry.engine.container.EndpointSpec;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.ExecView;
import gantry.engine.container.ExitStatus;
import gantry.engine.container.LogQuery;
import gantry.engine.container.OutputSink;
import gantry.engine.container.PathStat;
import gantry.engine.container.ProcessTable;
import gantry.engine.container.Stats;
import gantry.engine.container.Status;
import gantry.engine.container.TerminalSize;
import gantry.engine.container.WaitCondition;
import gantry.engine.event.Event;
import gantry.engine.event.Events;
import gantry.engine.image.ImageView;
import gantry.engine.image.Images;
import gantry.engine.network.NetworkCatalogue;
import gantry.engine.system.EngineSystem;
import gantry.engine.volume.Volumes;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.Platform;
import gantry.oci.ProcessDefaults;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// An engine in memory: containers are echoes, nothing runs.
final class FakeEngine implements Engine {
  static final Instant BORN = Instant.parse("2026-11-22T15:49:44.1177022Z");
  static final Digest BUSYBOX = Digest.sha256("busybox".getBytes(StandardCharsets.UTF_8));

  final Map<String, ContainerView> byId = new LinkedHashMap<>();
  final Map<String, FakeAttachment> attachments = new LinkedHashMap<>();
  final Map<String, ExecSpec> execs = new LinkedHashMap<>();
  final List<String> calls = new CopyOnWriteArrayList<>();
  final Map<String, CompletableFuture<ExitStatus>> waits = new LinkedHashMap<>();
  final List<FakeSubscription> subscriptions = new CopyOnWriteArrayList<>();
  final CountDownLatch logsEnded = new CountDownLatch(1);
  final FakeBuilds builds = new FakeBuilds();
  EngineConfig config = EngineConfig.of(Path.of("/data"), Path.of("/exec"));
  volatile Optional<Stats> stats = Optional.empty();
  private int made;

  static EngineException missing(String what) {
    return new EngineException(ErrorKind.NOT_FOUND, what);
  }

  /// Puts a container there in that state.
  ContainerView put(String name, ContainerSpec spec, ContainerView.State state) {
    String id = Digest.sha256(name.getBytes(StandardCharsets.UTF_8)).hex();
    ContainerView view =
        new ContainerView(
            id,
            name,
            BORN.plusSeconds(made++),
            BUSYBOX,
            spec,
            spec.program().command().map(List::getFirst).orElse("sh"),
            spec.program().command().map(c -> c.subList(1, c.size())).orElse(List.of()),
            state,
            0,
            false,
            List.of(),
            Map.of(),
            Optional.empty(),
            List.of(),
            "",
            "",
            "",
            Optional.empty(),
            "",
            "",
            "",
            List.of(),
            Map.of("ID", id),
            "linux");
    byId.put(id, view);
    return view;
  }

  static ContainerView.State state(Status status) {
    boolean ran = status != Status.CREATED;
    return new ContainerView.State(
        status,
        status == Status.RUNNING ? 4711 : 0,
        status == Status.EXITED ? 3 : 0,
        false,
        "",
        ran ? Optional.of(BORN) : Optional.empty(),
        status == Status.EXITED ? Optional.of(BORN.plusSeconds(1)) : Optional.empty(),
        Optional.empty());
  }

  static ImageView busybox() {
    ImageConfig config =
        ImageConfig.of(
            Platform.of("linux", "amd64"),
            BORN,
            ProcessDefaults.none(),
            List.of(BUSYBOX),
            List.of());
    return new ImageView(
        BUSYBOX,
        Descriptor.of("application/vnd.oci.image.manifest.v1+json", BUSYBOX, 500),
        List.of("busybox:latest"),
        List.of(),
        Optional.of(BORN),
        1_984_172,
        2,
        config,
        Optional.empty(),
        Optional.of(BORN));
  }

  @Override
  public Containers containers() {
    return new FakeContainers();
  }

  @Override
  public Images images() {
    return new FakeImages();
  }

  @Override
  public NetworkCatalogue networks() {
    return new FakeNetworks();
  }

  @Override
  public Volumes volumes() {
    return new FakeVolumes();
  }

  @Override
  public FakeBuilds builds() {
    return builds;
  }

  @Override
  public Events events() {
    return new FakeEvents();
  }

  @Override
  public EngineSystem system() {
    return new FakeSystem();
  }

  @Override
  public EngineConfig config() {
    return config;
  }

  @Override
  public void close() {}

  /// A program that sends its input back, upper case on stderr when it holds `!`.
  static final class FakeAttachment implements Attachment {
    final OutputSink sink;
    final CountDownLatch ended = new CountDownLatch(1);
    volatile boolean inputClosed;
    volatile boolean closed;

    FakeAttachment(OutputSink sink) {
      this.sink = sink;
    }

    void print(OutputSink.Stream stream, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      try {
        sink.accept(stream, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) throws IOException {
      sink.accept(OutputSink.Stream.STDOUT, bytes, offset, length);
      return true;
    }

    @Override
    public void closeInput() {
      inputClosed = true;
      print(OutputSink.Stream.STDERR, "bye");
      ended.countDown();
    }

    @Override
    public void awaitEnd() throws InterruptedException {
      ended.await();
    }

    @Override
    public boolean detached() {
      return false;
    }

    @Override
    public void close() {
      closed = true;
      ended.countDown();
    }
  }

  private final class FakeContainers implements Containers {
    @Override
    public Created create(ContainerSpec spec) {
      if (spec.image().equals("nosuch")) {
        throw missing("No such image: nosuch:latest");
      }
      ContainerView view = put(spec.name().orElse("made" + made), spec, state(Status.CREATED));
      return new Created(view.id(), List.of());
    }

    @Override
    public ContainerView find(String container) {
      String name = container.startsWith("/") ? container.substring(1) : container;
      return byId.values().stream()
          .filter(c -> c.id().startsWith(container) || c.name().equals(name))
          .findFirst()
          .orElseThrow(() -> missing("No such container: " + container));
    }

    @Override
    public List<ContainerView> list() {
      return new ArrayList<>(byId.values()).reversed();
    }

    private void call(String what, String container) {
      calls.add(what + " " + find(container).name());
    }

    @Override
    public void start(String container, Optional<String> detachKeys) {
      call("start", container);
      if (find(container).state().running()) {
        throw new EngineException(ErrorKind.UNCHANGED, "it runs");
      }
    }

    @Override
    public void stop(String container, Optional<String> signal, Optional<Duration> timeout) {
      call(
          "stop " + signal.orElse("-") + " " + timeout.map(Duration::toString).orElse("-"),
          container);
      if (!find(container).state().running()) {
        throw new EngineException(ErrorKind.UNCHANGED, "it does not run");
      }
    }

    @Override
    public void restart(String container, Optional<String> signal, Optional<Duration> timeout) {
      call("restart", container);
    }

    @Override
    public void kill(String container, String signal) {
      call("kill " + signal, container);
    }

    @Override
    public void pause(String container) {
      call("pause", container);
    }

    @Override
    public void unpause(String container) {
      call("unpause", container);
    }

    @Override
    public void rename(String container, String name) {
      call("rename " + name, container);
    }

    @Override
    public List<String> update(String container, ContainerUpdate update) {
      call("update " + update.resources().memoryBytes(), container);
      return List.of();
    }

    @Override
    public void remove(String container, boolean force, boolean removeVolumes) {
      call("remove " + force + " " + removeVolumes, container);
      byId.remove(find(container).id());
    }

    @Override
    public CompletableFuture<ExitStatus> await(String container, WaitCondition condition) {
      call("wait " + condition, container);
      return waits.computeIfAbsent(find(container).id(), _ -> new CompletableFuture<>());
    }

    @Override
    public ProcessTable top(String container, List<String> psArguments) {
      call("top " + String.join(" ", psArguments), container);
      return new ProcessTable(List.of("PID", "CMD"), List.of(List.of("1", "sleep 1000")));
    }

    @Override
    public Optional<Stats> stats(String container) {
      find(container);
      return stats;
    }

    @Override
    public Attachment attach(String container, AttachOptions options, OutputSink sink) {
      call("attach " + options.stdin() + options.stdout() + options.stderr(), container);
      if (options.detachKeys().isPresent()) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT,
            "Invalid detach keys (" + options.detachKeys().get() + ") provided");
      }
      FakeAttachment attachment = new FakeAttachment(sink);
      attachments.put(find(container).id(), attachment);
      return attachment;
    }

    @Override
    public void resize(String container, TerminalSize size) {
      call("resize " + size.rows() + "x" + size.columns(), container);
    }

    @Override
    public void logs(String container, LogQuery query, Runnable ready, OutputSink sink) {
      call("logs " + query, container);
      ready.run();
      try {
        sink.accept(OutputSink.Stream.STDOUT, "out\n".getBytes(StandardCharsets.UTF_8), 0, 4);
        sink.accept(OutputSink.Stream.STDERR, "err\n".getBytes(StandardCharsets.UTF_8), 0, 4);
        if (query.follow()) {
          new CountDownLatch(1).await();
        }
      } catch (IOException | InterruptedException _) {
        logsEnded.countDown();
      }
    }

    @Override
    public List<Change> changes(String container) {
      return List.of(new Change(Change.Kind.ADDED, "/host"), new Change(Change.Kind.DELETED, "/x"));
    }

    @Override
    public void export(String container, OutputStream tar) {
      write(tar, "export of " + find(container).name());
    }

    private static void write(OutputStream out, String text) {
      try {
        out.write(text.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public PathStat stat(String container, String path) {
      if (path.equals("/nope")) {
        throw missing("Could not find the file /nope in container " + container);
      }
      return new PathStat("passwd", 30, 0100644, Instant.parse("2026-11-22T15:14:43Z"), "");
    }

    @Override
    public void copyOut(String container, String path, Consumer<PathStat> ready, OutputStream tar) {
      ready.accept(stat(container, path));
      write(tar, "tar of " + path);
    }

    @Override
    public void copyIn(String container, String path, InputStream tar, CopyInOptions options) {
      try {
        call("copyIn " + path + " " + tar.readAllBytes().length + " " + options, container);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Digest commit(CommitSpec spec) {
      call("commit " + spec.reference().orElse("") + " " + spec.changes(), spec.container());
      return BUSYBOX;
    }

    @Override
    public String createExec(String container, ExecSpec spec) {
      String id = Digest.sha256((execs.size() + "exec").getBytes(StandardCharsets.UTF_8)).hex();
      call("exec " + String.join(" ", spec.command()), container);
      execs.put(id, spec);
      return id;
    }

    @Override
    public void startExecDetached(String exec) {
      exec(exec);
      calls.add("detached");
    }

    @Override
    public Attachment startExec(
        String exec, TerminalSize terminalSize, Runnable ready, OutputSink sink) {
      if (exec(exec).spec().command().getFirst().equals("broken")) {
        throw new EngineException(ErrorKind.CONFLICT, "container is not running");
      }
      ready.run();
      if (exec(exec).spec().command().getFirst().equals("nosuch")) {
        throw new EngineException(ErrorKind.INVALID_ARGUMENT, "executable file not found in $PATH");
      }
      FakeAttachment attachment = new FakeAttachment(sink);
      attachments.put(exec, attachment);
      if (!exec(exec).spec().attachStdin()) {
        Thread.ofVirtual()
            .start(
                () -> {
                  attachment.print(OutputSink.Stream.STDOUT, "done\n");
                  attachment.ended.countDown();
                });
      }
      return attachment;
    }

    @Override
    public ExecView exec(String exec) {
      ExecSpec spec =
          Optional.ofNullable(execs.get(exec))
              .orElseThrow(() -> missing("No such exec instance: " + exec));
      return new ExecView(exec, "c".repeat(64), spec, false, false, OptionalInt.of(0), 0);
    }

    @Override
    public void resizeExec(String exec, TerminalSize size) {
      exec(exec);
    }

    @Override
    public Size size(String container) {
      return new Size(0, 1_984_172);
    }

    @Override
    public Containers.Pruned prune(Predicate<ContainerView> filter) {
      return new Containers.Pruned(
          list().stream()
              .filter(c -> !c.state().running())
              .filter(filter)
              .map(ContainerView::name)
              .toList(),
          0);
    }

    @Override
    public String explain(ContainerSpec spec) {
      return "1 clone3 " + spec.image() + "\n";
    }
  }

  private final class FakeImages implements Images {
    @Override
    public ImageView find(String image) {
      ImageView only = busybox();
      if (only.references().contains(image)
          || image.equals("busybox")
          || only.id().toString().startsWith(image)
          || only.id().hex().startsWith(image)) {
        return only;
      }
      throw missing("No such image: " + image);
    }

    @Override
    public Optional<Digest> idOf(String reference) {
      boolean known = reference.equals("busybox") || busybox().references().contains(reference);
      return known ? Optional.of(busybox().id()) : Optional.empty();
    }

    @Override
    public List<ImageView> list() {
      return List.of(busybox());
    }

    @Override
    public List<HistoryEntry> history(String image) {
      return List.of(
          new HistoryEntry(
              Optional.of(find(image).id()),
              Optional.of(BORN),
              "",
              List.of("busybox:latest"),
              1_984_172,
              "Imported from -"),
          new HistoryEntry(Optional.empty(), Optional.of(BORN), "RUN x", List.of(), 0, ""));
    }

    @Override
    public void tag(String image, String reference) {
      find(image);
      calls.add("tag " + image + " " + reference);
    }

    @Override
    public Deleted remove(String image, boolean force, boolean prune) {
      calls.add("remove image " + find(image).id().shortHex() + " " + force + " " + prune);
      return new Deleted(List.of("busybox:latest"), List.of(BUSYBOX.toString()), 7);
    }

    @Override
    public Deleted prune(boolean dangling, Predicate<ImageView> filter) {
      calls.add("prune images " + dangling + " " + filter.test(busybox()));
      return new Deleted(List.of(), List.of(), 0);
    }

    @Override
    public ImageView pull(String reference, Optional<String> platform, ProgressSink progress) {
      if (reference.startsWith("nosuch")) {
        throw missing(
            "pull access denied for nosuch, repository does not exist or may require 'docker login'");
      }
      progress.accept(new Progress.Layer("latest", "Pulling from library/busybox", 0, 0));
      progress.accept(new Progress.Layer("abc", "Downloading", 5, 10));
      if (reference.startsWith("broken")) {
        throw new EngineException(ErrorKind.UNAVAILABLE, "the line went dead");
      }
      return busybox();
    }

    @Override
    public void load(
        InputStream archive, Optional<String> platform, boolean quiet, ProgressSink progress) {
      try {
        String text = new String(archive.readAllBytes(), StandardCharsets.UTF_8);
        if (text.equals("rubbish")) {
          throw new EngineException(ErrorKind.INVALID_ARGUMENT, "not an image archive");
        }
        progress.accept(new Progress.Message("Loaded image: busybox:latest"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void save(
        List<String> images, Optional<String> platform, Runnable ready, OutputStream archive) {
      images.forEach(this::find);
      ready.run();
      FakeContainers.write(archive, "archive of " + images);
    }

    @Override
    public Digest importRootfs(
        InputStream tar,
        Optional<String> reference,
        String message,
        List<String> changes,
        Optional<String> platform) {
      try {
        calls.add(
            "import " + tar.readAllBytes().length + " " + reference + " " + message + changes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return BUSYBOX;
    }

    @Override
    public long layersSizeBytes() {
      return 1_984_172;
    }

    @Override
    public long sharedSizeBytes(ImageView image) {
      return 0;
    }
  }

  private static final class FakeNetworks implements NetworkCatalogue {
    private static NetworkView network(String name, String driver, List<Pool> pools) {
      return new NetworkView(
          Digest.sha256(name.getBytes(StandardCharsets.UTF_8)).hex(),
          name,
          driver,
          BORN,
          true,
          false,
          false,
          false,
          false,
          "",
          Map.of(),
          pools,
          Map.of(),
          Map.of(),
          Map.of());
    }

    @Override
    public List<NetworkView> list() {
      return List.of(
          network(
              "bridge", "bridge", List.of(new Pool("172.17.0.0/16", "172.17.0.1", "", Map.of()))),
          network("host", "host", List.of()),
          network("none", "null", List.of()));
    }

    @Override
    public NetworkView find(String network) {
      return list().stream()
          .filter(n -> n.name().equals(network) || n.id().startsWith(network))
          .findFirst()
          .orElseThrow(() -> missing("network " + network + " not found"));
    }

    @Override
    public String create(NetworkRequest request) {
      if (request.name().isEmpty()) {
        throw new EngineException(ErrorKind.INVALID_ARGUMENT, "invalid name: name is empty");
      }
      return Digest.sha256(request.name().getBytes(StandardCharsets.UTF_8)).hex();
    }

    @Override
    public void remove(String network) {
      throw new EngineException(
          ErrorKind.FORBIDDEN,
          find(network).name() + " is a pre-defined network and cannot be removed");
    }

    @Override
    public void connect(String network, String container, EndpointSpec asked) {
      NetworkView _ = find(network);
    }

    @Override
    public void disconnect(String network, String container, boolean force) {
      NetworkView _ = find(network);
    }

    @Override
    public List<String> prune(Predicate<NetworkView> filter) {
      return List.of();
    }
  }

  private final class FakeVolumes implements Volumes {
    @Override
    public List<VolumeView> list() {
      return List.of(find("vol1"));
    }

    @Override
    public VolumeView find(String name) {
      if (!name.equals("vol1")) {
        throw missing("get " + name + ": no such volume");
      }
      return new VolumeView(
          "vol1", "local", "/data/volumes/vol1/_data", BORN, Map.of("x", "y"), Map.of(), List.of());
    }

    @Override
    public VolumeView create(
        Optional<String> name,
        String driver,
        Map<String, String> options,
        Map<String, String> labels) {
      calls.add("create volume " + name.orElse("-") + " " + driver + options + labels);
      return find("vol1");
    }

    @Override
    public void remove(String name, boolean force) {
      find(name);
    }

    @Override
    public long sizeBytes(String name) {
      return 17;
    }

    @Override
    public Volumes.Pruned prune(Predicate<VolumeView> filter) {
      return new Volumes.Pruned(list().stream().filter(filter).map(VolumeView::name).toList(), 0);
    }
  }

  static final class FakeSubscription implements Events.Subscription {
    final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    volatile boolean closed;

    @Override
    public Optional<Event> next(Optional<Instant> deadline) throws InterruptedException {
      long millis =
          deadline.map(end -> Duration.between(Instant.now(), end).toMillis()).orElse(60_000L);
      return Optional.ofNullable(queue.poll(millis, TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private final class FakeEvents implements Events {
    @Override
    public Subscription subscribe(Optional<Instant> since, Predicate<Event> filter) {
      FakeSubscription subscription = new FakeSubscription();
      if (since.isPresent()) {
        Event event =
            new Event(
                "container",
                "create",
                "c".repeat(64),
                Map.of("image", "busybox", "name", "web", "b", "2"),
                BORN);
        if (filter.test(event)) {
          subscription.queue.add(event);
        }
      }
      subscriptions.add(subscription);
      return subscription;
    }

    @Override
    public void publish(Event event) {
      subscriptions.forEach(subscription -> subscription.queue.add(event));
    }
  }

  private static final class FakeSystem implements EngineSystem {
    @Override
    public String id() {
      return "eac1a3bc-36ad-401a-80ed-3c2ed3d678e6";
    }

    @Override
    public Instant startedAt() {
      return BORN;
    }

    @Override
    public MachineInfo machine() {
      return new MachineInfo(
          "vm",
          "6.18.44",
          "Debian GNU/Linux 12 (bookworm)",
          "12",
          "x86_64",
          2,
          25_276_502_016L,
          "cgroupfs",
          1,
          List.of("name=seccomp,profile=builtin"),
          Map.of("MemoryLimit", true),
          "extfs");
    }

    @Override
    public List<String> devices() {
      return List.of();
    }

    @Override
    public List<String> warnings() {
      return List.of();
    }

    @Override
    public Map<String, String> runtimes() {
      return Map.of("gantry", "", "runc", "/usr/sbin/runc");
    }
  }
}
