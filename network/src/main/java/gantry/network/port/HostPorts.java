package gantry.network.port;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.socket.InetSocket;
import gantry.network.IpAddress;
import gantry.network.NamespaceWork;
import gantry.network.NetworkException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// Ports of the host that are held for containers: each by a socket that is bound and takes
/// nothing, so that a program of the host that wants the port hears that it is taken, and so do we.
///
/// Thread-safe.
final class HostPorts {
  private static final Path RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

  private final NamespaceWork host;
  private final Map<Key, Held> held = new HashMap<>(); // guarded by this
  private int next; // guarded by this

  private record Key(Protocol protocol, int port) {}

  /// Who has a port, at which addresses.
  private record Held(Map<IpAddress, Holding> at) {}

  private record Holding(String containerId, Optional<OwnedFd> socket) {}

  HostPorts(NamespaceWork host) {
    this.host = host;
  }

  /// Holds one port of a range at all of these addresses, and returns it.
  ///
  /// @throws TakenException when there is none
  synchronized int hold(
      String containerId, Protocol protocol, List<IpAddress> addresses, PortRange range)
      throws TakenException {
    PortRange candidates = range.any() ? ephemeral() : range;
    int count = candidates.last() - candidates.first() + 1;
    int start = range.any() ? random(count) : 0;
    for (int i = 0; i < count; i++) {
      int port = candidates.first() + (start + i) % count;
      try {
        hold(containerId, protocol, addresses, port);
        next = range.any() ? start + i + 1 : next;
        return port;
      } catch (TakenException e) {
        if (range.single()) {
          throw e.containerId().isPresent() ? e : named(e, protocol, addresses, port);
        }
      }
    }
    throw new TakenException(
        "Bind for %s failed: all ports are allocated"
            .formatted(at(addresses.getFirst(), candidates.toString())));
  }

  /// The same with the process that has the port, where it can be told.
  private TakenException named(
      TakenException failure, Protocol protocol, List<IpAddress> addresses, int port) {
    Optional<String> process =
        host.call(
            () ->
                addresses.stream()
                    .flatMap(address -> PortHolder.find(protocol, address, port).stream())
                    .findFirst());
    return process.isEmpty()
        ? failure
        : new TakenException(failure.getMessage() + ": " + process.get() + " has it");
  }

  /// One after the other, so that a port that was given back is not another's at once.
  private int random(int count) {
    if (next == 0) {
      next = ThreadLocalRandom.current().nextInt(count);
    }
    return next % count;
  }

  private void hold(String containerId, Protocol protocol, List<IpAddress> addresses, int port)
      throws TakenException {
    List<IpAddress> done = new ArrayList<>();
    try {
      for (IpAddress address : addresses) {
        holdOne(containerId, protocol, address, port);
        done.add(address);
      }
    } catch (TakenException | RuntimeException e) {
      done.forEach(address -> release(protocol, address, port));
      throw e;
    }
  }

  private void holdOne(String containerId, Protocol protocol, IpAddress address, int port)
      throws TakenException {
    Optional<String> other = holder(protocol, address, port);
    if (other.isPresent()) {
      throw new TakenException(
          "Bind for %s failed: port is already allocated".formatted(at(address, "" + port)),
          other.get());
    }
    Optional<OwnedFd> socket = bind(protocol, address, port);
    held.computeIfAbsent(new Key(protocol, port), _ -> new Held(new HashMap<>()))
        .at
        .put(address, new Holding(containerId, socket));
  }

  /// The container that has the port at this address; all addresses of a family are also this one.
  private Optional<String> holder(Protocol protocol, IpAddress address, int port) {
    Held at = held.get(new Key(protocol, port));
    return at == null
        ? Optional.empty()
        : at.at.entrySet().stream()
            .filter(entry -> overlap(entry.getKey(), address))
            .map(entry -> entry.getValue().containerId)
            .findFirst();
  }

  private static boolean overlap(IpAddress one, IpAddress other) {
    return one.ipv6() == other.ipv6()
        && (one.equals(other) || PublishedPort.everywhere(one) || PublishedPort.everywhere(other));
  }

  private Optional<OwnedFd> bind(Protocol protocol, IpAddress address, int port)
      throws TakenException {
    try {
      InetSocketAddress at = new InetSocketAddress(address.inet(), port);
      return Optional.of(host.call(() -> InetSocket.reserve(protocol.socket(), at)));
    } catch (SyscallException e) {
      if (e.is(Errno.EPROTONOSUPPORT) || e.is(Errno.ESOCKTNOSUPPORT)) {
        return Optional.empty(); // then no program of the host can have it either
      }
      if (e.is(Errno.EADDRINUSE)) {
        throw new TakenException(
            "failed to bind host port %s/%s: address already in use"
                .formatted(at(address, "" + port), protocol));
      }
      throw new NetworkException(
          NetworkException.Kind.FAILED,
          "failed to bind host port %s/%s: %s"
              .formatted(
                  at(address, "" + port),
                  protocol,
                  e.is(Errno.EADDRNOTAVAIL)
                      ? "cannot assign requested address: this host does not have it"
                      : e.errno()));
    }
  }

  /// Gives a port back; harmless when it is not held.
  synchronized void release(Protocol protocol, IpAddress address, int port) {
    Key key = new Key(protocol, port);
    Held at = held.get(key);
    if (at == null) {
      return;
    }
    Holding holding = at.at.remove(address);
    if (holding != null) {
      holding.socket.ifPresent(OwnedFd::close);
    }
    if (at.at.isEmpty()) {
      held.remove(key);
    }
  }

  /// Closes all sockets: the ports are nobody's any more.
  synchronized void close() {
    held.values()
        .forEach(at -> at.at.values().forEach(holding -> holding.socket.ifPresent(OwnedFd::close)));
    held.clear();
  }

  private PortRange ephemeral() {
    return host.call(
        () -> {
          try (InputStream file = Files.newInputStream(RANGE)) {
            byte[] bytes = new byte[64];
            int length = file.read(bytes); // at once, as the kernel gives it
            String text = new String(bytes, 0, Math.max(length, 0), StandardCharsets.US_ASCII);
            String[] range = text.strip().split("\\s+", -1);
            return new PortRange(Integer.parseInt(range[0]), Integer.parseInt(range[1]));
          }
        });
  }

  private static String at(IpAddress address, String port) {
    return (address.ipv6() ? "[" + address + "]" : address.toString()) + ":" + port;
  }
}
