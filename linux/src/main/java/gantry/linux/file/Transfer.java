package gantry.linux.file;

import static gantry.linux.SyscallException.check;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.util.OptionalLong;

/// Bytes from one open file to another that never come into this process. Positions are those of
/// the files. Counts are in bytes; 0 means the end of the source.
public final class Transfer {
  /// Take pages rather than copy them, where the kernel can: a wish. linux/splice.h
  private static final int SPLICE_F_MOVE = 1;

  private static final int SPLICE_F_NONBLOCK = 2;
  private static final long MAX = 0x7FFFF000; // MAX_RW_COUNT, linux/fs.h

  private Transfer() {}

  /// Moves up to `max` bytes between two files of which one is a pipe; waits for bytes and for room
  /// as these do. The bytes are in the target as they leave the source, also if the process is
  /// killed.
  public static long splice(Fd from, Fd to, long max) {
    long result = splice(from, to, max, SPLICE_F_MOVE);
    return result >= 0 ? result : check(result, "splice", operand(from, to));
  }

  /// As [#splice] without waiting for the pipe: empty if there is nothing or no room now.
  ///
  /// A source that is no pipe (a terminal, a socket) waits unless it is `O_NONBLOCK` itself.
  public static OptionalLong trySplice(Fd from, Fd to, long max) {
    long result = splice(from, to, max, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    return unlessAgain(result, "splice", from, to);
  }

  private static long splice(Fd from, Fd to, long max, int flags) {
    try (Frame frame = Frame.open()) {
      return frame.repeat(Sys.SPLICE, from.value(), 0, to.value(), 0, max, flags);
    }
  }

  /// Copies up to `max` bytes from a pipe to another pipe and leaves them in the first: empty if
  /// there is nothing or no room now.
  public static OptionalLong tryTee(Fd from, Fd to, long max) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.TEE, from.value(), to.value(), max, SPLICE_F_NONBLOCK);
      return unlessAgain(result, "tee", from, to);
    }
  }

  /// Copies up to `max` bytes from a regular file to any file (sendfile(2)).
  public static long sendFile(Fd from, Fd to, long max) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.SENDFILE, to.value(), from.value(), 0, max);
      return result >= 0 ? result : check(result, "sendfile", operand(from, to));
    }
  }

  /// Copies `sizeBytes`, or up to the source's end, between two regular files; returns how many.
  /// Blocks are shared where the file system can (reflinks), else copied inside of the kernel.
  public static long copy(Fd from, Fd to, long sizeBytes) {
    long copied = 0;
    while (copied < sizeBytes) {
      long count = copySome(from, to, Math.min(sizeBytes - copied, MAX));
      if (count == 0) {
        break;
      }
      copied += count;
    }
    return copied;
  }

  private static long copySome(Fd from, Fd to, long max) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.COPY_FILE_RANGE, from.value(), 0, to.value(), 0, max, 0);
      if (refusesRange(result)) {
        return sendFile(from, to, max);
      }
      return result >= 0 ? result : check(result, "copy_file_range", operand(from, to));
    }
  }

  /// Other file systems, an `O_APPEND` target, special files, old FUSE servers.
  private static boolean refusesRange(long result) {
    return switch (Errno.of((int) -result)) {
      case EXDEV, EINVAL, EOPNOTSUPP, ENOSYS, EBADF -> true;
      default -> false;
    };
  }

  private static OptionalLong unlessAgain(long result, String call, Fd from, Fd to) {
    return result == -Errno.EAGAIN.number()
        ? OptionalLong.empty()
        : OptionalLong.of(result >= 0 ? result : check(result, call, operand(from, to)));
  }

  private static String operand(Fd from, Fd to) {
    return from.procPath() + " to " + to.procPath();
  }
}
