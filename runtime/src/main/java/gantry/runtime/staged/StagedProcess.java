package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.event.Trigger;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.process.PidFd;
import gantry.linux.process.Signal;
import gantry.linux.terminal.Terminal;
import gantry.linux.terminal.WindowSize;
import gantry.runtime.ContainerProcess;
import gantry.runtime.Exit;
import gantry.runtime.ProcessRecord;
import gantry.runtime.Stdio;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/// A process whose parent is a monitor of ours.
///
/// It ends in this order: the kernel tells the monitor; the monitor writes the exit record, then a
/// byte into the sync pipe, then reaps; the event loop reads the record and completes [#exited].
/// The monitor itself is reaped when it has gone, which it does once all output is read.
final class StagedProcess implements ContainerProcess {
  private final ProcessRecord record;
  private final Stdio stdio;
  private final EventLoop loop;
  private final CompletableFuture<Exit> exited = new CompletableFuture<>();
  private final Optional<PidFd> monitor;

  // Guarded by this.
  private Optional<PidFd> process = Optional.empty();
  private boolean closed;

  /// Takes over `stdio` and `monitor`.
  StagedProcess(ProcessRecord record, Stdio stdio, EventLoop loop, Optional<PidFd> monitor) {
    this.record = record;
    this.stdio = stdio;
    this.loop = loop;
    this.monitor = monitor;
  }

  /// Waits for the end by the sync pipe, which is taken over.
  void watch(OwnedFd sync) {
    once(sync, () -> heard(sync));
  }

  /// Runs `action` on the event loop when `fd` is readable. An exception of it goes to the loop's
  /// owner.
  private void once(Fd fd, Runnable action) {
    loop.register(fd, Readiness.READABLE, Trigger.ONCE, readiness -> action.run());
  }

  /// On the event loop: a byte for a record, or for the start if that was not read before; nothing,
  /// because another who watches this process has read it; or the end, because the monitor is gone.
  private void heard(OwnedFd sync) {
    OptionalInt bytes = FileIo.tryRead(sync, new byte[16], 0, 16);
    Optional<Exit> exit = ExitFile.read(Path.of(record.exitRecord()), record.pid());
    boolean ended = bytes.isPresent() && bytes.getAsInt() == 0;
    if (exit.isEmpty() && !ended) {
      watch(sync);
      return;
    }
    sync.close();
    exit.ifPresentOrElse(exited::complete, this::watchOrphan);
    monitor.ifPresent(this::reapMonitor);
  }

  /// Without a monitor: nobody will know how the process ends, only that it does.
  void watchOrphan() {
    Optional<PidFd> orphan = aliveProcess();
    if (orphan.isEmpty()) {
      exited.complete(ExitFile.read(Path.of(record.exitRecord()), record.pid()).orElse(Exit.LOST));
      return;
    }
    once(orphan.get(), () -> exited.complete(Exit.LOST));
  }

  private void reapMonitor(PidFd monitor) {
    try {
      if (monitor.reap().isPresent()) {
        monitor.close();
        return;
      }
      once(monitor, () -> reapMonitor(monitor));
    } catch (SyscallException e) {
      if (!e.is(Errno.ECHILD)) {
        throw e;
      }
      monitor.close(); // an earlier program's child: its new parent reaps it
    }
  }

  /// A descriptor of the process itself, empty once it has ended. As long as the monitor lives and
  /// there is no exit record the number is its own, because the monitor records before it reaps.
  synchronized Optional<PidFd> aliveProcess() {
    if (exited.isDone() || closed) {
      return Optional.empty();
    }
    if (process.isEmpty()) {
      process = PidFd.open(record.pid());
      if (process.isPresent() && !isOurs()) {
        process.get().close();
        process = Optional.empty();
      }
    }
    return process;
  }

  /// Whether the number means our process still. Without a monitor that vouches for it, what is in
  /// the container's cgroup is the container's; of a further process nobody can tell then.
  private boolean isOurs() {
    if (ExitFile.read(Path.of(record.exitRecord()), record.pid()).isPresent()) {
      return false;
    }
    boolean vouched = monitor.filter(m -> !m.ended()).isPresent();
    return vouched || (!record.cgroup().isEmpty() && inCgroup());
  }

  private boolean inCgroup() {
    String path = "/proc/" + record.pid() + "/cgroup";
    Optional<OwnedFd> file = At.openIfExists(Fd.CWD, path, OpenFlags.O_RDONLY);
    if (file.isEmpty()) {
      return false;
    }
    try (OwnedFd open = file.get()) {
      String groups = new String(FileIo.readAll(open, 1 << 16), StandardCharsets.UTF_8);
      return groups.lines().anyMatch(line -> line.endsWith(":" + record.cgroup()));
    }
  }

  @Override
  public ProcessRecord record() {
    return record;
  }

  @Override
  public int pid() {
    return record.pid();
  }

  @Override
  public Stdio stdio() {
    return stdio;
  }

  @Override
  public CompletableFuture<Exit> exited() {
    return exited;
  }

  @Override
  public boolean signal(int number) {
    return aliveProcess().map(process -> process.signal(new Signal(number))).orElse(false);
  }

  @Override
  public void closeStdin() {
    if (stdio instanceof Stdio.Pipes(Optional<OwnedFd> stdin, OwnedFd _, OwnedFd _)
        && stdin.isPresent()
        && !stdin.get().closed()) {
      stdin.get().close();
      monitor.filter(m -> !exited.isDone()).ifPresent(m -> m.signal(Signal.USR1));
    }
  }

  @Override
  public void resize(int rows, int columns) {
    if (stdio instanceof Stdio.Terminal terminal && !terminal.master().closed()) {
      Terminal.resize(terminal.master(), new WindowSize(rows, columns));
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    process.ifPresent(PidFd::close);
    switch (stdio) {
      case Stdio.Pipes(Optional<OwnedFd> stdin, OwnedFd stdout, OwnedFd stderr) -> {
        stdin.ifPresent(OwnedFd::close);
        stdout.close();
        stderr.close();
      }
      case Stdio.Terminal(OwnedFd master, OwnedFd relayIn, OwnedFd relayOut) -> {
        master.close();
        relayIn.close();
        relayOut.close();
      }
      case Stdio.Gone() -> {}
    }
  }
}
