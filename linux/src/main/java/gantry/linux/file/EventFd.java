package gantry.linux.file;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;

/// A counter that is a descriptor (eventfd(2)): readable while it is not zero. Never waits.
public final class EventFd implements Fd, AutoCloseable {
  private static final int CLOEXEC_NONBLOCK = 0x80000 | 0x800; // EFD_CLOEXEC | EFD_NONBLOCK

  private final OwnedFd fd;

  private EventFd(OwnedFd fd) {
    this.fd = fd;
  }

  /// A counter at zero.
  public static EventFd open() {
    try (Frame frame = Frame.open()) {
      return new EventFd(
          OwnedFd.adopt(frame.call(Sys.EVENTFD2, 0, CLOEXEC_NONBLOCK), "eventfd2", ""));
    }
  }

  /// Adds one.
  public void signal() {
    transfer(Sys.WRITE, "write", 1);
  }

  /// Sets the counter back to zero and returns what it was.
  public long drain() {
    return transfer(Sys.READ, "read", 0);
  }

  private long transfer(int call, String name, long value) {
    try (Frame frame = Frame.open()) {
      MemorySegment counter = frame.uninitialised(8);
      counter.set(JAVA_LONG, 0, value);
      long result = frame.repeat(call, fd.value(), counter.address(), 8, 0);
      if (result < 0 && result != -Errno.EAGAIN.number()) { // EAGAIN: full, or zero already
        SyscallException.check(result, name, "eventfd");
      }
      return counter.get(JAVA_LONG, 0);
    }
  }

  @Override
  public int value() {
    return fd.value();
  }

  /// Whether [#close] happened.
  public boolean closed() {
    return fd.closed();
  }

  @Override
  public void close() {
    fd.close();
  }
}
