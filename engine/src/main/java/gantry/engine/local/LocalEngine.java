package gantry.engine.local;

import gantry.build.Builds;
import gantry.build.solve.Builder;
import gantry.engine.Engine;
import gantry.engine.EngineConfig;
import gantry.engine.container.Containers;
import gantry.engine.event.Events;
import gantry.engine.image.Images;
import gantry.engine.network.NetworkCatalogue;
import gantry.engine.spec.HostProfile;
import gantry.engine.system.EngineSystem;
import gantry.engine.volume.Volumes;
import gantry.image.BundledImages;
import gantry.image.ImageStore;
import gantry.linux.KernelVersion;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.event.EventLoop;
import gantry.linux.seccomp.SeccompProfile;
import gantry.linux.security.AppArmor;
import gantry.linux.security.Capability;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.staged.OciRuntime;
import gantry.runtime.staged.StageRuntime;
import gantry.stage.StageProgram;
import gantry.state.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engine of this machine: opens the rooms below in order, and closes them in reverse.
public final class LocalEngine implements Engine {
  private static final Logger LOG = LoggerFactory.getLogger(LocalEngine.class);

  private static final int CLEANERS = 2;

  private final EngineConfig config;
  private final Deque<AutoCloseable> opened;
  private final Rooms rooms;
  private final Lifecycle lifecycle;
  private final EventJournal events;
  private final LocalContainers containers;
  private final LocalImages images;
  private final LocalSystem system;
  private final NetworkDirectory networks;
  private final Builder builder;
  private boolean closed;

  private LocalEngine(
      EngineConfig config,
      Deque<AutoCloseable> opened,
      Rooms rooms,
      EventJournal events,
      Optional<BundledImages> bundled,
      Database database,
      String id) {
    this.config = config;
    this.opened = opened;
    this.rooms = rooms;
    this.events = events;
    ContainerFiles files = new ContainerFiles(rooms);
    Launcher launcher = new Launcher(rooms, files);
    this.lifecycle = new Lifecycle(rooms, launcher);
    Creation creation = new Creation(rooms);
    this.containers =
        new LocalContainers(rooms, creation, launcher, lifecycle, new ExecService(rooms));
    this.images = new LocalImages(rooms.images(), bundled, rooms.containers(), rooms.events());
    this.system = new LocalSystem(id, rooms);
    this.networks = new NetworkDirectory(rooms, lifecycle, files);
    Reconciler reconciler = new Reconciler(rooms, creation, launcher, lifecycle, files);
    reconciler.reconcile();
    BuildSteps steps = new BuildSteps(rooms, containers);
    steps.removeLeftovers();
    this.builder =
        keep(
            opened,
            Builder.open(
                rooms.images(),
                database,
                config.dataRoot(),
                steps,
                new BuildImages(rooms.images(), images)));
    reconciler.startWanted();
  }

  /// Opens the engine whose state is in `config`'s folders.
  public static LocalEngine open(EngineConfig config) {
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    try {
      return open(config, opened);
    } catch (RuntimeException e) {
      closeAll(opened);
      throw Failures.of("cannot open the engine in " + config.dataRoot(), e);
    } catch (IOException e) {
      closeAll(opened);
      throw Failures.of("cannot open the engine in " + config.dataRoot(), e);
    }
  }

  private static LocalEngine open(EngineConfig config, Deque<AutoCloseable> opened)
      throws IOException {
    Database database = keep(opened, Database.open(config.dataRoot()));
    EnginePaths paths = new EnginePaths(config.dataRoot(), config.execRoot());
    Files.createDirectories(paths.containers());
    Files.createDirectories(paths.runs());
    Files.createDirectories(paths.execs());
    installInit(paths.initProgram());
    EventLoop loop = keep(opened, EventLoop.start("gantry-loop", LocalEngine::lost));
    ImageStore images = keep(opened, ImageStore.open(config.dataRoot(), database));
    Cgroups cgroups = Cgroups.detect();
    Runtimes runtimes = keep(opened, runtimes(config, loop, cgroups));
    EventJournal events = new EventJournal();
    EventNames names = new EventNames(events);
    ContainerStore containers = new ContainerStore();
    ContainerRecords records = new ContainerRecords(database);
    Machine machine = MachineReader.read(runtimes.names());
    Groups groups = keep(opened, new Groups(cgroups));
    LocalNetworks networks =
        keep(opened, LocalNetworks.open(config, database, paths.runs(), containers, names));
    Rooms rooms =
        new Rooms(
            config,
            paths,
            loop,
            host(config, machine),
            machine,
            images,
            runtimes,
            containers,
            records,
            new LocalVolumes(database, records, paths, containers, names),
            networks,
            groups,
            keep(opened, UserMapping.open(config, containers)),
            names,
            new StepMounts(),
            keep(opened, cleaner()));
    Optional<BundledImages> bundled =
        config
            .bundledImages()
            .filter(Files::isDirectory)
            .map(folder -> BundledImages.in(images, folder));
    return new LocalEngine(config, opened, rooms, events, bundled, database, id(config.dataRoot()));
  }

