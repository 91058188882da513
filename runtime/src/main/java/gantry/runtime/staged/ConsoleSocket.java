package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.At;
import gantry.linux.socket.UnixSocket;
import gantry.runtime.LaunchException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The socket at which an OCI runtime delivers the terminal that it has made for a process: its
/// `--console-socket`.
final class ConsoleSocket implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String NAME = "console";

  private final OwnedFd directory;
  private final OwnedFd listening;

  private ConsoleSocket(OwnedFd directory, OwnedFd listening) {
    this.directory = directory;
    this.listening = listening;
  }

  /// Listens in `directory`, which may lie deeper than a socket's address is long.
  static ConsoleSocket listen(Path directory) {
    OwnedFd opened = At.openDirectory(Fd.CWD, directory.toString());
    try {
      return new ConsoleSocket(opened, UnixSocket.listen(path(opened)));
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /// Where other programs find it.
  String path() {
    return path(directory);
  }

  private static String path(Fd directory) {
    return "/proc/%d/fd/%d/%s".formatted(ProcessHandle.current().pid(), directory.value(), NAME);
  }

  /// The terminal's master. The runtime has ended: what it sent lies here already.
  OwnedFd master(EventLoop loop) {
    await(loop, listening);
    try (OwnedFd connection = UnixSocket.accept(listening)) {
      await(loop, connection);
      List<OwnedFd> sent = UnixSocket.receive(connection, 4096).descriptors();
      if (sent.size() == 1) {
        return sent.getFirst();
      }
      sent.forEach(OwnedFd::close);
      throw new LaunchException(
          LaunchException.Kind.SYSTEM,
          "the runtime delivered %d descriptors as the terminal".formatted(sent.size()),
          Errno.UNKNOWN);
    }
  }

  private static void await(EventLoop loop, Fd fd) {
    loop.whenReady(fd, Readiness.READABLE).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    listening.close();
    At.unlinkIfExists(directory, NAME);
    directory.close();
  }
}
