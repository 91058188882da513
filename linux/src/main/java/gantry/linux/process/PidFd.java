package gantry.linux.process;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// A process held by a descriptor, which never means another one, whatever becomes of its number.
/// Readable for the event loop once the process has ended. See pidfd_open(2).
public final class PidFd implements Fd, AutoCloseable {
  private static final int P_PIDFD = 3; // linux/wait.h
  private static final int WNOHANG = 1;
  private static final int WEXITED = 4;
  private static final int SIGINFO_SIZE = 128;
  private static final int CLD_EXITED = 1; // asm-generic/siginfo.h
  private static final int CLD_DUMPED = 3;
  private static final short POLLIN = 1;
  private static final int PIDFD_SIGNAL_PROCESS_GROUP = 4; // linux/pidfd.h, since 6.9

  private final OwnedFd fd;

  private PidFd(OwnedFd fd) {
    this.fd = fd;
  }

  /// Takes ownership of a pidfd that came from elsewhere, of clone3(2) or another process.
  public static PidFd adopt(OwnedFd fd) {
    return new PidFd(fd);
  }

  /// Holds the process that has this number now. Only for one's own child that was not waited for
  /// is that sure to be the process meant; else compare [ProcessStat#startTicks] afterwards.
  public static Optional<PidFd> open(int pid) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.PIDFD_OPEN, pid, 0);
      if (result == -Errno.ESRCH.number()) {
        return Optional.empty();
      }
      return Optional.of(new PidFd(OwnedFd.adopt(result, "pidfd_open", "pid " + pid)));
    }
  }

  /// Holds the process that has this number and began at `startTicks`, empty if that one is gone.
  public static Optional<PidFd> open(int pid, long startTicks) {
    Optional<PidFd> process = open(pid);
    // After the pidfd is open: what is read now is about the process it holds, or about none.
    boolean same = ProcessStat.of(pid).filter(stat -> stat.startTicks() == startTicks).isPresent();
    if (!same) {
      process.ifPresent(PidFd::close);
      return Optional.empty();
    }
    return process;
  }

  /// Sends a signal; false if the process has ended.
  public boolean signal(Signal signal) {
    return signal(signal, 0);
  }

  /// Sends a signal to the process group that the process leads, and before Linux 6.9, which is the
  /// first to know how, to the process alone; false if none of them is left.
  public boolean signalGroup(Signal signal) {
    try {
      return signal(signal, PIDFD_SIGNAL_PROCESS_GROUP);
    } catch (SyscallException e) {
      if (e.is(Errno.EINVAL)) {
        return signal(signal);
      }
      throw e;
    }
  }

  private boolean signal(Signal signal, int flags) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.PIDFD_SEND_SIGNAL, fd.value(), signal.number(), 0, flags);
      if (result == -Errno.ESRCH.number()) {
        return false;
      }
      check(result, "pidfd_send_signal", "signal " + signal.number());
      return true;
    }
  }

  /// A copy of the descriptor that has this number in the process. Needs the right to trace it. See
  /// pidfd_getfd(2).
  public OwnedFd take(int number) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.PIDFD_GETFD, fd.value(), number, 0);
      return OwnedFd.adopt(result, "pidfd_getfd", "descriptor " + number);
    }
  }

  /// Whether the process has ended, be it waited for or not, and whosever child it is.
  public boolean ended() {
    try (Frame frame = Frame.open()) {
      MemorySegment poll = frame.allocate(8); // struct pollfd
      poll.set(JAVA_INT, 0, fd.value());
      poll.set(JAVA_SHORT, 4, POLLIN);
      MemorySegment now = frame.allocate(16);
      long result = frame.repeat(Sys.PPOLL, poll.address(), 1, now.address(), 0, 8, 0);
      return check(result, "ppoll", "pidfd") > 0;
    }
  }

  /// How this child ended, if it did: reaps it, so the answer comes once. `ECHILD` if it is no
  /// child of this process, or was reaped. Never waits.
  public Optional<ExitStatus> reap() {
    return waitid(WNOHANG);
  }

  /// Waits until this child ends, and reaps it. On a platform thread only; see the event loop for
  /// the other way.
  public ExitStatus await() {
    return waitid(0).orElseThrow();
  }

  private Optional<ExitStatus> waitid(int options) {
    try (Frame frame = Frame.open()) {
      MemorySegment info = frame.allocate(SIGINFO_SIZE);
      long result =
          frame.repeat(Sys.WAITID, P_PIDFD, fd.value(), info.address(), WEXITED | options, 0, 0);
      check(result, "waitid", "pidfd");
      boolean none = info.get(JAVA_INT, 16) == 0; // si_pid
      return none
          ? Optional.empty()
          : Optional.of(status(info.get(JAVA_INT, 8), info.get(JAVA_INT, 24)));
    }
  }

  private static ExitStatus status(int code, int status) {
    return code == CLD_EXITED
        ? new ExitStatus.Exited(status & 0xFF)
        : new ExitStatus.Signalled(new Signal(status), code == CLD_DUMPED);
  }

  @Override
  public int value() {
    return fd.value();
  }

  @Override
  public void close() {
    fd.close();
  }
}
