package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.oci.runtime.Device;
import gantry.stage.Slot;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The steps that fill a container's own /dev.
final class DeviceSteps {
  private static final int S_IFCHR = 0020000; // linux/stat.h
  private static final int S_IFBLK = 0060000;
  private static final int S_IFIFO = 0010000;

  private record Node(String path, long major, long minor) {}

  private static final List<Node> DEFAULT_NODES =
      List.of(
          new Node("/dev/null", 1, 3),
          new Node("/dev/zero", 1, 5),
          new Node("/dev/full", 1, 7),
          new Node("/dev/random", 1, 8),
          new Node("/dev/urandom", 1, 9),
          new Node("/dev/tty", 5, 0));

  private final Steps steps;

  /// Nodes of the host that will be shown in place of new ones; by path.
  private final Map<String, Slot> open = new LinkedHashMap<>();

  DeviceSteps(Steps steps) {
    this.steps = steps;
  }

  /// Opens the host's nodes of the same paths, to be shown: in a user namespace the kernel makes no
  /// nodes.
  void open(List<Device> devices) {
    Set<String> paths = new LinkedHashSet<>();
    DEFAULT_NODES.forEach(node -> paths.add(node.path));
    devices.forEach(device -> paths.add(device.path()));
    for (String path : paths) {
      Slot slot = steps.plan().reserve(path);
      steps.openTree(slot, path, false, "the host's " + path + ", to be shown");
      open.put(path, slot);
    }
  }

  /// The nodes that every container has, and those that the config lists. A node given by the
  /// config replaces a default one.
  void nodes(List<Device> devices) {
    if (!open.isEmpty()) {
      open.forEach(
          (path, slot) -> {
            steps.touch(path, "a place for " + path);
            steps.attach(slot, path, "the host's node: this user namespace can make none");
          });
      return;
    }
    Set<String> listed = new HashSet<>();
    devices.forEach(device -> listed.add(device.path()));
    for (Node node : DEFAULT_NODES) {
      if (!listed.contains(node.path)) {
        node(S_IFCHR | 0666, node.path, node.major, node.minor, "a device that does no harm");
      }
    }
    devices.forEach(this::listed);
  }

  private void listed(Device device) {
    int slash = device.path().lastIndexOf('/');
    String directory = device.path().substring(0, Math.max(slash, 0));
    if (!directory.equals("/dev")) {
      steps.mkdirs(directory, "a place for " + device.path());
    }
    Integer mode = device.fileMode();
    Integer uid = device.uid();
    Integer gid = device.gid();
    node(
        kind(device.type()) | (mode == null ? 0666 : mode & 07777),
        device.path(),
        device.major(),
        device.minor(),
        "a device that the user asked for");
    int owner = uid == null ? 0 : uid;
    int group = gid == null ? 0 : gid;
    if (owner != 0 || group != 0) {
      steps.chown(device.path(), owner, group, "its owner on the host");
    }
  }

  private void node(int mode, String path, long major, long minor, String why) {
    steps.mknod(path, mode, number(major, minor), why);
    steps.plan().ignoring(Errno.EEXIST);
  }

  private static int kind(String type) {
    return switch (type) {
      case "b" -> S_IFBLK;
      case "p" -> S_IFIFO;
      default -> S_IFCHR;
    };
  }

  /// As mknod(2) takes it: `new_encode_dev` of linux/kdev_t.h.
  static long number(long major, long minor) {
    return (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xffL) << 12);
  }

  /// The names by which programs find their own descriptors, and some old ones.
  void links(boolean kernelCore) {
    steps.symlink("/proc/self/fd", "/dev/fd", "a program's own descriptors");
    steps.symlink("/proc/self/fd/0", "/dev/stdin", "a program's own stdin");
    steps.symlink("/proc/self/fd/1", "/dev/stdout", "a program's own stdout");
    steps.symlink("/proc/self/fd/2", "/dev/stderr", "a program's own stderr");
    if (kernelCore) {
      steps.symlink("/proc/kcore", "/dev/core", "an old name, masked like the file");
    }
    steps.symlink("pts/ptmx", "/dev/ptmx", "new terminals come from the container's own devpts");
  }
}
