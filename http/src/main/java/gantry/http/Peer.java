package gantry.http;

import gantry.linux.Fd;
import gantry.linux.process.PidFd;
import gantry.linux.socket.PeerCredentials;
import gantry.linux.socket.UnixSocket;
import java.util.Optional;

/// The process at the other end of a unix socket.
///
/// @param credentials as of when it connected
/// @param process held, so that it is no other one later
public record Peer(PeerCredentials credentials, PidFd process) implements AutoCloseable {
  static Optional<Peer> of(Fd socket) {
    PeerCredentials credentials = UnixSocket.peer(socket);
    return UnixSocket.peerProcess(socket).map(process -> new Peer(credentials, process));
  }

  @Override
  public void close() {
    process.close();
  }
}