  /// Replaces it by a new file: containers may be running the old one.
  private static void installInit(Path program) throws IOException {
    Path fresh = program.resolveSibling("init.new");
    Files.write(fresh, StageProgram.INIT.bytes());
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.move(fresh, program, StandardCopyOption.REPLACE_EXISTING);
  }

  private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> opened, T room) {
    opened.push(room);
    return room;
  }

  private static void lost(Throwable failure) {
    LOG.error("a handler of the event loop failed: {}", failure.getMessage(), failure);
  }

  private static Runtimes runtimes(EngineConfig config, EventLoop loop, Cgroups cgroups) {
    Map<String, ContainerRuntime> byName = new LinkedHashMap<>();
    Map<String, String> paths = new LinkedHashMap<>();
    StageRuntime builtIn = StageRuntime.open(loop, cgroups, parent(config));
    byName.put(builtIn.name(), builtIn);
    paths.put(builtIn.name(), "");
    Map<String, Path> binaries = new LinkedHashMap<>(installed());
    config.runtimes().forEach((name, binary) -> binaries.put(name, Path.of(binary.path())));
    binaries.forEach(
        (name, binary) -> {
          Path state = config.execRoot().resolve("runtimes").resolve(name);
          byName.put(name, OciRuntime.open(loop, cgroups, parent(config), name, binary, state));
          paths.put(name, binary.toString());
        });
    return new Runtimes(config.defaultRuntime(), byName, paths);
  }

  /// The runtimes of others that this machine has.
  private static Map<String, Path> installed() {
    Map<String, Path> found = new LinkedHashMap<>();
    for (String name : List.of("crun", "runc")) {
      for (String directory :
          System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin").split(":", -1)) {
        Path binary = Path.of(directory, name);
        if (Files.isExecutable(binary)) {
          found.putIfAbsent(name, binary);
        }
      }
    }
    return found;
  }

  private static ExecutorService cleaner() {
    AtomicInteger count = new AtomicInteger();
    return Executors.newFixedThreadPool(
        CLEANERS,
        work ->
            Thread.ofPlatform()
                .daemon()
                .name("gantry-clean-" + count.incrementAndGet())
                .unstarted(work));
  }

  private static String parent(EngineConfig config) {
    String parent = config.cgroupParent();
    return parent.startsWith("/") ? parent : "/" + parent;
  }

  private static HostProfile host(EngineConfig config, Machine machine) throws IOException {
    AppArmor appArmor = AppArmor.ofMachine();
    SeccompProfile profile =
        config.seccompProfile().isPresent()
            ? SeccompProfile.parse(Files.readString(config.seccompProfile().get()))
            : SeccompProfile.defaultProfile();
    return new HostProfile(
        Capability.boundingSet(Files.readString(Path.of("/proc/self/status"))),
        profile,
        appArmor.enabled() && appArmor.loadDefault(),
        KernelVersion.ofRelease(machine.kernelRelease()),
        machine.swapLimit(),
        machine.oomScoreAdj());
  }

  /// The engine's id, made once.
  private static String id(Path dataRoot) throws IOException {
    Path file = dataRoot.resolve("engine-id");
    if (Files.exists(file)) {
      return Files.readString(file).strip();
    }
    String id = java.util.UUID.randomUUID().toString();
    Files.writeString(file, id + "\n");
    return id;
  }

  @Override
  public Builds builds() {
    return builder;
  }

  @Override
  public Containers containers() {
    return containers;
  }

  @Override
  public Images images() {
    return images;
  }

  @Override
  public NetworkCatalogue networks() {
    return networks;
  }

  @Override
  public Volumes volumes() {
    return rooms.volumes();
  }

  @Override
  public Events events() {
    return events;
  }

  @Override
  public EngineSystem system() {
    return system;
  }

  @Override
  public EngineConfig config() {
    return config;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    lifecycle.closing();
    if (!config.liveRestore()) {
      stopAll();
    }
    lifecycle.closed();
    closeAll(opened);
  }

  private void stopAll() {
    Duration patience = Duration.ofSeconds(config.shutdownTimeoutSeconds());
    List<Thread> stopping = new ArrayList<>();
    for (Container container : rooms.containers().all()) {
      stopping.add(
          Thread.ofVirtual()
              .name("stop-" + Ids.abbreviate(container.id))
              .start(() -> lifecycle.stopAtClosing(container, patience)));
    }
    for (Thread thread : stopping) {
      try {
        thread.join();
      } catch (InterruptedException _) { // the rest ends by itself, or at the next opening
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static void closeAll(Deque<AutoCloseable> opened) {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) { // the others must be closed too
        LOG.warn("while closing the engine: {}", e.getMessage(), e);
      }
    }
  }
}
