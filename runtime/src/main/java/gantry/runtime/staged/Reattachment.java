package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.process.PidFd;
import gantry.linux.process.Signal;
import gantry.runtime.LaunchException;
import gantry.runtime.ProcessRecord;
import gantry.runtime.Stdio;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// Finds processes that an earlier program started.
final class Reattachment {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private Reattachment() {}

  static StagedProcess of(ProcessRecord record, EventLoop loop) {
    Optional<PidFd> monitor = PidFd.open(record.monitor(), record.monitorStart());
    if (monitor.isPresent()) {
      try {
        return monitored(record, loop, monitor.get());
      } catch (SyscallException e) {
        if (!e.is(Errno.ESRCH)) {
          throw e;
        }
        monitor.get().close(); // it has ended just now
      }
    }
    StagedProcess process = new StagedProcess(record, new Stdio.Gone(), loop, Optional.empty());
    process.watchOrphan();
    return process;
  }

  private static StagedProcess monitored(ProcessRecord record, EventLoop loop, PidFd monitor) {
    StagedProcess process =
        new StagedProcess(record, stdio(record.stdio(), monitor), loop, Optional.of(monitor));
    Optional<OwnedFd> sync = sync(record);
    if (sync.isPresent()) {
      process.watch(sync.get());
    } else {
      process.watchOrphan(); // ended, and recorded: the monitor waits for its output to be read
    }
    return process;
  }

  private static Stdio stdio(ProcessRecord.StdioNumbers numbers, PidFd monitor) {
    if (numbers.terminal()) {
      return new Stdio.Terminal(
          monitor.take(numbers.stdin()),
          monitor.take(numbers.stdout()),
          monitor.take(numbers.stderr()));
    }
    return new Stdio.Pipes(
        stdin(numbers, monitor), monitor.take(numbers.stdout()), monitor.take(numbers.stderr()));
  }

  /// Absent too if it was closed before.
  private static Optional<OwnedFd> stdin(ProcessRecord.StdioNumbers numbers, PidFd monitor) {
    if (numbers.stdin() < 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(monitor.take(numbers.stdin()));
    } catch (SyscallException e) {
      if (e.is(Errno.EBADF)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// A read end of the monitor's sync pipe, whose own ended with the program that had it.
  private static Optional<OwnedFd> sync(ProcessRecord record) {
    return At.openIfExists(
        Fd.CWD,
        "/proc/" + record.monitor() + "/fd/" + Descriptors.SYNC,
        OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
  }

  /// Ends a monitor that keeps output which nobody will read. A container's, whose processes are
  /// dead by now, is waited for: its mounts go with it. Not for the event loop's own thread.
  ///
  /// @throws LaunchException if it does not end
  static void endMonitor(ProcessRecord record, EventLoop loop) {
    PidFd.open(record.monitor(), record.monitorStart())
        .ifPresent(
            monitor -> {
              try (monitor) {
                monitor.signal(Signal.TERM);
                if (!record.cgroup().isEmpty()) {
                  awaitEnd(record, monitor, loop);
                }
              }
            });
  }

  private static void awaitEnd(ProcessRecord record, PidFd monitor, EventLoop loop) {
    try {
      loop.whenReady(monitor, Readiness.READABLE)
          .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      throw new LaunchException(
          LaunchException.Kind.SYSTEM,
          "the monitor of container %s, process %d, does not end: a process of the container is outside of its cgroup %s"
              .formatted(record.id(), record.monitor(), record.cgroup()),
          e);
    }
  }
}
