package gantry.linux.file;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.FileName;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Names under a directory: the `…at` system calls, one method each. A path is taken from the
/// directory `dir`, or is absolute; [Fd#CWD] stands for the current directory. Only [#openat2] and
/// [#openInRoot] keep a path with links in its middle inside of `dir`, all others are for single
/// names or trusted paths.
///
/// None of them follows a symbolic link in the last component, unless its text says so. Every
/// failure is a [SyscallException] whose operand is the path.
public final class At {
  private static final int SYMLINK_NOFOLLOW = 0x100; // AT_*, linux/fcntl.h
  private static final int REMOVEDIR = 0x200;
  private static final int SYMLINK_FOLLOW = 0x400;
  private static final int EMPTY_PATH = 0x1000;
  private static final int PATH_MAX = 4096; // linux/limits.h
  private static final int RENAME_NOREPLACE = 1; // linux/fs.h
  private static final int RENAME_EXCHANGE = 2;
  private static final int OPEN_HOW_SIZE = 24; // struct open_how, linux/openat2.h
  private static final int RACES = 128;
  private static final int EAGAIN = 11;

  private At() {}

  /// Opens a file that exists. Follows links, also in the last component unless `O_NOFOLLOW` is
  /// given. See openat(2).
  public static OwnedFd open(Fd dir, String path, int flags) {
    return open(dir, path, flags, 0);
  }

  /// Opens a file, creating it with the permissions `mode` (less the umask) if `flags` has
  /// `O_CREAT` or `O_TMPFILE`.
  public static OwnedFd open(Fd dir, String path, int flags, int mode) {
    try (Frame frame = Frame.open()) {
      return OwnedFd.adopt(tryOpen(frame, dir, path, flags, mode), "openat", path);
    }
  }

  /// Opens a file, or empty if there is none of that name (`ENOENT`).
  public static Optional<OwnedFd> openIfExists(Fd dir, String path, int flags) {
    try (Frame frame = Frame.open()) {
      long result = tryOpen(frame, dir, path, flags, 0);
      return result == -Errno.ENOENT.number()
          ? Optional.empty()
          : Optional.of(OwnedFd.adopt(result, "openat", path));
    }
  }

  private static long tryOpen(Frame frame, Fd dir, String path, int flags, int mode) {
    return frame.repeat(
        Sys.OPENAT, dir.value(), frame.text(path), flags | OpenFlags.O_CLOEXEC, mode);
  }

  /// Opens a directory by name, not following a link in the last component.
  public static OwnedFd openDirectory(Fd dir, String path) {
    return open(dir, path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW);
  }

  /// Opens `path` as a process would see it whose root is `root`: `..` and symbolic links, absolute
  /// ones too, stay inside, and the jumping links of /proc are refused. `mode` matters with
  /// `O_CREAT` only.
  ///
  /// See openat2(2), `RESOLVE_IN_ROOT`. Retried when a rename elsewhere disturbed the kernel's
  /// walk.
  public static OwnedFd openInRoot(Fd root, String path, int flags, int mode) {
    return openat2(root, path, flags, mode, Resolve.IN_ROOT | Resolve.NO_MAGICLINKS);
  }

  /// As above for a file that exists.
  public static OwnedFd openInRoot(Fd root, String path, int flags) {
    return openInRoot(root, path, flags, 0);
  }

  /// As above, or empty if there is none of that name.
  public static Optional<OwnedFd> openInRootIfExists(Fd root, String path, int flags) {
    long result = tryOpenat2(root, path, flags, 0, Resolve.IN_ROOT | Resolve.NO_MAGICLINKS);
    return result == -Errno.ENOENT.number()
        ? Optional.empty()
        : Optional.of(OwnedFd.adopt(result, "openat2", path));
  }

  /// Opens a file, with the bits of [Resolve] that limit the way to it. See openat2(2).
  public static OwnedFd openat2(Fd dir, String path, int flags, int mode, int resolve) {
    return OwnedFd.adopt(tryOpenat2(dir, path, flags, mode, resolve), "openat2", path);
  }

  private static long tryOpenat2(Fd dir, String path, int flags, int mode, int resolve) {
    try (Frame frame = Frame.open()) {
      MemorySegment how = frame.uninitialised(OPEN_HOW_SIZE);
      how.set(JAVA_LONG, 0, Integer.toUnsignedLong(flags | OpenFlags.O_CLOEXEC));
      how.set(JAVA_LONG, 8, mode);
      how.set(JAVA_LONG, 16, resolve);
      long name = frame.text(path);
      long result = -EAGAIN;
      for (int i = 0; i < RACES && result == -EAGAIN; i++) {
        result = frame.repeat(Sys.OPENAT2, dir.value(), name, how.address(), OPEN_HOW_SIZE);
        if ((resolve & Resolve.CACHED) != 0) {
          return result;
        }
      }
      return result;
    }
  }

