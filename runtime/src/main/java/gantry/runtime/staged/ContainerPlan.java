package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.FileType;
import gantry.oci.runtime.LinuxSpec;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.Launch;
import gantry.runtime.LaunchException;
import gantry.runtime.Rootfs;
import gantry.runtime.StdioSpec;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Compiles a container's config into a launch plan.
///
/// The order of the steps is the safety of the whole: what is on the host is opened first; then the
/// root is changed and the old one let go, so that no later path can lead outside; then the
/// container is furnished; then its settings are protected; at last rights are given up.
final class ContainerPlan {
  private static final int CLONE_FILES = 0x400; // linux/sched.h
  private static final int CLONE_NEWNS = gantry.linux.process.Namespace.MOUNT.flag();
  private static final int CLONE_NEWUSER = gantry.linux.process.Namespace.USER.flag();
  private static final int CLONE_NEWCGROUP = gantry.linux.process.Namespace.CGROUP.flag();
  private static final int MNT_DETACH = 2; // linux/fs.h

  /// Joined by the parent, since it holds for children only.
  private static final Set<Namespace.Type> BY_PARENT = Set.of(Namespace.Type.PID);

  private final Launch launch;
  private final RuntimeSpec spec;
  private final CgroupPlace cgroup;
  private final Machine machine;
  private final LaunchPlan.Builder plan = LaunchPlan.builder();
  private final Steps steps = new Steps(plan);
  private final Descriptors descriptors = new Descriptors(plan);
  private final ProcessSteps process;
  private final MountSteps mounts;
  private final Map<Namespace.Type, Slot> namespaces = new EnumMap<>(Namespace.Type.class);
  private final Map<String, MountSteps.Source> sources = new HashMap<>();
  private final DeviceSteps devices;
  private Optional<Slot> root = Optional.empty();
  private Optional<Slot> userNamespace = Optional.empty();
  private Optional<Slot> terminal = Optional.empty();

  private ContainerPlan(Launch launch, CgroupPlace cgroup, Machine machine) {
    this.launch = launch;
    this.spec = launch.spec();
    this.cgroup = cgroup;
    this.machine = machine;
    this.process = new ProcessSteps(steps, descriptors, machine);
    this.mounts = new MountSteps(steps, machine.cgroups());
    this.devices = new DeviceSteps(steps);
  }

  /// Compiles `launch`, which is not executed by that.
  ///
  /// @throws LaunchException if the config asks for what cannot be
  static Compiled compile(Launch launch, CgroupPlace cgroup, Machine machine) {
    return new ContainerPlan(launch, cgroup, machine).compile();
  }

  private Compiled compile() {
    requireSupported();
    requireNoHooks();
    inherit();
    Optional<Slot> unified = cgroup.unified().map(fd -> descriptors.inherit("cgroup", fd));
    process.monitorBegins();
    userNamespace.ifPresent(this::prepareOutside);
    join(true);
    userNamespace.ifPresent(
        slot ->
            steps.setns(
                slot, CLONE_NEWUSER, "what is made from here on belongs to that user namespace"));
    plan.clone(CLONE_FILES | freshNamespaces(), unified, "the container's first process");
    Slot mountNamespace = openMountNamespace();
    process.childBegins(launch.id(), cgroup);
    if (userNamespace.isPresent()) {
      process.attributesNow(spec.process());
    }
    cgroupNamespace();
    join(false);
    plan.step(Op.UMASK, "new files get the rights named here", Arg.number(0, Notation.MODE));
    if (userNamespace.isPresent()) {
      process.becomeRoot();
      makePrivate();
      mounts.mountEarly();
    } else {
      openSources();
      makePrivate();
    }
    changeRoot();
    furnish();
    protect();
    finish();
    plan.parent();
    descriptors.monitor(launch.stdio(), terminal, Optional.of(mountNamespace), false);
    return new Compiled(plan.build(), descriptors.more(), terminal);
  }

  /// Kept by the monitor: the container's mounts go with it, after the end of the first process was
  /// told. The kernel would take them apart, and write the disk's metadata, before it says that the
  /// process has ended.
  private Slot openMountNamespace() {
    Slot slot = plan.reserve("mount namespace");
    steps.open(slot, "/proc/self/ns/mnt", 0, "the monitor keeps the mounts until the end is told");
    return slot;
  }

