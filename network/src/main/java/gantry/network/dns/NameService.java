package gantry.network.dns;

import gantry.linux.event.EventLoop;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.network.NamespaceWork;
import gantry.network.dns.Forwarder.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who is called what in every network, told to the containers that are in it.
///
/// [#place] says where a container is and how it is called there, [#serve] opens the service inside
/// its network namespace. Both are for containers that run: nothing is remembered beyond this
/// object's life, and the next one is told again.
///
/// One thread waits for all containers' queries and answers from memory; what is asked of other
/// name servers waits on virtual threads, so many of them at once and no more. Thread-safe.
public final class NameService implements AutoCloseable {
  /// Where a container asks, as under Docker.
  public static final String ADDRESS = "127.0.0.11";

  private static final Logger LOG = LoggerFactory.getLogger(NameService.class);
  private static final int MAX_FORWARDED = 1024;
  private static final int MAX_FORWARDED_OF_ONE = 100; // Docker's

  private final EventLoop loop =
      EventLoop.start("name-service", e -> LOG.warn("name service: {}", e.getMessage(), e));
  private final Map<String, Zone> zones = new ConcurrentHashMap<>(); // by network id
  private final Map<String, Guest> guests = new ConcurrentHashMap<>(); // by container id
  private final Semaphore forwarded = new Semaphore(MAX_FORWARDED);
  private final HostResolvers hostResolvers;
  private final NamespaceWork host;
  private final Forwarder forwarder;
  private final Path doors;

  private NameService(
      Path resolvConf, Path doors, Optional<NetworkNamespace> host, Forwarder forwarder) {
    hostResolvers = new HostResolvers(resolvConf);
    this.doors = doors;
    this.host = new NamespaceWork(host);
    this.forwarder = forwarder;
  }

  /// A service that knows no names yet.
  ///
  /// @param resolvConf where the host's name servers are, usually `/etc/resolv.conf`
  /// @param running what is known of running containers, a folder each by its id, gone after a
  ///   reboot: where the service is open in them is written down there
  /// @param host the namespace that stands for the machine; empty for this process's own
  public static NameService open(Path resolvConf, Path running, Optional<NetworkNamespace> host) {
    return new NameService(resolvConf, running, host, new Forwarder());
  }

  /// A container's place in one network.
  ///
  /// @param network the network's name
  /// @param leadsOut whether names beyond the network may be asked for
  /// @param names the container's own first, then its short id, aliases and services
  public record Place(
      String networkId,
      String network,
      boolean leadsOut,
      List<String> names,
      List<InetAddress> addresses) {
    public Place {
      names = List.copyOf(names);
      addresses = List.copyOf(addresses);
    }
  }

  /// What one container sees.
  private static final class Guest {
    private final Semaphore forwarded = new Semaphore(MAX_FORWARDED_OF_ONE);
    private volatile List<Place> places = List.of();
    private volatile List<Zone> zones = List.of();
    private volatile List<InetAddress> servers = List.of();
    private Optional<Station> station = Optional.empty();
    private Optional<NetworkNamespace> namespace = Optional.empty();

    /// A server of its own it could as well ask itself; the host's are for those who may go out.
    private boolean leadsOut() {
      return !servers.isEmpty() || places.stream().anyMatch(Place::leadsOut);
    }

    private synchronized void hold(Station opened, Optional<NetworkNamespace> own) {
      letGo();
      station = Optional.of(opened);
      namespace = own;
    }

    private synchronized void letGo() {
      station.ifPresent(Station::close);
      station = Optional.empty();
      namespace.ifPresent(NetworkNamespace::close);
      namespace = Optional.empty();
    }

    /// A namespace of the caller's own: this one's may be closed at any time.
    private synchronized Optional<NetworkNamespace> copy() {
      return namespace.map(NetworkNamespace::copy);
    }
  }

  /// Says in which networks a container is, in place of what was said before; those first that are
  /// to answer first. Names hold from now on.
  public void place(String containerId, List<Place> places) {
    Guest guest = guests.computeIfAbsent(containerId, _ -> new Guest());
    synchronized (guest) {
      List<Place> before = guest.places;
      guest.zones = places.stream().map(place -> enter(containerId, place)).toList();
      guest.places = List.copyOf(places);
      before.stream()
          .map(Place::networkId)
          .filter(id -> places.stream().noneMatch(place -> place.networkId.equals(id)))
          .forEach(id -> leave(id, containerId));
    }
  }

  private Zone enter(String containerId, Place place) {
    Zone.Member member = new Zone.Member(containerId, place.names, place.addresses);
    return zones.compute(
        place.networkId,
        (_, known) -> {
          Zone zone = known == null ? new Zone(place.network) : known;
          zone.put(member);
          return zone;
        });
  }

