package gantry.linux.cgroup;

import java.util.Set;

/// A mounted tree of control groups.
///
/// @param version which interface its files have
/// @param controllers what it can limit: `cpu`, `memory`; for version 1 also `name=systemd`, which
///   limits nothing
/// @param mountPoint where it is mounted
/// @param ownPath the group that this process is in, from the mount point on: `/`,
///   `/system.slice/gantry.service`
public record Hierarchy(
    Version version, Set<String> controllers, String mountPoint, String ownPath) {
  /// The two interfaces of the kernel.
  public enum Version {
    V1,
    V2
  }

  public Hierarchy {
    controllers = Set.copyOf(controllers);
  }

  /// Whether it exists to give groups names only, as systemd's own.
  boolean named() {
    return version == Version.V1 && controllers.stream().allMatch(name -> name.startsWith("name="));
  }

  boolean unified() {
    return version == Version.V2;
  }
}
