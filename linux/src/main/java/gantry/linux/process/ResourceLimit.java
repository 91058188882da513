package gantry.linux.process;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;

/// What a process may use of something. See prlimit(2).
public enum ResourceLimit {
  CPU(0),
  FSIZE(1),
  DATA(2),
  STACK(3),
  CORE(4),
  RSS(5),
  NPROC(6),
  NOFILE(7),
  MEMLOCK(8),
  AS(9),
  LOCKS(10),
  SIGPENDING(11),
  MSGQUEUE(12),
  NICE(13),
  RTPRIO(14),
  RTTIME(15);

  /// No limit: `RLIM_INFINITY`, the largest unsigned number.
  public static final long UNLIMITED = -1;

  /// A limit.
  ///
  /// @param soft what counts, unsigned
  /// @param hard how far the process itself may raise it, unsigned
  public record Bounds(long soft, long hard) {}

  private final int number;

  ResourceLimit(int number) {
    this.number = number;
  }

  /// The number, `RLIMIT_…` of asm-generic/resource.h.
  public int number() {
    return number;
  }

  /// The limit of a process; 0 means this one.
  public Bounds of(int pid) {
    try (Frame frame = Frame.open()) {
      MemorySegment old = frame.allocate(16);
      check(frame.call(Sys.PRLIMIT64, pid, number(), 0, old.address()), "prlimit64", name());
      return new Bounds(old.get(JAVA_LONG, 0), old.get(JAVA_LONG, 8));
    }
  }

  /// Sets the limit of a process; 0 means this one. Raising the hard one needs `CAP_SYS_RESOURCE`.
  public void set(int pid, Bounds bounds) {
    try (Frame frame = Frame.open()) {
      MemorySegment limit = frame.allocate(16);
      limit.set(JAVA_LONG, 0, bounds.soft());
      limit.set(JAVA_LONG, 8, bounds.hard());
      check(frame.call(Sys.PRLIMIT64, pid, number(), limit.address(), 0), "prlimit64", name());
    }
  }
}
