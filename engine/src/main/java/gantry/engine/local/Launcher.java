package gantry.engine.local;

import gantry.build.Secret;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Resources;
import gantry.engine.container.Status;
import gantry.engine.device.CdiDevices;
import gantry.engine.device.DeviceSelection;
import gantry.engine.spec.RuntimeSpecBuilder;
import gantry.engine.spec.RuntimeSpecBuilder.HostDevice;
import gantry.engine.stdio.StdioPump;
import gantry.image.Accounts;
import gantry.image.Snapshots;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.mount.Depth;
import gantry.linux.mount.Mounts;
import gantry.linux.process.IdMaps;
import gantry.linux.process.NamespaceThread;
import gantry.linux.process.Signal;
import gantry.oci.cdi.ContainerEdits;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.DefaultSpec;
import gantry.runtime.Launch;
import gantry.runtime.ProcessRecord;
import gantry.runtime.Rootfs;
import gantry.runtime.StdioSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns a container into a running program: a list of steps, each with its undo in the order of
/// the `try` blocks.
final class Launcher {
  private static final int ACCOUNT_FILE_MAX = 16 << 20;

  private final Rooms rooms;
  private final ContainerFiles files;
  private final Links links;

  Launcher(Rooms rooms, ContainerFiles files) {
    this.rooms = rooms;
    this.files = files;
    this.links = new Links(rooms.containers());
  }

  /// A program that was just started. Nobody takes its output yet: what a program does whose start
  /// is not on record must not be in its log, since it is started once more when the engine is
  /// killed before that.
  record Launched(
      ContainerRuntime runtime,
      ContainerProcess process,
      RuntimeSpec spec,
      Instant startedAt,
      Path directory,
      LocalNetworks.Place place) {}

  /// Starts the program; when it fails nothing is left over.
  Launched launch(Container container) {
    ContainerView view = container.view();
    try (UserMapping.Entered users = rooms.users().enter(view.spec())) {
      LocalNetworks.Place place = rooms.networks().join(view, users.network());
      try {
        return launch(view, place, users);
      } catch (RuntimeException | IOException e) {
        rooms.volumes().mounts().release(view.id());
        rooms.networks().abandon(view.id());
        throw Failures.of("failed to start container '" + view.name() + "'", e);
      } finally {
        place.close();
      }
    }
  }

  private Launched launch(ContainerView view, LocalNetworks.Place place, UserMapping.Entered users)
      throws IOException {
    files.write(view);
    Path directory = rooms.paths().run(view.id());
    Files.createDirectories(directory);
    ContainerRuntime runtime = rooms.runtimes().named(view.spec().runtime().orElse(""));
    rooms.volumes().mounts().use(view.id(), view.volumeNames());
    Snapshots snapshots = rooms.images().snapshots();
    try (MountPlan mounts = MountPlan.of(rooms, view, users.mapping());
        OwnedFd root =
            users.mapping().isPresent()
                ? snapshots.mount(view.id(), users.mapping().get())
                : snapshots.mount(view.id());
        Borrowed namespaces = namespaces(view, place)) {
      namespaces.user = users.user().orElse(null);
      RuntimeSpec spec =
          DeviceInjection.apply(
              spec(view, root, mounts.mounts(), namespaces.shared, users.maps()), devices(view));
      Map<String, Fd> sources = mounts.sources();
      namespaces.sharedMemory.ifPresent(memory -> sources.put("/dev/shm", memory));
      Launch launch =
          new Launch(
              view.id(),
              spec,
              new Rootfs.Mounted(root),
              stdio(view.spec()),
              namespaces.byType(),
              sources,
              directory);
      Instant startedAt = Instant.now(); // before: it may have ended when we hear of it
      ContainerProcess process = runtime.start(launch);
      return new Launched(runtime, process, spec, startedAt, directory, place);
    } catch (RuntimeException e) {
      Leftovers.removeDirectory(directory);
      throw e;
    }
  }

  /// Takes the program's output, and lets input reach it.
  ActiveRun follow(Container container, Launched launched) {
    try {
      StdioPump output =
          container.streams.connect(launched.process(), container.log, launched.directory());
      return new ActiveRun(
          launched.runtime(), launched.process(), output, launched.spec(), launched.startedAt());
    } catch (IOException e) {
      throw Failures.of("failed to start container '" + container.name() + "'", e);
    }
  }

  /// The program's start is on record, and shown.
  void started(ContainerView view) {
    files.started(view);
  }

  /// Ends a program that was started in vain, and removes what it has.
  void undo(Container container, Launched launched) {
    try {
      launched.process().signal(Signal.KILL.number());
      launched.process().exited().join();
      ProcessRecord record = launched.process().record();
      launched.process().close();
      launched.runtime().delete(record);
      Leftovers.removeDirectory(launched.directory());
    } finally {
      rooms.volumes().mounts().release(container.id);
      rooms.networks().abandon(container.id);
    }
  }

  private static StdioSpec stdio(ContainerSpec spec) {
    ContainerSpec.Program program = spec.program();
    return program.terminal()
        ? new StdioSpec.Terminal(program.terminalSize().rows(), program.terminalSize().columns())
        : new StdioSpec.Pipes(program.openStdin());
  }