  /// Makes a directory with the permissions `mode`, less the umask.
  public static void mkdir(Fd dir, String path, int mode) {
    try (Frame frame = Frame.open()) {
      check(frame.call(Sys.MKDIRAT, dir.value(), frame.text(path), mode), "mkdirat", path);
    }
  }

  /// Makes a directory unless something of that name exists; whether it was made.
  public static boolean mkdirIfAbsent(Fd dir, String path, int mode) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.MKDIRAT, dir.value(), frame.text(path), mode);
      if (result == -Errno.EEXIST.number()) {
        return false;
      }
      check(result, "mkdirat", path);
      return true;
    }
  }

  /// Makes a device, FIFO, socket or empty file; `mode` has the bits of its [FileType] and
  /// permissions.
  public static void mknod(Fd dir, String path, int mode, DeviceNumber device) {
    try (Frame frame = Frame.open()) {
      check(
          frame.call(Sys.MKNODAT, dir.value(), frame.text(path), mode, device.encoded()),
          "mknodat",
          path);
    }
  }

  /// Makes a symbolic link at `path` with the text `target`.
  public static void symlink(String target, Fd dir, String path) {
    try (Frame frame = Frame.open()) {
      check(
          frame.call(Sys.SYMLINKAT, frame.text(target), dir.value(), frame.text(path)),
          "symlinkat",
          path);
    }
  }

  /// Makes a further name for a file. A symbolic link is linked itself, not what it points to.
  public static void link(Fd fromDir, String from, Fd toDir, String to) {
    linkat(fromDir, from, toDir, to, 0);
  }

  /// Gives a file that is open (by `O_TMPFILE` too) a name; needs no capability. See linkat(2) on
  /// /proc/self/fd.
  public static void link(Fd file, Fd toDir, String to) {
    linkat(Fd.CWD, file.procPath(), toDir, to, SYMLINK_FOLLOW);
  }

  /// As above through `AT_EMPTY_PATH`, which needs `CAP_DAC_READ_SEARCH` before 6.10 but no /proc.
  public static void linkEmptyPath(Fd file, Fd toDir, String to) {
    linkat(file, "", toDir, to, EMPTY_PATH);
  }

  private static void linkat(Fd fromDir, String from, Fd toDir, String to, int flags) {
    try (Frame frame = Frame.open()) {
      check(
          frame.call(
              Sys.LINKAT, fromDir.value(), frame.text(from), toDir.value(), frame.text(to), flags),
          "linkat",
          to);
    }
  }

  /// Removes a name that is not a directory's.
  public static void unlink(Fd dir, String path) {
    check(tryUnlink(dir, path, 0), "unlinkat", path);
  }

  /// Removes a name that is not a directory's if it exists; whether it did.
  public static boolean unlinkIfExists(Fd dir, String path) {
    return existed(tryUnlink(dir, path, 0), "unlinkat", path);
  }

  /// Removes an empty directory.
  public static void rmdir(Fd dir, String path) {
    check(tryUnlink(dir, path, REMOVEDIR), "rmdir", path);
  }

  /// Removes an empty directory if it exists; whether it did.
  public static boolean rmdirIfExists(Fd dir, String path) {
    return existed(tryUnlink(dir, path, REMOVEDIR), "rmdir", path);
  }

  private static long tryUnlink(Fd dir, String path, int flags) {
    try (Frame frame = Frame.open()) {
      return frame.call(Sys.UNLINKAT, dir.value(), frame.text(path), flags);
    }
  }

  private static boolean existed(long result, String call, String path) {
    if (result == -Errno.ENOENT.number()) {
      return false;
    }
    check(result, call, path);
    return true;
  }

  /// Renames, replacing what was at `to`.
  public static void rename(Fd fromDir, String from, Fd toDir, String to) {
    renameat2(fromDir, from, toDir, to, 0);
  }

  /// Renames, failing with `EEXIST` if there is something at `to`.
  public static void renameNoReplace(Fd fromDir, String from, Fd toDir, String to) {
    renameat2(fromDir, from, toDir, to, RENAME_NOREPLACE);
  }

  /// Exchanges two files in one step.
  public static void exchange(Fd oneDir, String one, Fd otherDir, String other) {
    renameat2(oneDir, one, otherDir, other, RENAME_EXCHANGE);
  }

  private static void renameat2(Fd fromDir, String from, Fd toDir, String to, int flags) {
    try (Frame frame = Frame.open()) {
      check(
          frame.call(
              Sys.RENAMEAT2,
              fromDir.value(),
              frame.text(from),
              toDir.value(),
              frame.text(to),
              flags),
          "renameat2",
          from + "' to '" + to);
    }
  }

  /// What is known about a file; a symbolic link is looked at itself. An empty path means `dir`
  /// itself, which may be any open file.
  public static FileStat stat(Fd dir, String path) {
    return stat(dir, path, SYMLINK_NOFOLLOW).orElseThrow(() -> missing(path));
  }

  /// As above, following symbolic links.
  public static FileStat statFollowing(Fd dir, String path) {
    return stat(dir, path, 0).orElseThrow(() -> missing(path));
  }

  /// As [#stat], or empty if there is nothing of that name.
  public static Optional<FileStat> statIfExists(Fd dir, String path) {
    return stat(dir, path, SYMLINK_NOFOLLOW);
  }

  /// What is known about an open file.
  public static FileStat stat(Fd file) {
    return stat(file, "");
  }

  /// Whether there is something of that name, be it a dangling link.
  public static boolean exists(Fd dir, String path) {
    return statIfExists(dir, path).isPresent();
  }

  private static Optional<FileStat> stat(Fd dir, String path, int flags) {
    try (Frame frame = Frame.open()) {
      MemorySegment statx = frame.uninitialised(FileStat.SIZE);
      long result =
          frame.repeat(
              Sys.STATX,
              dir.value(),
              frame.text(path),
              flags | EMPTY_PATH,
              FileStat.MASK,
              statx.address(),
              0);
      return existed(result, "statx", path) ? Optional.of(FileStat.read(statx)) : Optional.empty();
    }
  }

  private static SyscallException missing(String path) {
    return new SyscallException("statx", Errno.ENOENT, path);
  }

  /// The text of a symbolic link. An empty path reads the link that `dir` itself is open on
  /// (`O_PATH|O_NOFOLLOW`).
  public static String readlink(Fd dir, String path) {
    try (Frame frame = Frame.open()) {
      MemorySegment buffer = frame.uninitialised(PATH_MAX);
      long length =
          check(
              frame.call(Sys.READLINKAT, dir.value(), frame.text(path), buffer.address(), PATH_MAX),
              "readlinkat",
              path);
      byte[] bytes = new byte[(int) length];
      MemorySegment.copy(buffer, JAVA_BYTE, 0, bytes, 0, bytes.length);
      return FileName.decode(bytes, 0, bytes.length);
    }
  }

  /// Gives a file to a user and a group; -1 leaves one as it is. A link's own owner is changed. An
  /// empty path means `dir` itself. The kernel clears the set-ID bits of executables: set
  /// permissions afterwards.
  public static void chown(Fd dir, String path, int uid, int gid) {
    try (Frame frame = Frame.open()) {
      check(
          frame.call(
              Sys.FCHOWNAT, dir.value(), frame.text(path), uid, gid, SYMLINK_NOFOLLOW | EMPTY_PATH),
          "fchownat",
          path);
    }
  }

  /// Sets permissions, the lower 12 bits of a mode. **Follows a symbolic link** in the last
  /// component (links have no permissions, and kernels before 6.6 have no other call): for names
  /// known to be none; else open with `O_PATH | O_NOFOLLOW` and use [#chmod(Fd, int)].
  public static void chmod(Fd dir, String path, int mode) {
    try (Frame frame = Frame.open()) {
      check(frame.call(Sys.FCHMODAT, dir.value(), frame.text(path), mode), "fchmodat", path);
    }
  }

  /// Sets the permissions of an open file, `O_PATH` included: such are reached by way of /proc.
  public static void chmod(Fd file, int mode) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.FCHMOD, file.value(), mode);
      if (result == -Errno.EBADF.number()) {
        result = frame.call(Sys.FCHMODAT, Fd.CWD.value(), frame.text(file.procPath()), mode);
      }
      check(result, "fchmod", file.procPath());
    }
  }

  /// Sets times of access and modification; of a link itself. An empty path means `dir` itself.
  public static void utimes(Fd dir, String path, TimeSpec accessed, TimeSpec modified) {
    try (Frame frame = Frame.open()) {
      MemorySegment times = frame.uninitialised(32); // struct __kernel_timespec[2]
      times.set(JAVA_LONG, 0, accessed.seconds());
      times.set(JAVA_LONG, 8, accessed.nanos());
      times.set(JAVA_LONG, 16, modified.seconds());
      times.set(JAVA_LONG, 24, modified.nanos());
      check(
          frame.call(
              Sys.UTIMENSAT,
              dir.value(),
              frame.text(path),
              times.address(),
              SYMLINK_NOFOLLOW | EMPTY_PATH),
          "utimensat",
          path);
    }
  }

  /// The space of the file system that an open file is on.
  public static FileSystemStat fileSystem(Fd file) {
    try (Frame frame = Frame.open()) {
      MemorySegment statfs = frame.uninitialised(FileSystemStat.SIZE);
      check(
          frame.repeat(Sys.FSTATFS, file.value(), statfs.address(), 0, 0),
          "fstatfs",
          file.procPath());
      return new FileSystemStat(
          statfs.get(JAVA_LONG, 0),
          statfs.get(JAVA_LONG, 8),
          statfs.get(JAVA_LONG, 16),
          statfs.get(JAVA_LONG, 24),
          statfs.get(JAVA_LONG, 32),
          statfs.get(JAVA_LONG, 40),
          statfs.get(JAVA_LONG, 48),
          (int) statfs.get(JAVA_LONG, 64));
    }
  }
}
