package gantry.runtime.staged;

import gantry.linux.SyscallException;
import gantry.linux.cgroup.Cgroup;
import gantry.linux.cgroup.CgroupParent;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.cgroup.Hierarchy;
import gantry.oci.runtime.Resources;
import gantry.runtime.LaunchException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The cgroups of containers: made with their limits, found again, frozen, removed. Thread-safe.
final class ContainerCgroups implements AutoCloseable {
  private static final Duration FREEZING = Duration.ofSeconds(10);

  private final Cgroups cgroups;

  /// Opened when first needed, kept until the end: making a group in one is then a call for each
  /// hierarchy.
  private final Map<String, CgroupParent> parents = new ConcurrentHashMap<>();

  ContainerCgroups(Cgroups cgroups) {
    this.cgroups = cgroups;
  }

  /// Makes the group of a container and limits it; what this machine cannot limit is left out.
  ///
  /// @throws LaunchException naming the limit that the kernel refuses
  CgroupPlace create(String path, Resources resources) {
    Cgroup group = parent(path).create(name(path));
    try {
      limit(group, path, resources);
      return place(path);
    } catch (RuntimeException e) {
      group.remove();
      throw e;
    }
  }

  /// Writes limits into an existing group.
  void limit(Cgroup group, String path, Resources resources) {
    try {
      group.apply(ResourceLimits.of(resources));
      DeviceAccess.apply(cgroups, group, path, resources.devices());
    } catch (SyscallException e) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG,
          "cannot limit the container: %s%s".formatted(e.getMessage(), hint(e)),
          e);
    }
  }

  private static String hint(SyscallException e) {
    return switch (e.errno()) {
      case EBUSY -> "; it uses more than that already";
      case EINVAL, ERANGE -> "; the value is not in the range that this kernel allows";
      default -> "";
    };
  }

  /// How a further process joins the group.
  CgroupPlace place(String path) {
    if (path.isEmpty()) {
      return CgroupPlace.NONE;
    }
    return new CgroupPlace(path, taskFiles(path), group(path).openDirectory());
  }

  /// The files of v1 by which a process joins the group.
  List<String> taskFiles(String path) {
    return cgroups.used().stream()
        .filter(h -> h.version() == Hierarchy.Version.V1)
        .map(h -> h.mountPoint() + path + "/tasks")
        .toList();
  }

  Cgroup group(String path) {
    return parent(path).existing(name(path));
  }

  void freeze(String path) {
    group(path).freeze(FREEZING);
  }

  void thaw(String path) {
    group(path).thaw();
  }

  /// Kills what is left in the group and removes it.
  void remove(String path) {
    Cgroup group = group(path);
    if (group.exists()) {
      if (!group.processes().isEmpty()) {
        if (group.frozen()) {
          group.thaw();
        }
        group.kill();
      }
      group.remove();
    }
  }

  private CgroupParent parent(String path) {
    String parent = path.substring(0, Math.max(path.lastIndexOf('/'), 0));
    return parents.computeIfAbsent(parent, cgroups::parent);
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public void close() {
    parents.values().forEach(CgroupParent::close);
  }
}