  /// @param users of its user namespace; none where it has the host's
  private RuntimeSpec spec(
      ContainerView view,
      Fd root,
      List<Mount> mounts,
      Set<Namespace.Type> shared,
      Optional<IdMaps> users) {
    ContainerSpec spec = view.spec();
    ContainerSpec.Isolation isolation = spec.isolation();
    List<HostDevice> devices =
        new ArrayList<>(isolation.privileged() ? HostDevices.all() : List.of());
    devices.addAll(HostDevices.find(spec.resources().devices()));
    return RuntimeSpecBuilder.build(
        withSecrets(spec, view.id()),
        rooms.host(),
        new RuntimeSpecBuilder.Facts(
            view.id(),
            cgroup(view),
            account(root, spec.program().user(), spec.program().additionalGroups()),
            isolation.utsMode().equals("host") ? "" : hostname(spec),
            mounts,
            Map.of(),
            shared,
            devices,
            sharedMemorySource(isolation),
            spec.program().init().orElse(rooms.config().init())
                ? Optional.of(rooms.paths().initProgram().toString())
                : Optional.empty(),
            users.map(maps -> UserMapping.mappings(maps.uids())).orElse(List.of()),
            users.map(maps -> UserMapping.mappings(maps.gids())).orElse(List.of()),
            links.variables(view)));
  }

  /// A build's command may have variables that are on no record.
  private ContainerSpec withSecrets(ContainerSpec spec, String id) {
    Map<String, Secret> secrets = rooms.steps().of(id).variables();
    if (secrets.isEmpty()) {
      return spec;
    }
    List<String> variables = new ArrayList<>(spec.program().environment());
    secrets.forEach(
        (name, secret) ->
            variables.add(name + "=" + new String(secret.bytes(), StandardCharsets.UTF_8)));
    return spec.toBuilder().environment(variables).build();
  }

  /// What the devices need that the container asks for by name; read anew for each start, since
  /// vendors write their files when drivers are loaded.
  private List<ContainerEdits> devices(ContainerView view) {
    List<Resources.DeviceRequest> requests = view.spec().resources().deviceRequests();
    if (requests.isEmpty()) {
      return List.of();
    }
    CdiDevices devices = CdiDevices.read(rooms.config().cdiSpecDirs());
    return devices.edits(DeviceSelection.of(requests, devices.names()));
  }

  /// The config of a container that an earlier engine started, as far as its execs need it: without
  /// the user's mounts.
  RuntimeSpec runningSpec(ContainerView view) {
    Set<Namespace.Type> shared = sharedWithHost(view.spec().isolation());
    String root = "/proc/" + view.state().pid() + "/root";
    Optional<OwnedFd> open =
        At.openIfExists(Fd.CWD, root, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
    if (open.isEmpty()) { // it has ended: nothing can be run in it
      return DefaultSpec.container();
    }
    try (OwnedFd files = open.get()) {
      return spec(view, files, List.of(), shared, UserMapping.ofProcess(view.state().pid()));
    }
  }

  /// Kinds of namespaces in which the container is with the host.
  private static Set<Namespace.Type> sharedWithHost(ContainerSpec.Isolation isolation) {
    Map<Namespace.Type, String> modes =
        Map.of(
            Namespace.Type.NETWORK, isolation.networkMode(),
            Namespace.Type.PID, isolation.pidMode(),
            Namespace.Type.IPC, isolation.ipcMode(),
            Namespace.Type.UTS, isolation.utsMode(),
            Namespace.Type.CGROUP, isolation.cgroupMode());
    Set<Namespace.Type> shared = EnumSet.noneOf(Namespace.Type.class);
    modes.forEach(
        (type, mode) -> {
          if (mode.equals("host")) {
            shared.add(type);
          }
        });
    return shared;
  }

  private String hostname(ContainerSpec spec) {
    String mode = spec.isolation().networkMode();
    return mode.startsWith("container:")
        ? rooms.containers().find(mode.substring(10)).view().spec().identity().hostname()
        : spec.identity().hostname();
  }

  /// Path of a container's group beneath each hierarchy's root.
  String cgroup(ContainerView view) {
    String own = view.spec().isolation().cgroupParent();
    String parent = own.isEmpty() ? rooms.config().cgroupParent() : own;
    return (parent.startsWith("/") ? parent : "/" + parent) + "/" + view.id();
  }

  /// Where `/dev/shm` comes from when it is not the container's own; of another container's a
  /// descriptor is given besides.
  private static Optional<String> sharedMemorySource(ContainerSpec.Isolation isolation) {
    return isolation.ipcMode().equals("host") || isolation.ipcMode().startsWith("container:")
        ? Optional.of("/dev/shm")
        : Optional.empty();
  }

  /// Looks a user up in the container's own files.
  static Accounts.Account account(Fd root, String user, List<String> groups) {
    try {
      return Accounts.read(file(root, "/etc/passwd"), file(root, "/etc/group")).find(user, groups);
    } catch (Accounts.UnknownAccountException e) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
    }
  }

