package gantry.linux.file;

import static gantry.linux.SyscallException.check;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.util.OptionalLong;

/// An open file's size, durability, locks and status flags.
public final class FileControl {
  private static final int FALLOC_FL_KEEP_SIZE = 1; // linux/falloc.h
  private static final int FALLOC_FL_PUNCH_HOLE = 2;
  private static final int LOCK_SH = 1; // asm-generic/fcntl.h
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;
  private static final int LOCK_UN = 8;
  private static final int F_GETFD = 1;
  private static final int F_SETFD = 2;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int FD_CLOEXEC = 1;
  private static final int SEEK_SET = 0; // linux/fs.h
  private static final int SEEK_CUR = 1;
  private static final int SEEK_END = 2;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private FileControl() {}

  /// Cuts or extends the file to `sizeBytes`; what is added reads as zeros and takes no space.
  public static void truncate(Fd file, long sizeBytes) {
    call(Sys.FTRUNCATE, "ftruncate", file, sizeBytes, 0, 0);
  }

  /// Reserves space from `offset` on, extending the file if need be.
  public static void allocate(Fd file, long offset, long sizeBytes) {
    call(Sys.FALLOCATE, "fallocate", file, 0, offset, sizeBytes);
  }

  /// Gives the space of a range back: it reads as zeros afterwards. The file's size stays.
  public static void punchHole(Fd file, long offset, long sizeBytes) {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    call(Sys.FALLOCATE, "fallocate", file, mode, offset, sizeBytes);
  }

  /// Makes content and metadata durable. May block for as long as the disk needs.
  public static void sync(Fd file) {
    call(Sys.FSYNC, "fsync", file, 0, 0, 0);
  }

  /// Makes content durable, and of the metadata what reading it back needs.
  public static void syncData(Fd file) {
    call(Sys.FDATASYNC, "fdatasync", file, 0, 0, 0);
  }

  /// Makes everything durable on the file system that the file is on.
  public static void syncFileSystem(Fd file) {
    call(Sys.SYNCFS, "syncfs", file, 0, 0, 0);
  }

  /// Takes a lock that only one open file has (flock(2)); false if another has it. It goes with the
  /// last descriptor.
  public static boolean tryLockExclusive(Fd file) {
    return tryLock(file, LOCK_EX);
  }

  /// Takes a lock that many open files may share; false if one has it exclusively.
  public static boolean tryLockShared(Fd file) {
    return tryLock(file, LOCK_SH);
  }

  /// As [#tryLockExclusive], but waits; on a platform thread only.
  public static void lockExclusive(Fd file) {
    call(Sys.FLOCK, "flock", file, LOCK_EX, 0, 0);
  }

  /// As [#tryLockShared], but waits; on a platform thread only, unless who has it exclusively gives
  /// it back at once.
  public static void lockShared(Fd file) {
    call(Sys.FLOCK, "flock", file, LOCK_SH, 0, 0);
  }

  /// Gives the lock back.
  public static void unlock(Fd file) {
    call(Sys.FLOCK, "flock", file, LOCK_UN, 0, 0);
  }

  private static boolean tryLock(Fd file, int kind) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.FLOCK, file.value(), kind | LOCK_NB, 0, 0);
      if (result == -Errno.EAGAIN.number()) {
        return false;
      }
      check(result, "flock", file.procPath());
      return true;
    }
  }

  /// Sets the position at which the next read or write begins.
  public static void seek(Fd file, long position) {
    call(Sys.LSEEK, "lseek", file, position, SEEK_SET, 0);
  }

  /// The position at which the next read or write begins.
  public static long position(Fd file) {
    return call(Sys.LSEEK, "lseek", file, 0, SEEK_CUR, 0);
  }

  /// Moves the position to the end, and returns it.
  public static long seekEnd(Fd file) {
    return call(Sys.LSEEK, "lseek", file, 0, SEEK_END, 0);
  }

  /// Where data begins at or after `offset`, empty if there is none up to the end. Moves the file's
  /// position.
  public static OptionalLong nextData(Fd file, long offset) {
    return find(file, offset, SEEK_DATA);
  }

  /// Where a hole begins at or after `offset`; the end of the file counts as one. Empty if `offset`
  /// is beyond it. Moves the file's position.
  public static OptionalLong nextHole(Fd file, long offset) {
    return find(file, offset, SEEK_HOLE);
  }

  private static OptionalLong find(Fd file, long offset, int whence) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.LSEEK, file.value(), offset, whence, 0);
      return result == -Errno.ENXIO.number()
          ? OptionalLong.empty()
          : OptionalLong.of(check(result, "lseek", file.procPath()));
    }
  }

  /// Makes reads and writes answer `EAGAIN` where they would block. The flag is the open file's: it
  /// changes for every process that shares it.
  public static void setNonBlocking(Fd file) {
    long flags = call(Sys.FCNTL, "fcntl", file, F_GETFL, 0, 0);
    call(Sys.FCNTL, "fcntl", file, F_SETFL, flags | OpenFlags.O_NONBLOCK, 0);
  }

  /// Makes reads and writes wait again.
  public static void setBlocking(Fd file) {
    long flags = call(Sys.FCNTL, "fcntl", file, F_GETFL, 0, 0);
    call(Sys.FCNTL, "fcntl", file, F_SETFL, flags & ~OpenFlags.O_NONBLOCK, 0);
  }

  /// The `O_` flags that the file was opened with.
  public static int flags(Fd file) {
    return (int) call(Sys.FCNTL, "fcntl", file, F_GETFL, 0, 0);
  }

  /// Makes the descriptor one that an exec closes, as all are that this module opens.
  public static void setCloseOnExec(Fd file) {
    long flags = call(Sys.FCNTL, "fcntl", file, F_GETFD, 0, 0);
    call(Sys.FCNTL, "fcntl", file, F_SETFD, flags | FD_CLOEXEC, 0);
  }

  private static long call(int number, String name, Fd file, long a, long b, long c) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(number, file.value(), a, b, c);
      return result >= 0 ? result : check(result, name, file.procPath());
    }
  }
}
