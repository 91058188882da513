package gantry.linux.mount;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;

/// Mounts that exist, as descriptors. A *detached* mount is in no namespace's table; it lives as
/// long as its descriptor, or until it is attached somewhere. An empty path means the descriptor
/// itself. None follows a link in the last component.
public final class Mounts {
  private static final int AT_SYMLINK_NOFOLLOW = 0x100; // linux/fcntl.h
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int OPEN_TREE_CLONE = 1; // linux/mount.h, since 5.2
  private static final int OPEN_TREE_CLOEXEC = 0x80000;
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x04;
  private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
  private static final int ATTR_SIZE = 32; // struct mount_attr
  private static final long MOUNT_ATTR_IDMAP = 0x100000; // since 5.12
  private static final int MNT_DETACH = 2; // linux/fs.h
  private static final int UMOUNT_NOFOLLOW = 8;

  private Mounts() {}

  /// A detached copy of the mount that `path` is on, showing what is at `path`: a bind mount that
  /// is nowhere yet. See open_tree(2), `OPEN_TREE_CLONE`.
  public static OwnedFd copy(Fd dir, String path, Depth depth) {
    return openTree(dir, path, OPEN_TREE_CLONE | depth.bits());
  }

  /// Opens what is at `path`, as `O_PATH`, for [#change] and the like; no mount is made.
  public static OwnedFd open(Fd dir, String path) {
    return openTree(dir, path, 0);
  }

  private static OwnedFd openTree(Fd dir, String path, int flags) {
    try (Frame frame = Frame.open()) {
      int all = flags | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
      return OwnedFd.adopt(
          frame.call(Sys.OPEN_TREE, dir.value(), frame.text(path), all), "open_tree", path);
    }
  }

  /// Attaches a detached mount at `path`, or moves one that is attached. See move_mount(2).
  public static void attach(Fd mount, Fd dir, String path) {
    try (Frame frame = Frame.open()) {
      int flags = MOVE_MOUNT_F_EMPTY_PATH | (path.isEmpty() ? MOVE_MOUNT_T_EMPTY_PATH : 0);
      long result =
          frame.call(
              Sys.MOVE_MOUNT, mount.value(), frame.text(""), dir.value(), frame.text(path), flags);
      check(result, "move_mount", path.isEmpty() ? dir.procPath() : path);
    }
  }

  /// Changes properties of the mount at `path`. See mount_setattr(2), since 5.12.
  public static void change(Fd dir, String path, Depth depth, MountChange change) {
    try (Frame frame = Frame.open()) {
      MemorySegment attr = frame.uninitialised(ATTR_SIZE);
      attr.set(JAVA_LONG, 0, change.set() | (change.idmap().isPresent() ? MOUNT_ATTR_IDMAP : 0));
      attr.set(JAVA_LONG, 8, change.clear());
      attr.set(JAVA_LONG, 16, change.propagation().map(Propagation::bits).orElse(0));
      attr.set(JAVA_LONG, 24, change.idmap().map(Fd::value).orElse(0));
      int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | depth.bits();
      long result =
          frame.call(
              Sys.MOUNT_SETATTR, dir.value(), frame.text(path), flags, attr.address(), ATTR_SIZE);
      check(result, "mount_setattr", path.isEmpty() ? dir.procPath() : path);
    }
  }

  /// Changes properties of a mount by its own descriptor.
  public static void change(Fd mount, Depth depth, MountChange change) {
    change(mount, "", depth, change);
  }

  /// Takes the mount at this absolute path out of the table at once, with all beneath it; who still
  /// uses it can go on.
  public static void detach(String path) {
    check(unmount(path, MNT_DETACH | UMOUNT_NOFOLLOW), "umount2", path);
  }

  /// As above for the mount whose root is open as `mount`.
  public static void detach(Fd mount) {
    check(unmount(mount.procPath(), MNT_DETACH), "umount2", mount.procPath());
  }

  /// As [#detach(String)]; false if nothing is mounted there, or nothing is there.
  public static boolean detachIfMounted(String path) {
    long result = unmount(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    if (result == -Errno.EINVAL.number() || result == -Errno.ENOENT.number()) {
      return false;
    }
    check(result, "umount2", path);
    return true;
  }

  /// Unmounts what is at this absolute path; `EBUSY` while anybody uses it.
  public static void unmount(String path) {
    check(unmount(path, UMOUNT_NOFOLLOW), "umount2", path);
  }

  private static long unmount(String path, int flags) {
    try (Frame frame = Frame.open()) {
      return frame.repeat(Sys.UMOUNT2, frame.text(path), flags, 0, 0);
    }
  }
}
