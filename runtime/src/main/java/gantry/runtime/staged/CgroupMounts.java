package gantry.runtime.staged;

import java.util.Map;

/// How `/sys/fs/cgroup` comes into a container: as a mount of each v1 hierarchy (on hybrid machines
/// too, whose v2 tree has no controllers), or of v2. In a cgroup namespace of its own a container
/// sees its cgroup as the root.
///
/// @param unified whether this machine has v2 only
/// @param hierarchies v1: names of the directories beneath `/sys/fs/cgroup`, such as `cpu` or
///   `systemd`, and the options that select each when mounted
record CgroupMounts(boolean unified, Map<String, String> hierarchies) {

  void mount(Steps steps, String destination, MountOptions options) {
    if (unified) {
      steps.mount(
          "cgroup", destination, "cgroup2", options.flags(), "", "the container's own cgroup");
      return;
    }
    long readOnly = options.flags() & 1; // MS_RDONLY
    steps.mount(
        "tmpfs",
        destination,
        "tmpfs",
        options.flags() & ~readOnly,
        "mode=755",
        "a directory for each cgroup hierarchy");
    hierarchies.forEach(
        (name, select) -> {
          String target = destination + "/" + name;
          steps.mkdir(target, 0755, "where the " + name + " hierarchy is shown");
          steps.mount("cgroup", target, "cgroup", options.flags(), select, "its own " + name);
        });
    if (readOnly != 0) {
      steps.readOnly(destination, "no hierarchies are added");
    }
  }
}