  private void leave(String networkId, String containerId) {
    zones.computeIfPresent(
        networkId,
        (_, zone) -> {
          zone.remove(containerId);
          return zone.isEmpty() ? null : zone;
        });
  }

  /// Opens the service inside a container's network namespace, in place of one that was open.
  ///
  /// @param namespace stays the caller's
  /// @param servers asked for what is no name of the container's networks, from its own namespace;
  ///   none for the host's, asked from the host
  public void serve(String containerId, NetworkNamespace namespace, List<InetAddress> servers) {
    Guest guest = guests.computeIfAbsent(containerId, _ -> new Guest());
    guest.servers =
        servers.stream().filter(server -> !server.getHostAddress().equals(ADDRESS)).toList();
    Optional<Doors> before = Doors.read(doors, containerId);
    Station station = Station.open(loop, namespace, before, request -> answer(guest, request));
    note(containerId, before, station.doors(namespace));
    guest.hold(station, guest.servers.isEmpty() ? Optional.empty() : Optional.of(namespace.copy()));
  }

  private void note(String containerId, Optional<Doors> before, Doors now) {
    if (before.filter(now::equals).isEmpty()) {
      try {
        now.write(doors, containerId);
      } catch (IOException e) { // it costs the next daemon time
        LOG.debug("container {}: the ports of names are not written down", containerId, e);
      }
    }
  }

  /// Whether the service is open in a container.
  public boolean serves(String containerId) {
    Guest guest = guests.get(containerId);
    if (guest == null) {
      return false;
    }
    synchronized (guest) {
      return guest.station.isPresent();
    }
  }

  /// Forgets a container: its names are nobody's, and its namespace is let go. Harmless for one
  /// that is not known.
  public void remove(String containerId) {
    Guest guest = guests.remove(containerId);
    if (guest != null) {
      synchronized (guest) {
        guest.places.forEach(place -> leave(place.networkId, containerId));
        guest.places = List.of();
        guest.zones = List.of();
        guest.letGo();
      }
    }
  }

  /// On the loop's thread: answers from memory, or has somebody else asked.
  private void answer(Guest guest, Request request) {
    byte[] message = request.message();
    if (!Query.deservesAnswer(message)) {
      return;
    }
    Query query;
    try {
      query = Query.parse(message);
    } catch (MalformedQueryException e) {
      request.answer(Answer.failure(message, e.code()));
      return;
    }
    boolean datagram = request.transport() == Transport.DATAGRAM;
    Optional<Answer> known = Lookup.answer(query, guest.zones);
    if (known.isPresent()) {
      int limit = datagram ? Answer.limit(query) : Answer.CONNECTION;
      request.answer(known.get().bytes(limit));
    } else if (!guest.leadsOut() || !forward(guest, query, request)) {
      request.answer(Answer.failure(query, ResponseCode.SERVER_FAILURE));
    }
  }

  /// False when too many queries are under way.
  private boolean forward(Guest guest, Query query, Request request) {
    if (!guest.forwarded.tryAcquire()) {
      return false;
    }
    if (!forwarded.tryAcquire()) {
      guest.forwarded.release();
      return false;
    }
    Thread.ofVirtual()
        .name("name-query")
        .start(
            () -> {
              try {
                request.answer(askElsewhere(guest, query, request.transport()));
              } finally {
                forwarded.release();
                guest.forwarded.release();
              }
            });
    return true;
  }

  private byte[] askElsewhere(Guest guest, Query query, Transport transport) {
    int limit =
        transport == Transport.CONNECTION
            ? Answer.CONNECTION
            : Math.max(query.datagramSize().orElse(0), Answer.SMALL_DATAGRAM);
    return ask(guest, query, transport)
        .map(answer -> Answer.forwarded(query, answer, limit))
        .orElseGet(() -> Answer.failure(query, ResponseCode.SERVER_FAILURE));
  }

  private Optional<byte[]> ask(Guest guest, Query query, Transport transport) {
    List<InetAddress> own = guest.servers;
    if (own.isEmpty()) {
      return forwarder.ask(query, transport, hostResolvers.servers(), host);
    }
    Optional<NetworkNamespace> inside = guest.copy();
    if (inside.isEmpty()) {
      return Optional.empty(); // it has ended meanwhile
    }
    try (NetworkNamespace namespace = inside.get()) {
      return forwarder.ask(query, transport, own, new NamespaceWork(Optional.of(namespace)));
    }
  }

  /// Ends the service. The containers' queries wait for the next one, see [Station].
  @Override
  public void close() {
    guests.keySet().forEach(this::remove);
    CompletableFuture<Void> idle = new CompletableFuture<>();
    loop.execute(() -> idle.complete(null)); // behind what the stations had to close
    idle.join();
    loop.close();
  }
}
