package gantry.daemon.build;

import gantry.linux.OwnedFd;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A socket of the engine's own behind which an SSH agent of a client answers, for the time of a
/// build.
///
/// A step gets this socket and never the client's: that one may be in another mount namespace,
/// where it cannot be mounted from, and its owner and permissions are not ours to change. Each
/// connection is carried to one of its own, so that the agent sees them as if the step were its
/// neighbour.
final class AgentRelay implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentRelay.class);
  private static final int CONNECTIONS = 64;
  private static final int BUFFER_BYTES = 16 << 10;

  private final OwnedFd agent;
  private final Path path;
  private final ServerSocketChannel listener;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final Semaphore room = new Semaphore(CONNECTIONS);
  private volatile boolean closed;

  private AgentRelay(OwnedFd agent, Path path, ServerSocketChannel listener) {
    this.agent = agent;
    this.path = path;
    this.listener = listener;
  }

  /// Listens at `path`, where nothing may be yet.
  ///
  /// @param agent the agent's socket file; owned from now on
  static AgentRelay open(OwnedFd agent, Path path) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    AgentRelay relay = new AgentRelay(agent, path, listener);
    try {
      listener.bind(UnixDomainSocketAddress.of(path));
    } catch (IOException | RuntimeException e) {
      relay.close();
      throw e;
    }
    var _ = Thread.ofVirtual().name("agent-relay").start(relay::serve);
    return relay;
  }

  private void serve() {
    try {
      while (true) {
        SocketChannel step = listener.accept();
        open.add(step);
        room.acquire();
        var _ = Thread.ofVirtual().name("agent").start(() -> join(step));
      }
    } catch (IOException _) {
      LOG.debug("the agent's socket {} is closed", path);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void join(SocketChannel step) {
    try (step;
        SocketChannel other = connect()) {
      open.add(other);
      if (closed) {
        return;
      }
      Thread back = Thread.ofVirtual().name("agent-back").start(() -> carry(other, step));
      carry(step, other);
      back.join();
      open.remove(other);
    } catch (IOException | IllegalStateException e) {
      LOG.debug("cannot reach a client's SSH agent: {}", e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(step);
      room.release();
    }
  }

  private SocketChannel connect() throws IOException {
    synchronized (agent) { // its number must not become another file's on the way
      return SocketChannel.open(UnixDomainSocketAddress.of(agent.procPath()));
    }
  }

  private static void carry(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      LOG.debug("a connection to a client's SSH agent ended: {}", e.getMessage());
    }
  }

  /// Ends all connections.
  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
      for (SocketChannel channel : open) {
        channel.close();
      }
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.debug("cannot close {}: {}", path, e.getMessage());
    }
    synchronized (agent) {
      agent.close();
    }
  }
}
