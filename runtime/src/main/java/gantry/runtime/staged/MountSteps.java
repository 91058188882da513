package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileType;
import gantry.oci.runtime.Mount;
import gantry.runtime.LaunchException;
import gantry.stage.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The steps that mount what the config lists.
///
/// Sources on the host are opened before the root is changed ([#open]), as detached copies; all the
/// rest happens after ([#mount]), when no path can lead out of the container any more: not through
/// a symbolic link of the image, not through one that a neighbour changes meanwhile.
final class MountSteps {
  /// Below /proc nothing may be mounted but these files, by which lxcfs gives containers their own
  /// figures: a container whose /proc is not the kernel's could fool the steps that follow.
  private static final Set<String> ALLOWED_IN_PROC =
      Set.of(
          "/proc/cpuinfo",
          "/proc/diskstats",
          "/proc/meminfo",
          "/proc/stat",
          "/proc/swaps",
          "/proc/uptime",
          "/proc/loadavg",
          "/proc/slabinfo",
          "/proc/sys/kernel/ns_last_pid",
          "/proc/sys/crypto/fips_enabled",
          "/proc/net/dev");

  private record Prepared(
      Mount mount, MountOptions options, Optional<Slot> source, boolean directory) {}

  private final Steps steps;
  private final CgroupMounts cgroups;
  private Map<String, Slot> openCgroups = Map.of();
  private final List<Prepared> prepared = new ArrayList<>();

  MountSteps(Steps steps, CgroupMounts cgroups) {
    this.steps = steps;
    this.cgroups = cgroups;
  }

  /// Opens the sources. `given` are the slots of sources that the caller has opened itself, by
  /// destination.
  void open(List<Mount> mounts, Map<String, Source> given) {
    for (Mount mount : mounts) {
      String destination = Paths.clean(mount.destination());
      Mount clean = new Mount(destination, mount.type(), mount.source(), mount.options());
      requireAllowed(clean);
      MountOptions options = MountOptions.parse(mount.type(), mount.options());
      Source source = given.get(mount.destination());
      if (source != null) {
        prepared.add(new Prepared(clean, options, Optional.of(source.slot()), source.directory()));
      } else if (options.bind()) {
        prepared.add(openSource(clean, options));
      } else {
        prepared.add(new Prepared(clean, options, Optional.empty(), true));
      }
    }
  }

  /// Opens the container's own cgroups, for one that has no cgroup namespace.
  void openCgroups(String path) {
    boolean shown = prepared.stream().anyMatch(mount -> mount.mount.type().equals("cgroup"));
    if (shown && !path.isEmpty()) {
      openCgroups = cgroups.open(steps, path);
    }
  }

  /// A source that the caller has opened.
  record Source(Slot slot, boolean directory) {}

