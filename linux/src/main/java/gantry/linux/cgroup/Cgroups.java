package gantry.linux.cgroup;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.cgroup.Hierarchy.Version;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.Xattr;
import gantry.linux.mount.MountInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The control groups of this machine: which hierarchies are mounted, and which of them containers
/// get groups in.
///
/// Every hierarchy of version 1 that limits something is used, and the one of version 2 if it
/// limits something. Those that only give names (`name=systemd`, and version 2 beside version 1 on
/// older machines) are used where systemd runs: it stops a service by killing what is in the
/// service's group there.
///
/// See cgroups(7); the kernel's admin-guide, cgroup-v1 and cgroup-v2.rst.
public final class Cgroups {
  /// How the machine is set up.
  public enum Mode {
    V1,
    V2,
    /// Both: version 2 has no controllers, or those that version 1 has not.
    HYBRID
  }

  private static final Set<String> CONTROLLERS =
      Set.of(
          "cpu",
          "cpuacct",
          "cpuset",
          "memory",
          "devices",
          "freezer",
          "blkio",
          "pids",
          "hugetlb",
          "net_cls",
          "net_prio",
          "perf_event",
          "rdma",
          "misc");
  private static final int LIMIT = 1 << 20;

  private final List<Hierarchy> mounted;
  private final boolean systemd;

  Cgroups(List<Hierarchy> mounted, boolean systemd) {
    this.mounted = List.copyOf(mounted);
    this.systemd = systemd;
  }

  /// What this process sees. Reads three or four small files.
  public static Cgroups detect() {
    boolean systemd = At.exists(Fd.CWD, "/run/systemd/system");
    return of(MountInfo.ofSelf(), read("/proc/self/cgroup"), Cgroups::controllersAt, systemd);
  }

  /// How the controllers of version 2 at a mount point are found.
  interface Controllers {
    Collection<String> at(String mountPoint);
  }

  static Cgroups of(
      List<MountInfo> mounts, String membership, Controllers controllers, boolean systemd) {
    Map<String, String> own = membership(membership);
    Map<Set<String>, Hierarchy> found = new HashMap<>(); // one mounted twice is one
    List<Hierarchy> hierarchies = new ArrayList<>();
    for (MountInfo mount : mounts) {
      hierarchy(mount, own, controllers)
          .filter(h -> found.putIfAbsent(h.unified() ? Set.of("") : h.controllers(), h) == null)
          .ifPresent(hierarchies::add);
    }
    return new Cgroups(hierarchies, systemd);
  }

  private static Optional<Hierarchy> hierarchy(
      MountInfo mount, Map<String, String> own, Controllers controllers) {
    return switch (mount.type()) {
      case "cgroup2" -> {
        Set<String> names = new LinkedHashSet<>(controllers.at(mount.mountPoint()));
        yield Optional.of(
            new Hierarchy(
                Version.V2, names, mount.mountPoint(), inMount(mount, own.getOrDefault("", "/"))));
      }
      case "cgroup" -> {
        Set<String> names = new LinkedHashSet<>(mount.superOptions());
        names.removeIf(name -> !CONTROLLERS.contains(name) && !name.startsWith("name="));
        String path = names.stream().map(own::get).filter(p -> p != null).findFirst().orElse("/");
        yield Optional.of(
            new Hierarchy(Version.V1, names, mount.mountPoint(), inMount(mount, path)));
      }
      default -> Optional.empty();
    };
  }

  /// A container's mount may show a group as if it were the root.
  private static String inMount(MountInfo mount, String path) {
    if (mount.root().equals("/")) {
      return path;
    }
    boolean inside = path.equals(mount.root()) || path.startsWith(mount.root() + "/");
    String rest = inside ? path.substring(mount.root().length()) : "/";
    return rest.isEmpty() ? "/" : rest;
  }

  /// Controller, or empty for version 2, to the group's path: lines `7:cpu,cpuacct:/path`.
  private static Map<String, String> membership(String text) {
    Map<String, String> paths = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      String[] fields = line.split(":", 3);
      if (fields.length == 3) {
        for (String controller : fields[1].split(",", -1)) {
          paths.put(controller, fields[2]);
        }
      }
    }
    return paths;
  }

  private static Collection<String> controllersAt(String mountPoint) {
    return new HashSet<>(List.of(read(mountPoint + "/cgroup.controllers").strip().split(" ")));
  }

  private static String read(String path) {
    try (OwnedFd file = At.open(Fd.CWD, path, O_RDONLY)) {
      return new String(FileIo.readAll(file, LIMIT), StandardCharsets.UTF_8);
    }
  }

  /// How the machine is set up.
  public Mode mode() {
    boolean one = mounted.stream().anyMatch(h -> !h.unified() && !h.named());
    boolean two = mounted.stream().anyMatch(Hierarchy::unified);
    return one ? (two ? Mode.HYBRID : Mode.V1) : Mode.V2;
  }

  /// All that are mounted.
  public List<Hierarchy> mounted() {
    return mounted;
  }

  /// Those that containers get groups in.
  public List<Hierarchy> used() {
    return mounted.stream()
        .filter(
            h ->
                systemd
                    || (!h.named()
                        && !h.controllers().isEmpty()
                        && !h.controllers().equals(Set.of(""))))
        .toList();
  }

  /// Everything that can be limited.
  public Set<String> controllers() {
    Set<String> all = new LinkedHashSet<>();
    mounted.stream().filter(h -> !h.named()).forEach(h -> all.addAll(h.controllers()));
    all.remove("");
    return all;
  }

  /// The group of version 2 that systemd has given to this process to rule as it likes
  /// (`Delegate=yes`), as a path from the mount point on. Containers belong beneath it, this
  /// process into a group beside them.
  public Optional<String> delegated() {
    return mounted.stream()
        .filter(h -> h.unified() && !h.ownPath().equals("/"))
        .filter(h -> isDelegated(h.mountPoint() + h.ownPath()))
        .map(Hierarchy::ownPath)
        .findFirst();
  }

  /// Where containers' groups belong on this machine: beneath the group delegated to this process,
  /// else `/gantry`. A service that is stopped without its containers needs `KillMode=process`
  /// beside `Delegate=yes`.
  public String defaultParent() {
    return delegated().map(path -> path + "/containers").orElse("/gantry");
  }

  private static boolean isDelegated(String path) {
    try (OwnedFd dir = At.open(Fd.CWD, path, O_RDONLY | O_DIRECTORY)) {
      for (String attribute : new String[] {"trusted.delegate", "user.delegate"}) {
        if (Xattr.get(dir, attribute).filter(v -> v.length == 1 && v[0] == '1').isPresent()) {
          return true;
        }
      }
      return false;
    }
  }

  /// Opens the group at `path`, `/gantry`, in every hierarchy used, making what is missing and
  /// enabling all controllers on the way, as the place for containers' groups.
  ///
  /// In version 2 a group with controllers enabled for its children has no processes of its own,
  /// but for the root. If one on the way has, all its processes are moved to a group `self` in it:
  /// what a delegated service must do.
  public CgroupParent parent(String path) {
    return CgroupParent.open(used(), mode() == Mode.HYBRID && !systemd, path);
  }
}
