package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Pipe;
import gantry.linux.process.PidFd;
import gantry.linux.process.Signal;
import gantry.linux.process.Spawn;
import gantry.linux.socket.UnixSocket;
import gantry.runtime.ProcessRecord;
import gantry.runtime.Stdio;
import gantry.runtime.StdioSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The two sides of a process's stdio and of its monitor's sync pipe, between their making and the
/// spawn: what the stage gets, and what stays here.
final class Channels implements AutoCloseable {
  private final Map<Integer, OwnedFd> theirs = new HashMap<>();
  // Several may read it: whoever is woken for a byte that another has taken must not wait for more.
  private final Pipe sync = Pipe.openNonBlocking();
  private final Optional<OwnedFd> stdin;
  private final OwnedFd out;
  private final OwnedFd error;
  private final Optional<OwnedFd> terminal;
  private Optional<OwnedFd> adopted = Optional.empty();
  private boolean released;

  Channels(StdioSpec spec) {
    theirs.put(Descriptors.SYNC, sync.writeEnd());
    Pipe first = Pipe.open();
    Pipe second = spec instanceof StdioSpec.Pipes ? Pipe.open() : first;
    if (spec instanceof StdioSpec.Pipes(boolean wanted)) {
      stdin = wanted ? Optional.of(stdinPipe()) : Optional.empty();
      theirs.put(Descriptors.STDOUT, first.writeEnd());
      theirs.put(Descriptors.STDERR, second.writeEnd());
      out = first.readEnd();
      error = second.readEnd();
      terminal = Optional.empty();
    } else {
      stdin = Optional.empty();
      out = first.writeEnd();
      error = first.readEnd();
      theirs.put(Descriptors.STDOUT, nullDevice());
      theirs.put(Descriptors.STDERR, nullDevice());
      UnixSocket.Pair pair = UnixSocket.pair();
      theirs.put(Descriptors.TERMINAL, pair.one());
      terminal = Optional.of(pair.other());
    }
    if (stdin.isEmpty()) {
      theirs.put(Descriptors.STDIN, nullDevice());
    }
  }

  private OwnedFd stdinPipe() {
    Pipe pipe = Pipe.open();
    theirs.put(Descriptors.STDIN, pipe.readEnd());
    return pipe.writeEnd();
  }

  private static OwnedFd nullDevice() {
    return At.open(Fd.CWD, "/dev/null", OpenFlags.O_RDWR);
  }

  /// Gives the stage its side, and copies of ours for the monitor.
  void addTo(Spawn spawn) {
    theirs.forEach(spawn::descriptor);
    stdin.ifPresent(fd -> spawn.descriptor(Descriptors.OUR_STDIN, fd));
    spawn.descriptor(Descriptors.OUR_STDOUT, out);
    spawn.descriptor(Descriptors.OUR_STDERR, error);
  }

  /// After the spawn: the stage alone has its side now, so that the ends of pipes mean what they
  /// say.
  void closeTheirs() {
    theirs.values().forEach(OwnedFd::close);
  }

  /// Where the stage's word comes from.
  OwnedFd sync() {
    return sync.readEnd();
  }

  /// Takes over the master of a terminal that was opened elsewhere, and gives the monitor a copy;
  /// returns when it has it, which closes the socket's other end.
  void adopt(OwnedFd master, PidFd monitor, EventLoop loop) {
    adopted = Optional.of(master);
    OwnedFd socket = terminal.orElseThrow();
    try {
      UnixSocket.send(socket, new byte[1], List.of(master));
      monitor.signal(Signal.USR1);
      loop.whenReady(socket, Readiness.READABLE).join();
    } catch (SyscallException e) {
      if (!e.is(Errno.EPIPE)) { // all has ended: there is no monitor that could keep it
        throw e;
      }
    }
  }

  /// Gives our side away, once the command is executing: a terminal's master came before that.
  Stdio release() {
    Stdio stdio =
        terminal.isPresent()
            ? new Stdio.Terminal(adopted.orElseGet(() -> master(terminal.get())), out, error)
            : new Stdio.Pipes(stdin, out, error);
    released = true;
    return stdio;
  }

  private static OwnedFd master(OwnedFd socket) {
    return UnixSocket.receive(socket, 1).descriptors().getFirst();
  }

  ProcessRecord.StdioNumbers numbers(Optional<Integer> terminal) {
    return terminal.isPresent()
        ? new ProcessRecord.StdioNumbers(
            true, terminal.get(), Descriptors.OUR_STDOUT, Descriptors.OUR_STDERR)
        : new ProcessRecord.StdioNumbers(
            false,
            stdin.isPresent() ? Descriptors.OUR_STDIN : -1,
            Descriptors.OUR_STDOUT,
            Descriptors.OUR_STDERR);
  }

  /// Closes what was not given away.
  @Override
  public void close() {
    closeTheirs();
    terminal.ifPresent(OwnedFd::close);
    if (!released) {
      sync.readEnd().close();
      stdin.ifPresent(OwnedFd::close);
      out.close();
      error.close();
      adopted.ifPresent(OwnedFd::close);
    }
  }
}
