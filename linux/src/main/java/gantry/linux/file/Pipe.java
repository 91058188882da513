package gantry.linux.file;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;

/// A pipe: what is written to one end is read from the other, in order. The owner closes both;
/// either can be closed before.
///
/// @param readEnd where bytes come out
/// @param writeEnd where they go in
public record Pipe(OwnedFd readEnd, OwnedFd writeEnd) implements AutoCloseable {
  private static final int F_SETPIPE_SZ = 1031; // linux/fcntl.h
  private static final int F_GETPIPE_SZ = 1032;
  private static final int FIONREAD = 0x541B; // asm-generic/ioctls.h

  /// A pipe whose ends wait.
  public static Pipe open() {
    return open(0);
  }

  /// A pipe both ends of which answer `EAGAIN` rather than wait. The flag is of the open end: who
  /// inherits it has it.
  public static Pipe openNonBlocking() {
    return open(OpenFlags.O_NONBLOCK);
  }

  private static Pipe open(int flags) {
    try (Frame frame = Frame.open()) {
      MemorySegment ends = frame.uninitialised(8);
      check(frame.call(Sys.PIPE2, ends.address(), flags | OpenFlags.O_CLOEXEC), "pipe2", "");
      return new Pipe(OwnedFd.adopt(ends.get(JAVA_INT, 0)), OwnedFd.adopt(ends.get(JAVA_INT, 4)));
    }
  }

  /// Sets how many bytes a pipe holds, rounded up by the kernel to a power of two; returns what it
  /// became. Beyond `/proc/sys/fs/pipe-max-size` it needs `CAP_SYS_RESOURCE`.
  public static int resize(Fd end, int sizeBytes) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.FCNTL, end.value(), F_SETPIPE_SZ, sizeBytes);
      return (int) check(result, "fcntl", "F_SETPIPE_SZ");
    }
  }

  /// How many bytes a pipe can hold.
  public static int capacity(Fd end) {
    try (Frame frame = Frame.open()) {
      return (int) check(frame.call(Sys.FCNTL, end.value(), F_GETPIPE_SZ), "fcntl", "F_GETPIPE_SZ");
    }
  }

  /// How many bytes can be read at once from a pipe, terminal or socket.
  public static int readable(Fd end) {
    try (Frame frame = Frame.open()) {
      MemorySegment count = frame.allocate(4);
      check(frame.call(Sys.IOCTL, end.value(), FIONREAD, count.address()), "ioctl", "FIONREAD");
      return count.get(JAVA_INT, 0);
    }
  }

  @Override
  public void close() {
    readEnd.close();
    writeEnd.close();
  }
}
