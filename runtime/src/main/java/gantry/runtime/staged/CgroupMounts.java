package gantry.runtime.staged;

import gantry.linux.cgroup.Cgroups;
import gantry.linux.cgroup.Hierarchy;
import gantry.stage.Slot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// How `/sys/fs/cgroup` comes into a container: as a mount of each v1 hierarchy (on hybrid machines
/// too, whose v2 tree has no controllers), or of v2.
///
/// In a cgroup namespace of its own a container sees its group as the root. In the host's it sees,
/// of v1, a bind mount of its own group and of v2 the whole tree, as with others.
///
/// @param unified whether this machine has v2 only
/// @param hierarchies those of v1
record CgroupMounts(boolean unified, List<V1> hierarchies) {

  /// A v1 hierarchy.
  ///
  /// @param name of its directory beneath `/sys/fs/cgroup`, such as `cpu` or `systemd`
  /// @param select the option that selects it when it is mounted
  /// @param mountPoint where the host has it
  record V1(String name, String select, String mountPoint) {}

  static CgroupMounts of(Cgroups cgroups) {
    List<V1> hierarchies =
        cgroups.used().stream()
            .filter(h -> h.version() == Hierarchy.Version.V1)
            .map(
                h ->
                    new V1(
                        h.mountPoint().substring(h.mountPoint().lastIndexOf('/') + 1),
                        h.controllers().stream().sorted().collect(Collectors.joining(",")),
                        h.mountPoint()))
            .toList();
    return new CgroupMounts(cgroups.mode() == Cgroups.Mode.V2, hierarchies);
  }

  /// Opens what will be shown, before the root is changed: nothing for a container with a cgroup
  /// namespace of its own.
  Map<String, Slot> open(Steps steps, String cgroupPath) {
    Map<String, Slot> slots = new LinkedHashMap<>();
    for (V1 hierarchy : hierarchies) {
      Slot slot = steps.plan().reserve(hierarchy.name + " cgroup");
      steps.openTree(slot, hierarchy.mountPoint + cgroupPath, false, "its own cgroup, to be shown");
      slots.put(hierarchy.name, slot);
    }
    return slots;
  }

  void mount(Steps steps, String destination, MountOptions options, Map<String, Slot> opened) {
    if (unified) {
      steps.mount(
          "cgroup", destination, "cgroup2", options.flags(), "", "the container's own cgroup");
      return;
    }
    long readOnly = options.flags() & MountOptions.ATTR_RDONLY; // MS_RDONLY has the same value
    steps.mount(
        "tmpfs",
        destination,
        "tmpfs",
        options.flags() & ~readOnly,
        "mode=755",
        "a directory for each cgroup hierarchy");
    for (V1 hierarchy : hierarchies) {
      String target = destination + "/" + hierarchy.name;
      String why = "its own " + hierarchy.name;
      steps.mkdir(target, 0755, "where the " + hierarchy.name + " hierarchy is shown");
      Slot slot = opened.get(hierarchy.name);
      if (slot == null) {
        steps.mount("cgroup", target, "cgroup", options.flags(), hierarchy.select, why);
      } else {
        steps.change(
            slot, options.set(), 0, MountOptions.MS_PRIVATE, false, "options of " + target);
        steps.attach(slot, target, why);
      }
    }
    if (readOnly != 0) {
      steps.readOnly(destination, "no hierarchies are added");
    }
  }
}
