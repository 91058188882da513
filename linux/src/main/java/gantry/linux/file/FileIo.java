package gantry.linux.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;

/// Bytes in and out of open files. Counts are in bytes; a count of 0 from a read means the end.
/// Arrays go in pieces of 16 KiB at most, native memory as the caller wants it.
///
/// These calls block as the file does: regular files hardly, pipes and sockets until there is
/// something, unless they are `O_NONBLOCK`, where the `try…` methods answer empty and the others
/// throw `EAGAIN`. On a virtual thread a call that blocks holds its carrier.
public final class FileIo {
  // Fits into a frame and the processor's nearest cache: four such calls cost less than one of 64
  // KiB with memory made
  // and zeroed for it. Who moves much data has native memory.
  private static final int CHUNK = 16 * 1024 - 64;

  private FileIo() {}

  /// Reads up to `length` bytes, returns how many; 0 at the end.
  public static int read(Fd file, byte[] target, int offset, int length) {
    return (int) check(readAt(Sys.READ, file, target, offset, length, 0), "read", file);
  }

  /// As above into native memory, without a copy.
  public static long read(Fd file, MemorySegment target) {
    return check(transfer(Sys.READ, file, target, 0), "read", file);
  }

  /// As above from a position, leaving the file's own where it is.
  public static int pread(Fd file, byte[] target, int offset, int length, long position) {
    return (int)
        check(readAt(Sys.PREAD64, file, target, offset, length, position), "pread64", file);
  }

  /// As above into native memory, without a copy.
  public static long pread(Fd file, MemorySegment target, long position) {
    return check(transfer(Sys.PREAD64, file, target, position), "pread64", file);
  }

  /// Reads what a non-blocking file has: the count, 0 at the end, empty if there is nothing now.
  public static OptionalInt tryRead(Fd file, MemorySegment target) {
    return unlessAgain(transfer(Sys.READ, file, target, 0), "read", file);
  }

  /// As above into an array, up to `length` bytes.
  public static OptionalInt tryRead(Fd file, byte[] target, int offset, int length) {
    return unlessAgain(readAt(Sys.READ, file, target, offset, length, 0), "read", file);
  }

  /// Reads until the end, at most `limit` bytes; what is beyond the limit stays unread. The file
  /// may be one of those in /proc whose size is not known before.
  public static byte[] readAll(Fd file, int limit) {
    byte[] bytes = new byte[Math.min(limit, 4096)];
    int length = 0;
    while (true) {
      int count = length == limit ? 0 : read(file, bytes, length, bytes.length - length);
      if (count == 0) {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
      }
      length += count;
      if (length == bytes.length && length < limit) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(limit, length * 2L));
      }
    }
  }

  /// Writes up to `length` bytes, returns how many.
  public static int write(Fd file, byte[] source, int offset, int length) {
    return (int) check(writeAt(Sys.WRITE, file, source, offset, length, 0), "write", file);
  }

  /// As above from native memory, without a copy.
  public static long write(Fd file, MemorySegment source) {
    return check(transfer(Sys.WRITE, file, source, 0), "write", file);
  }

  /// As above at a position, leaving the file's own where it is.
  public static int pwrite(Fd file, byte[] source, int offset, int length, long position) {
    return (int)
        check(writeAt(Sys.PWRITE64, file, source, offset, length, position), "pwrite64", file);
  }

  /// As above from native memory, without a copy.
  public static long pwrite(Fd file, MemorySegment source, long position) {
    return check(transfer(Sys.PWRITE64, file, source, position), "pwrite64", file);
  }

  /// Writes what a non-blocking file takes: the count, empty if it takes nothing now.
  public static OptionalInt tryWrite(Fd file, MemorySegment source) {
    return unlessAgain(transfer(Sys.WRITE, file, source, 0), "write", file);
  }

  /// Writes all of it, in as many calls as it takes.
  public static void writeFully(Fd file, byte[] source) {
    int written = 0;
    while (written < source.length) {
      written += write(file, source, written, source.length - written);
    }
  }

  /// As above from native memory.
  public static void writeFully(Fd file, MemorySegment source) {
    long written = 0;
    while (written < source.byteSize()) {
      written += write(file, source.asSlice(written));
    }
  }

  /// Writes all of it from a position on.
  public static void pwriteFully(Fd file, byte[] source, long position) {
    int written = 0;
    while (written < source.length) {
      written += pwrite(file, source, written, source.length - written, position + written);
    }
  }

  private static long readAt(
      int call, Fd file, byte[] target, int offset, int length, long position) {
    Objects.checkFromIndexSize(offset, length, target.length);
    try (Frame frame = Frame.open()) {
      MemorySegment buffer = frame.uninitialised(Math.min(length, CHUNK));
      long count = transfer(frame, call, file, buffer, position);
      if (count > 0) {
        MemorySegment.copy(buffer, JAVA_BYTE, 0, target, offset, (int) count);
      }
      return count;
    }
  }

  private static long writeAt(
      int call, Fd file, byte[] source, int offset, int length, long position) {
    Objects.checkFromIndexSize(offset, length, source.length);
    try (Frame frame = Frame.open()) {
      MemorySegment buffer = frame.uninitialised(Math.min(length, CHUNK));
      MemorySegment.copy(source, offset, buffer, JAVA_BYTE, 0, (int) buffer.byteSize());
      return transfer(frame, call, file, buffer, position);
    }
  }

  private static long check(long result, String call, Fd file) {
    return result >= 0 ? result : SyscallException.check(result, call, file.procPath());
  }

  private static long transfer(int call, Fd file, MemorySegment memory, long position) {
    try (Frame frame = Frame.open()) {
      return transfer(frame, call, file, memory, position);
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  /// The four calls have the same arguments, but that read and write ignore the last.
  private static long transfer(
      Frame frame, int call, Fd file, MemorySegment memory, long position) {
    return frame.repeat(call, file.value(), Frame.address(memory), memory.byteSize(), position);
  }

  private static OptionalInt unlessAgain(long result, String call, Fd file) {
    return result == -Errno.EAGAIN.number()
        ? OptionalInt.empty()
        : OptionalInt.of((int) check(result, call, file));
  }
}