  private static void requireAllowed(Mount mount) {
    String destination = mount.destination();
    boolean inProc = destination.startsWith("/proc/") && !ALLOWED_IN_PROC.contains(destination);
    boolean overProc = destination.equals("/proc") && !mount.type().equals("proc");
    boolean hostProc = overProc && mount.source().equals("/proc");
    if (inProc || (overProc && !hostProc)) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG,
          "cannot mount '%s' at '%s': it is inside /proc, which must be the kernel's own"
              .formatted(mount.source(), destination),
          Errno.UNKNOWN);
    }
    if (destination.equals("/")) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG,
          "cannot mount '%s' at '/': give the root file system itself".formatted(mount.source()),
          Errno.UNKNOWN);
    }
  }

  private Prepared openSource(Mount mount, MountOptions options) {
    boolean directory = isDirectory(mount);
    Slot slot = steps.plan().reserve("source of " + mount.destination());
    steps.openTree(
        slot, mount.source(), options.recursive(), "what is to appear at " + mount.destination());
    return new Prepared(mount, options, Optional.of(slot), directory);
  }

  private static boolean isDirectory(Mount mount) {
    try {
      return At.statFollowing(Fd.CWD, mount.source()).type() == FileType.DIRECTORY;
    } catch (SyscallException e) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG,
          "cannot mount '%s' at '%s': the source cannot be read: %s"
              .formatted(mount.source(), mount.destination(), e.errno()),
          e);
    }
  }

  /// Mounts what the kernel mounts in a user namespace only while another one of the kind is in
  /// sight: over the host's, which nobody else sees, to be attached like a source later.
  void mountEarly() {
    for (int i = 0; i < prepared.size(); i++) {
      Prepared mount = prepared.get(i);
      String type = mount.mount.type();
      if (mount.source.isPresent() || !(type.equals("proc") || type.equals("sysfs"))) {
        continue;
      }
      String place = type.equals("proc") ? "/proc" : "/sys";
      steps.mount(type, place, type, mount.options.flags(), mount.options.data(), purpose(mount));
      Slot slot = steps.plan().reserve(type);
      steps.openTree(slot, place, false, "to be attached in the container");
      prepared.set(i, new Prepared(mount.mount, mount.options, Optional.of(slot), true));
    }
  }

  /// Mounts all of them, in order.
  void mount() {
    for (Prepared mount : prepared) {
      if (mount.source.isPresent()) {
        attach(mount, mount.source.get());
      } else if (mount.mount.type().equals("cgroup") || mount.mount.type().equals("cgroup2")) {
        steps.mkdirs(mount.mount.destination(), "where the cgroups are shown");
        cgroups.mount(steps, mount.mount.destination(), mount.options, openCgroups);
      } else {
        mountNew(mount);
      }
    }
  }

  private void attach(Prepared mount, Slot source) {
    MountOptions options = mount.options;
    String destination = mount.mount.destination();
    if ((options.setAll() | options.clearAll()) != 0) {
      steps.change(
          source,
          options.setAll(),
          options.clearAll(),
          0,
          true,
          "for all mounts of " + destination);
    }
    if ((options.set() | options.clear()) != 0) {
      steps.change(source, options.set(), options.clear(), 0, false, "options of " + destination);
    }
    long propagation =
        options.propagation() == 0
            ? MountOptions.MS_PRIVATE | MountOptions.MS_REC
            : options.propagation();
    steps.change(
        source,
        0,
        0,
        propagation & ~MountOptions.MS_REC,
        (propagation & MountOptions.MS_REC) != 0,
        "whether mounts made there are seen outside");
    if (mount.directory) {
      steps.mkdirs(destination, "a place for " + destination);
    } else {
      steps.touch(destination, "a place for " + destination);
    }
    steps.attach(source, destination, "'" + mount.mount.source() + "' of the host");
  }

  private void mountNew(Prepared mount) {
    String type = mount.mount.type();
    String destination = mount.mount.destination();
    steps.mkdirs(destination, "a place for " + destination);
    String source = mount.mount.source().isEmpty() ? type : mount.mount.source();
    steps.mount(
        source, destination, type, mount.options.flags(), mount.options.data(), purpose(mount));
    long propagation = mount.options.propagation();
    if (propagation != 0 && (propagation & MountOptions.MS_PRIVATE) == 0) {
      steps.propagate(destination, propagation, "whether mounts made there are seen elsewhere");
    }
  }

  private static String purpose(Prepared mount) {
    return switch (mount.mount.type()) {
      case "proc" -> "the processes of the container's own PID namespace";
      case "sysfs" -> "devices and kernel objects";
      case "devpts" -> "terminals of its own, seen by no other container";
      case "mqueue" -> "message queues of its own IPC namespace";
      case "tmpfs" -> "memory that ends with the container";
      default -> "as the config asks";
    };
  }

  /// Whether /dev is a file system of the container's own, in which nodes are to be made; not where
  /// the host's /dev or some other directory was mounted, or nothing.
  boolean ownDev() {
    return prepared.stream()
        .filter(mount -> mount.mount.destination().equals("/dev"))
        .reduce((_, last) -> last)
        .filter(last -> last.source.isEmpty())
        .isPresent();
  }

  /// Whether /dev is to be read-only in the end, when its nodes are made.
  boolean readOnlyDev() {
    return prepared.stream()
        .anyMatch(
            mount ->
                mount.mount.destination().equals("/dev")
                    && (mount.options.set() & MountOptions.ATTR_RDONLY) != 0);
  }
}