  private static byte[] file(Fd root, String path) {
    Optional<OwnedFd> file =
        At.openInRootIfExists(root, path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
    if (file.isEmpty()) {
      return new byte[0];
    }
    try (OwnedFd open = file.get()) {
      return At.stat(open).regular() ? FileIo.readAll(open, ACCOUNT_FILE_MAX) : new byte[0];
    }
  }

  /// Namespaces of others that a container joins, open for the time of a start.
  private static final class Borrowed implements AutoCloseable {
    private final Map<Namespace.Type, OwnedFd> opened = new HashMap<>();
    private final Set<Namespace.Type> shared;
    private Optional<OwnedFd> sharedMemory = Optional.empty();
    private @Nullable Fd network;
    private @Nullable Fd user;

    Borrowed(Set<Namespace.Type> shared) {
      this.shared = shared;
    }

    Map<Namespace.Type, Fd> byType() {
      Map<Namespace.Type, Fd> all = new HashMap<>(opened);
      if (network != null) {
        all.put(Namespace.Type.NETWORK, network);
      }
      if (user != null) {
        all.put(Namespace.Type.USER, user);
      }
      return all;
    }

    @Override
    public void close() {
      opened.values().forEach(OwnedFd::close);
      sharedMemory.ifPresent(OwnedFd::close);
    }
  }

  private Borrowed namespaces(ContainerView view, LocalNetworks.Place place) {
    ContainerSpec.Isolation isolation = view.spec().isolation();
    Borrowed borrowed = new Borrowed(sharedWithHost(isolation));
    try {
      borrowed.network = place.namespace().orElse(null);
      join(borrowed, Namespace.Type.NETWORK, "net", isolation.networkMode());
      join(borrowed, Namespace.Type.PID, "pid", isolation.pidMode());
      checkShareable(isolation.ipcMode());
      join(borrowed, Namespace.Type.IPC, "ipc", isolation.ipcMode());
      join(borrowed, Namespace.Type.UTS, "uts", isolation.utsMode());
      join(borrowed, Namespace.Type.CGROUP, "cgroup", isolation.cgroupMode());
      if (isolation.ipcMode().startsWith("container:")) {
        int pid = runningPid(isolation.ipcMode().substring(10), "ipc");
        borrowed.sharedMemory = Optional.of(sharedMemoryOf(pid));
      }
      return borrowed;
    } catch (RuntimeException e) {
      borrowed.close();
      throw e;
    }
  }

  /// A copy of the mount on another container's `/dev/shm`, which only a thread in its mount
  /// namespace may make.
  private static OwnedFd sharedMemoryOf(int pid) {
    try (OwnedFd namespace = At.open(Fd.CWD, "/proc/" + pid + "/ns/mnt", OpenFlags.O_RDONLY)) {
      return NamespaceThread.in(
          gantry.linux.process.Namespace.MOUNT,
          namespace,
          () -> Mounts.copy(Fd.CWD, "/dev/shm", Depth.ONE));
    }
  }

  private void join(Borrowed borrowed, Namespace.Type type, String file, String mode) {
    if (mode.startsWith("container:")) {
      int pid = runningPid(mode.substring(10), file);
      borrowed.opened.put(
          type, At.open(Fd.CWD, "/proc/" + pid + "/ns/" + file, OpenFlags.O_RDONLY));
    }
  }

  private void checkShareable(String ipcMode) {
    if (ipcMode.startsWith("container:")) {
      ContainerView view = rooms.containers().find(ipcMode.substring(10)).view();
      String mode = view.spec().isolation().ipcMode();
      if (!mode.equals("shareable") && !mode.equals("host")) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT,
            "can't join IPC of container %s: non-shareable IPC (hint: use IpcMode:shareable for the donor container)"
                .formatted(view.id()));
      }
    }
  }

  /// Docker's word for a kind of namespace.
  private static String word(String file) {
    return switch (file) {
      case "net" -> "network";
      case "pid" -> "PID";
      case "ipc" -> "IPC";
      default -> file;
    };
  }

  private int runningPid(String other, String what) {
    ContainerView view = rooms.containers().find(other).view();
    if (!view.state().running() || view.state().status() == Status.RESTARTING) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "cannot join %s namespace of a non running container: %s"
              .formatted(word(what), view.id()));
    }
    return view.state().pid();
  }

  /// The plan of a start, as text.
  String explain(ContainerView view, OwnedFd root) {
    LocalNetworks.Place place = LocalNetworks.Place.none();
    try (MountPlan mounts = MountPlan.of(rooms, view, Optional.empty());
        Borrowed namespaces = namespaces(view, place)) {
      RuntimeSpec spec =
          DeviceInjection.apply(
              spec(view, root, mounts.mounts(), namespaces.shared, Optional.empty()),
              devices(view));
      return rooms
          .runtimes()
          .named(view.spec().runtime().orElse(""))
          .explain(
              new Launch(
                  view.id(),
                  spec,
                  new Rootfs.Mounted(root),
                  stdio(view.spec()),
                  namespaces.byType(),
                  mounts.sources(),
                  rooms.paths().run(view.id())));
    }
  }
}