  /// What only the host's root may do, for a container whose root is somebody else: the parent does
  /// it before it enters the user namespace. The child has the parent's descriptors.
  private void prepareOutside(Slot user) {
    openSources();
    devices.open(spec.linux().devices());
    if (!(launch.stdio() instanceof StdioSpec.Terminal)) {
      process.givePipes(outside(spec.linux().uidMappings(), spec.process().user().uid()));
    }
  }

  /// The id outside of a user namespace that is `id` inside.
  static int outside(List<LinuxSpec.IdMapping> mappings, int id) {
    return mappings.stream()
        .filter(map -> id >= map.containerID() && id < map.containerID() + map.size())
        .findFirst()
        .map(map -> (int) (id - map.containerID() + map.hostID()))
        .orElseThrow(
            () ->
                new LaunchException(
                    LaunchException.Kind.CONFIG,
                    "user %d has no place in the container's user namespace".formatted(id),
                    Errno.EINVAL));
  }

  private void requireSupported() {
    for (Namespace namespace : spec.linux().namespaces()) {
      boolean given = launch.namespaces().containsKey(namespace.type());
      if ((namespace.type() == Namespace.Type.USER && !given)
          || namespace.type() == Namespace.Type.TIME) {
        throw new LaunchException(
            LaunchException.Kind.CONFIG,
            "the built-in runtime makes no %s namespaces; use --runtime crun"
                .formatted(namespace.type().name().toLowerCase(Locale.ROOT)),
            Errno.EOPNOTSUPP);
      }
    }
  }

  private void requireNoHooks() {
    spec.hooks()
        .forEach(
            (when, hooks) -> {
              if (!hooks.isEmpty()) {
                throw new LaunchException(
                    LaunchException.Kind.CONFIG,
                    "the built-in runtime runs no hooks, and '%s' is to run as %s hook; use --runtime crun"
                        .formatted(hooks.getFirst().path(), when),
                    Errno.EOPNOTSUPP);
              }
            });
  }

