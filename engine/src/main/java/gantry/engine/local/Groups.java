package gantry.engine.local;

import gantry.linux.SyscallException;
import gantry.linux.cgroup.Cgroup;
import gantry.linux.cgroup.CgroupParent;
import gantry.linux.cgroup.CgroupStats;
import gantry.linux.cgroup.Cgroups;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Control groups by their path beneath each hierarchy's root: `/gantry/<container>`.
final class Groups implements AutoCloseable {
  private final Cgroups cgroups;
  private final Map<String, CgroupParent> parents = new ConcurrentHashMap<>();

  Groups(Cgroups cgroups) {
    this.cgroups = cgroups;
  }

  Cgroups.Mode mode() {
    return cgroups.mode();
  }

  Set<String> controllers() {
    return cgroups.controllers();
  }

  /// Pids of all processes in it.
  List<Integer> processes(String path) {
    return path.isEmpty() ? List.of() : group(path).processes();
  }

  CgroupStats stats(String path) {
    return group(path).stats();
  }

  /// Whether the kernel ended one of its processes for want of memory.
  boolean hadOomKill(String path) {
    return !path.isEmpty() && group(path).oomKills() > 0;
  }

  /// Names of the groups under a parent.
  Set<String> names(String parent) {
    return parent(parent).names();
  }

  /// Kills what is in a group, and removes it.
  void destroy(String path) {
    Cgroup group = group(path);
    group.kill();
    group.remove();
  }

  private Cgroup group(String path) {
    int slash = path.lastIndexOf('/');
    return parent(path.substring(0, slash)).existing(path.substring(slash + 1));
  }

  private CgroupParent parent(String path) {
    return parents.computeIfAbsent(path.startsWith("/") ? path : "/" + path, cgroups::parent);
  }

  @Override
  public void close() {
    for (CgroupParent parent : parents.values()) {
      try {
        parent.close();
      } catch (SyscallException _) { // nothing depends on it any more
      }
    }
  }
}
