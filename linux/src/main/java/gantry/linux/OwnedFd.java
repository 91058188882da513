package gantry.linux;

import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.util.concurrent.atomic.AtomicInteger;

/// A file descriptor with one owner, who closes it. Every descriptor that this module opens is
/// close-on-exec.
///
/// Closing twice is harmless, use after close throws. The number may be used by many threads, but
/// the owner must not close while a call of another thread is under way: the kernel would give the
/// number to the next file opened.
public final class OwnedFd implements Fd, AutoCloseable {
  private static final int CLOSED = -1;

  private final AtomicInteger fd;

  private OwnedFd(int fd) {
    this.fd = new AtomicInteger(fd);
  }

  /// Takes ownership of an open descriptor.
  public static OwnedFd adopt(int fd) {
    if (fd < 0) {
      throw new IllegalArgumentException("a descriptor is not negative, got " + fd);
    }
    return new OwnedFd(fd);
  }

  /// Takes ownership of a call's result, or throws what it says in place of a descriptor.
  public static OwnedFd adopt(long result, String call, String operand) {
    return new OwnedFd((int) SyscallException.check(result, call, operand));
  }

  @Override
  public int value() {
    int value = fd.get();
    if (value == CLOSED) {
      throw new IllegalStateException("descriptor is closed");
    }
    return value;
  }

  /// Whether [#close] or [#release] happened.
  public boolean closed() {
    return fd.get() == CLOSED;
  }

  /// Gives ownership away: the caller closes the number from now on, this object counts as closed.
  public int release() {
    int value = fd.getAndSet(CLOSED);
    if (value == CLOSED) {
      throw new IllegalStateException("descriptor is closed");
    }
    return value;
  }

  /// A second descriptor for the same open file. See fcntl(2), `F_DUPFD_CLOEXEC`.
  public OwnedFd duplicate() {
    try (Frame frame = Frame.open()) {
      return adopt(frame.call(Sys.FCNTL, value(), F_DUPFD_CLOEXEC, 0), "fcntl", "F_DUPFD_CLOEXEC");
    }
  }

  /// Closes the descriptor. What close(2) may report (a delayed write error on a network file
  /// system) is not reported here: who cares calls fsync first.
  @Override
  public void close() {
    int value = fd.getAndSet(CLOSED);
    if (value == CLOSED) {
      return;
    }
    try (Frame frame = Frame.open()) {
      frame.call(Sys.CLOSE, value);
    }
  }

  @Override
  public String toString() {
    int value = fd.get();
    return value == CLOSED ? "fd closed" : "fd " + value;
  }

  private static final int F_DUPFD_CLOEXEC = 1030; // linux/fcntl.h
}