  private void inherit() {
    if (launch.root() instanceof Rootfs.Mounted(Fd mount)) {
      root = Optional.of(descriptors.inherit("rootfs", mount));
    }
    launch.namespaces().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry ->
                namespaces.put(
                    entry.getKey(),
                    descriptors.inherit(name(entry.getKey()) + " namespace", entry.getValue())));
    userNamespace = Optional.ofNullable(namespaces.get(Namespace.Type.USER));
    launch
        .sources()
        .forEach(
            (destination, fd) ->
                sources.put(
                    destination,
                    new MountSteps.Source(
                        descriptors.inherit("source of " + destination, fd),
                        At.stat(fd).type() == FileType.DIRECTORY)));
  }

  private static String name(Namespace.Type type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  /// Those that clone makes. The cgroup namespace comes later: its root is where the process is
  /// when it makes it.
  private long freshNamespaces() {
    long flags = CLONE_NEWNS;
    for (Namespace.Type type :
        List.of(
            Namespace.Type.PID, Namespace.Type.IPC, Namespace.Type.UTS, Namespace.Type.NETWORK)) {
      if (fresh(type)) {
        flags |= kind(type).flag();
      }
    }
    return flags;
  }

  private boolean fresh(Namespace.Type type) {
    return !namespaces.containsKey(type)
        && spec.linux().namespace(type).filter(n -> n.path().isEmpty()).isPresent();
  }

  private static gantry.linux.process.Namespace kind(Namespace.Type type) {
    return gantry.linux.process.Namespace.valueOf(type.name());
  }

  private void cgroupNamespace() {
    if (fresh(Namespace.Type.CGROUP)) {
      plan.step(
          Op.UNSHARE,
          "its own cgroup is the root of what it sees",
          Arg.number(CLONE_NEWCGROUP, Notation.CLONE));
    }
  }

  /// Enters existing namespaces: in the parent, or in the child.
  private void join(boolean parent) {
    for (Namespace.Type type : Namespace.Type.values()) {
      if (type == Namespace.Type.MOUNT
          || type == Namespace.Type.USER
          || BY_PARENT.contains(type) != parent) {
        continue;
      }
      Slot slot = namespaces.get(type);
      Optional<String> path =
          spec.linux().namespace(type).map(Namespace::path).filter(p -> !p.isEmpty());
      if (slot == null && path.isPresent()) {
        slot = plan.reserve(name(type) + " namespace");
        steps.open(slot, path.get(), 0, "the " + name(type) + " namespace to share");
      }
      if (slot != null) {
        steps.setns(slot, kind(type).flag(), "into the " + name(type) + " namespace");
      }
    }
  }

  private void openSources() {
    mounts.open(spec.mounts(), sources);
    if (!fresh(Namespace.Type.CGROUP)) {
      mounts.openCgroups(cgroup.path());
    }
    if (launch.root() instanceof Rootfs.Directory(Path directory)) {
      Slot slot = plan.reserve("rootfs");
      steps.openTree(slot, directory.toString(), true, "the container's root file system");
      root = Optional.of(slot);
    }
  }

  private void makePrivate() {
    steps.propagate(
        "/",
        MountOptions.MS_PRIVATE | MountOptions.MS_REC,
        "what is mounted or unmounted from here on is not seen outside");
  }

  private void changeRoot() {
    Slot mount = root.orElseThrow();
    steps.attach(mount, "/", "the container's root, over ours");
    plan.step(Op.FCHDIR, "into it", Arg.of(mount));
    plan.step(Op.PIVOT_ROOT, "the root from here on", Arg.text("."), Arg.text("."));
    plan.step(
        Op.UMOUNT2,
        "the host's files are out of reach",
        Arg.text("."),
        Arg.number(MNT_DETACH, Notation.HIDDEN));
    plan.step(Op.CHDIR, "from the top", Arg.text("/"));
  }

  private void furnish() {
    mounts.mount();
    ProcessSpec command = spec.process();
    boolean ownDev = mounts.ownDev();
    if (ownDev) {
      devices.nodes(spec.linux().devices());
      devices.links(machine.kernelCore());
    }
    if (launch.stdio() instanceof StdioSpec.Terminal size) {
      terminal = Optional.of(plan.reserve("terminal master"));
      process.terminals().open(terminal.get(), size, command.user().uid());
      if (ownDev) {
        process.terminals().console();
      }
    } else if (userNamespace.isEmpty()) {
      process.ownPipes(command);
    }
    if (!command.cwd().equals("/")) {
      steps.mkdirs(Paths.clean(command.cwd()), "the working directory, if the image has none");
      // What cannot be made is missed when the process goes there, with a better message.
    }
    names();
    spec.linux()
        .sysctl()
        .forEach(
            (name, value) ->
                steps.write("/proc/sys/" + name.replace('.', '/'), value, "the setting " + name));
  }

  private void names() {
    if (!spec.hostname().isEmpty() && fresh(Namespace.Type.UTS)) {
      plan.step(Op.SETHOSTNAME, "the container's name", bytes(spec.hostname()));
    }
    if (!spec.domainname().isEmpty() && fresh(Namespace.Type.UTS)) {
      plan.step(Op.SETDOMAINNAME, "its NIS domain", bytes(spec.domainname()));
    }
  }

  private static Arg bytes(String text) {
    return Arg.bytes(text.getBytes(StandardCharsets.UTF_8), text);
  }

  private void protect() {
    MaskSteps masks = new MaskSteps(steps);
    spec.linux().readonlyPaths().forEach(masks::protect);
    spec.linux().maskedPaths().forEach(masks::hide);
    if (mounts.readOnlyDev()) {
      steps.readOnly("/dev", "its nodes are made");
    }
    long propagation = MountOptions.parse("", propagation()).propagation();
    if (propagation != 0 && (propagation & MountOptions.MS_PRIVATE) == 0) {
      steps.propagate("/", propagation, "whether mounts of the container are seen elsewhere");
    }
    if (spec.root().readonly()) {
      steps.readOnly("/", "the container cannot change its root file system");
    }
  }

  private List<String> propagation() {
    String name = spec.linux().rootfsPropagation();
    return name.isEmpty() ? List.of() : List.of(name);
  }

  private void finish() {
    process.execute(spec.process(), Optional.ofNullable(spec.linux().seccomp()));
  }
}
