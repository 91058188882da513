package gantry.network.dns;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.event.Registration;
import gantry.linux.event.Trigger;
import gantry.linux.file.At;
import gantry.linux.nftables.Nftables;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.socket.InetSocket;
import gantry.network.dns.Forwarder.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;

/// Where one container reaches the name service: two sockets inside its network namespace, at
/// `127.0.0.11`, where nobody else can send to.
///
/// They have ports that the kernel chose, not 53, so that the container can be a name server
/// itself; a table of the packet filter in the namespace makes 53 of them on the way. It rewrites
/// single packets and follows no connections, which would cost all of the container's traffic.
///
/// When the daemon is killed its sockets are gone. The table then keeps the kernel from telling the
/// container so: a query that nobody takes is repeated after some seconds, as resolvers do when a
/// datagram is lost, and meets the next daemon's sockets.
final class Station implements AutoCloseable {
  private static final InetAddress ADDRESS = InetAddress.ofLiteral(NameService.ADDRESS);
  private static final int ANY_PORT = 0;
  private static final int MAX_QUERY = 4096;
  private static final int BURST = 32; // then others have their turn
  private static final int BACKLOG = 64;
  private static final int MAX_CONVERSATIONS = 32;

  private final EventLoop loop;
  private final OwnedFd datagrams;
  private final OwnedFd connections;
  private final Consumer<Request> requests;
  private final Deque<Conversation> conversations = new ArrayDeque<>(); // on the loop's thread
  private final Registration datagramEvents;
  private final Registration connectionEvents;
  private boolean closed; // guarded by this

  private record Sockets(OwnedFd datagrams, OwnedFd connections) {}

  private Station(EventLoop loop, Sockets sockets, Consumer<Request> requests) {
    this.loop = loop;
    this.requests = requests;
    datagrams = sockets.datagrams;
    connections = sockets.connections;
    datagramEvents =
        loop.register(datagrams, Readiness.READABLE, Trigger.LEVEL, _ -> takeDatagrams());
    connectionEvents =
        loop.register(connections, Readiness.READABLE, Trigger.LEVEL, _ -> takeConnections());
  }

  /// Opens the sockets and leads port 53 to them, also where an earlier daemon led it elsewhere.
  ///
  /// @param before where that led it: the same ports are taken, if nobody else has them by now
  /// @param requests is called on the loop's thread
  static Station open(
      EventLoop loop,
      NetworkNamespace namespace,
      Optional<Doors> before,
      Consumer<Request> requests) {
    Optional<Sockets> same =
        before
            .filter(doors -> doors.namespace() == inode(namespace))
            .flatMap(doors -> namespace.inside(() -> openAgain(doors)));
    if (same.isPresent()) {
      return new Station(loop, same.get(), requests);
    }
    Sockets sockets = namespace.inside(() -> openInside(ANY_PORT, ANY_PORT));
    try {
      String rules =
          rules(InetSocket.port(sockets.datagrams), InetSocket.port(sockets.connections));
      boolean _ = namespace.inside(() -> led(rules));
      return new Station(loop, sockets, requests);
    } catch (RuntimeException e) {
      sockets.datagrams.close();
      sockets.connections.close();
      throw e;
    }
  }

  private static long inode(NetworkNamespace namespace) {
    return At.stat(namespace.fd()).inode();
  }

  private static Optional<Sockets> openAgain(Doors doors) {
    try {
      return Optional.of(openInside(doors.datagrams(), doors.connections()));
    } catch (SyscallException e) {
      if (e.is(Errno.EADDRINUSE)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// Where it is open, for the next daemon.
  Doors doors(NetworkNamespace namespace) {
    return new Doors(inode(namespace), InetSocket.port(datagrams), InetSocket.port(connections));
  }

  private static Sockets openInside(int datagramPort, int connectionPort) {
    OwnedFd datagrams = InetSocket.datagrams(new InetSocketAddress(ADDRESS, datagramPort));
    try {
      return new Sockets(
          datagrams, InetSocket.listen(new InetSocketAddress(ADDRESS, connectionPort), BACKLOG));
    } catch (RuntimeException e) {
      datagrams.close();
      throw e;
    }
  }

  private static boolean led(String rules) {
    Nftables.runAlone(rules);
    return true;
  }

  /// What the packet filter does inside the container. Queries change behind what a filter of the
  /// container's own may look at, answers before it.
  static String rules(int datagrams, int connections) {
    return """
    add table ip gantry_names
    delete table ip gantry_names
    table ip gantry_names {
      chain queries {
        type filter hook output priority 50; policy accept;
        ip daddr %1$s udp dport 53 udp dport set %2$d
        ip daddr %1$s tcp dport 53 tcp dport set %3$d
      }
      chain answers {
        type filter hook output priority raw; policy accept;
        ip saddr != %1$s accept
        udp sport %2$d udp sport set 53
        tcp sport %3$d tcp flags == rst|ack tcp sequence 0 drop
        tcp sport %3$d tcp sport set 53
        icmp type destination-unreachable drop
      }
    }
    """
        .formatted(NameService.ADDRESS, datagrams, connections);
  }

  private void takeDatagrams() {
    for (int i = 0; i < BURST; i++) {
      Optional<InetSocket.Datagram> datagram = InetSocket.receive(datagrams, MAX_QUERY);
      if (datagram.isEmpty()) {
        return;
      }
      InetSocketAddress from = datagram.get().from();
      requests.accept(
          new Request(
              datagram.get().bytes(), Transport.DATAGRAM, answer -> sendDatagram(answer, from)));
    }
  }

  private synchronized void sendDatagram(byte[] answer, InetSocketAddress to) {
    if (!closed) {
      InetSocket.send(datagrams, answer, to);
    }
  }

  private void takeConnections() {
    Optional<OwnedFd> connection = accept();
    if (connection.isEmpty()) {
      return;
    }
    if (conversations.size() == MAX_CONVERSATIONS) {
      conversations.removeFirst().close(); // the oldest one
    }
    conversations.addLast(
        new Conversation(loop, connection.get(), MAX_QUERY, requests, conversations::remove));
  }

  /// Without descriptors left, the connection waits until there is one.
  private Optional<OwnedFd> accept() {
    try {
      return InetSocket.accept(connections);
    } catch (SyscallException e) {
      if (e.is(Errno.EMFILE) || e.is(Errno.ENFILE)) {
        Optional.ofNullable(conversations.pollFirst()).ifPresent(Conversation::close);
        return Optional.empty();
      }
      throw e;
    }
  }

  /// Lets go of the namespace, which ends when nothing else holds it.
  @Override
  public void close() {
    datagramEvents.close();
    connectionEvents.close();
    synchronized (this) {
      closed = true;
      datagrams.close();
      connections.close();
    }
    loop.execute(
        () -> {
          conversations.forEach(Conversation::close);
          conversations.clear();
        });
  }
}
