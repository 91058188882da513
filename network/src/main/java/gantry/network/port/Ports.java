package gantry.network.port;

import gantry.linux.SyscallException;
import gantry.linux.conntrack.Conntrack;
import gantry.linux.conntrack.Flow;
import gantry.linux.nftables.Nftables;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.network.Endpoint;
import gantry.network.EndpointListener;
import gantry.network.IpAddress;
import gantry.network.NamespaceWork;
import gantry.network.Network;
import gantry.network.NetworkConfig;
import gantry.network.NetworkException;
import gantry.network.Networks;
import gantry.network.Subnet;
import gantry.state.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The published ports of all containers.
///
/// A container's wishes are told by [#want] before it gets its place in its networks; they are
/// fulfilled in the moment in which it gets it ([EndpointListener]), or its start fails as a whole.
/// What is published is in the database and goes on through the end of the daemon: the packet
/// filter works without it, and the next one holds the same ports again and replaces the table in
/// one step ([#repair]).
///
/// A container is reached in the network that its default route of that family leads to, if that is
/// a bridge of ours. Nothing is made for ports, neither table nor device, while there are none.
/// Thread-safe.
public final class Ports implements EndpointListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ports.class);

  private static final String HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4";

  private final Networks networks;
  private final PortStore store;
  private final Function<String, String> names;
  private final NamespaceWork host;
  private final HostPorts hostPorts;
  private final RouteSocket devices;
  private final Nftables filter;
  private final Entrance entrance;
  private final PortTable table;
  private final PortTable ipv6Table;

  // Looked at by everybody, changed with this held.
  private final Map<String, List<PortRequest>> wanted = new ConcurrentHashMap<>();
  private final Map<String, Publication> publications = new ConcurrentHashMap<>();
  private boolean repaired; // guarded by this

  /// What a container has published, and where it leads; nowhere until it is told of.
  private record Publication(List<PublishedPort> ports, List<Mapping> mappings) {}

  /// Where a container is reached.
  private record Target(IpAddress address, Subnet subnet, String bridge, Endpoint endpoint) {}

  private Ports(
      NetworkConfig config,
      Networks networks,
      PortStore store,
      Function<String, String> names,
      NamespaceWork host,
      RouteSocket devices) {
    this.networks = networks;
    this.store = store;
    this.names = names;
    this.host = host;
    this.devices = devices;
    hostPorts = new HostPorts(host);
    filter = host.call(Nftables::open);
    Entrance.Devices ends = Entrance.Devices.of(config.table());
    entrance = new Entrance(host, devices, ends);
    table = new PortTable(false, config.table() + "_ports", ends);
    ipv6Table = new PortTable(true, config.table() + "_ports", ends);
    store.all().forEach((id, ports) -> publications.put(id, new Publication(ports, List.of())));
  }

  /// Ports that an earlier engine published are known, and led on when their containers are told
  /// of.
  ///
  /// @param names a container's name by its id, for error messages
  public static Ports open(
      NetworkConfig config, Networks networks, Database database, Function<String, String> names) {
    NamespaceWork host = new NamespaceWork(config.host());
    PortStore store = PortStore.open(database);
    RouteSocket devices = host.call(RouteSocket::open);
    try {
      return new Ports(config, networks, store, names, host, devices);
    } catch (RuntimeException e) {
      devices.close();
      throw e;
    }
  }

  /// Says what a container wants published from its next start on.
  public synchronized void want(String containerId, List<PortRequest> requests) {
    if (requests.isEmpty()) {
      wanted.remove(containerId);
    } else {
      wanted.put(containerId, List.copyOf(requests));
    }
  }

  /// What a container has published, sorted by its ports.
  public List<PublishedPort> published(String containerId) {
    Publication publication = publications.get(containerId);
    return publication == null
        ? List.of()
        : publication.ports.stream()
            .sorted(
                Comparator.comparingInt(PublishedPort::containerPort)
                    .thenComparing(PublishedPort::protocol)
                    .thenComparing(PublishedPort::hostAddress)
                    .thenComparingInt(PublishedPort::hostPort))
            .toList();
  }

  @Override
  public void changed(String containerId, List<Endpoint> endpoints) {
    if (publications.containsKey(containerId) || wanted.containsKey(containerId)) {
      settle(containerId, endpoints);
    } else { // and reaches what others have published
      endpoints.forEach(endpoint -> bridge(endpoint).ifPresent(this::knowBridge));
    }
  }

  private void knowBridge(String device) {
    if (!table.knows(device) || !ipv6Table.knows(device)) {
      synchronized (this) {
        table.addBridge(this::run, device);
        ipv6Table.addBridge(this::run, device);
      }
    }
  }

  private synchronized void settle(String containerId, List<Endpoint> endpoints) {
    Publication before = publications.get(containerId);
    List<PortRequest> wishes = wanted.getOrDefault(containerId, List.of());
    Optional<Target> ipv4 = target(endpoints, false);
    Optional<Target> ipv6 = target(endpoints, true);
    if (before != null && (wishes.isEmpty() || fits(before, ipv4, ipv6))) {
      lead(containerId, before, ipv4, ipv6);
    } else {
      left(containerId);
      publish(containerId, wishes, ipv4, ipv6);
    }
  }

  /// Where the default route of a family leads to, when that is by a bridge that translates.
  private Optional<Target> target(List<Endpoint> endpoints, boolean ipv6) {
    return endpoints.stream()
        .filter(endpoint -> (ipv6 ? endpoint.ipv6Gateway() : endpoint.gateway()).isPresent())
        .findFirst()
        .flatMap(
            endpoint ->
                bridge(endpoint)
                    .flatMap(
                        device ->
                            (ipv6 ? endpoint.ipv6() : endpoint.ipv4())
                                .map(
                                    own ->
                                        new Target(
                                            own.address(), own.subnet(), device, endpoint))));
  }

  private Optional<String> bridge(Endpoint endpoint) {
    return networks
        .find(endpoint.networkId())
        .filter(network -> network.driver() == Network.Driver.BRIDGE)
        .map(Network::device);
  }

  /// Whether what is published is of the families that the container has.
  private static boolean fits(
      Publication publication, Optional<Target> ipv4, Optional<Target> ipv6) {
    return publication.ports.stream()
            .allMatch(port -> (port.hostAddress().ipv6() ? ipv6 : ipv4).isPresent())
        && Stream.of(ipv4, ipv6)
            .flatMap(Optional::stream)
            .allMatch(
                target ->
                    publication.ports.stream()
                        .anyMatch(port -> port.hostAddress().ipv6() == target.address.ipv6()));
  }

  private void publish(
      String containerId, List<PortRequest> wishes, Optional<Target> ipv4, Optional<Target> ipv6) {
    if (ipv4.isEmpty() && ipv6.isEmpty()) {
      return; // in networks that lead nowhere there is nothing to publish, as under Docker
    }
    List<PublishedPort> ports = new ArrayList<>();
    try {
      for (PortRequest wish : definiteFirst(wishes)) {
        ports.addAll(hold(containerId, wish, ipv4, ipv6));
      }
      store.add(containerId, ports);
      publications.put(containerId, new Publication(List.copyOf(ports), List.of()));
      lead(containerId, publications.get(containerId), ipv4, ipv6);
    } catch (RuntimeException e) {
      ports.forEach(this::release);
      publications.remove(containerId);
      store.remove(containerId);
      throw e;
    }
  }

  /// Who wants a certain port comes before who takes any.
  private static List<PortRequest> definiteFirst(List<PortRequest> wishes) {
    return wishes.stream()
        .sorted(
            Comparator.comparingInt(
                wish -> wish.hostPorts().single() ? 0 : wish.hostPorts().any() ? 2 : 1))
        .toList();
  }

  private List<PublishedPort> hold(
      String containerId, PortRequest wish, Optional<Target> ipv4, Optional<Target> ipv6) {
    List<IpAddress> addresses = addresses(wish, ipv4, ipv6);
    try {
      int port = hostPorts.hold(containerId, wish.protocol(), addresses, wish.hostPorts());
      return addresses.stream()
          .map(address -> new PublishedPort(wish.protocol(), wish.containerPort(), address, port))
          .toList();
    } catch (TakenException e) {
      Endpoint endpoint = ipv4.or(() -> ipv6).orElseThrow().endpoint;
      String holder =
          e.containerId().map(id -> ": container '" + names.apply(id) + "' has it").orElse("");
      throw new NetworkException(
          NetworkException.Kind.FAILED,
          "driver failed programming external connectivity on endpoint %s (%s): %s%s"
              .formatted(names.apply(containerId), endpoint.id(), e.getMessage(), holder));
    }
  }

  /// Where of the host a port is published that names no address of it.
  private List<IpAddress> addresses(
      PortRequest wish, Optional<Target> ipv4, Optional<Target> ipv6) {
    if (wish.hostAddress().isPresent()) {
      IpAddress address = wish.hostAddress().get();
      if ((address.ipv6() ? ipv6 : ipv4).isEmpty()) {
        throw new NetworkException(
            NetworkException.Kind.FAILED,
            "cannot publish port %d/%s at %s: the container has no %s address in a network that leads out; enable %s there"
                .formatted(
                    wish.containerPort(),
                    wish.protocol(),
                    address,
                    address.ipv6() ? "IPv6" : "IPv4",
                    address.ipv6() ? "IPv6" : "IPv4"));
      }
      return List.of(address);
    }
    List<IpAddress> addresses = new ArrayList<>();
    ipv4.ifPresent(target -> addresses.add(standard(target)));
    ipv6.ifPresent(_ -> addresses.add(IpAddress.parse("::")));
    return addresses;
  }

  /// What the container's network says, or all addresses.
  private IpAddress standard(Target target) {
    return networks
        .find(target.endpoint.networkId())
        .map(network -> network.spec().options().get(HOST_BINDING))
        .flatMap(IpAddress::find)
        .orElseGet(() -> IpAddress.parse("0.0.0.0"));
  }

  /// Leads ports that are held to where the container is now.
  private void lead(
      String containerId, Publication publication, Optional<Target> ipv4, Optional<Target> ipv6) {
    List<Mapping> mappings = new ArrayList<>();
    for (PublishedPort port : publication.ports) {
      (port.hostAddress().ipv6() ? ipv6 : ipv4)
          .ifPresent(
              target ->
                  mappings.add(new Mapping(port, target.address, target.bridge, target.subnet)));
    }
    if (!repaired) {
      publications.put(containerId, new Publication(publication.ports, mappings));
      return; // the table is put in place of the earlier engine's when all are known
    }
    if (mappings.equals(publication.mappings)) {
      return;
    }
    Stream.of(ipv4, ipv6).flatMap(Optional::stream).forEach(this::openWay);
    publications.put(containerId, new Publication(publication.ports, mappings));
    change(table, publication.mappings, mappings, mapping -> !mapping.ipv6());
    change(ipv6Table, publication.mappings, mappings, Mapping::ipv6);
    forgetFlows(publication.mappings, mappings);
  }

  private void change(
      PortTable family, List<Mapping> gone, List<Mapping> come, Predicate<Mapping> in) {
    if (family.standing()) {
      family.change(
          this::run, gone.stream().filter(in).toList(), come.stream().filter(in).toList());
    } else if (come.stream().anyMatch(in)) {
      family.replace(this::run, bridges(), mappings(in));
    }
  }

  private List<String> bridges() {
    return networks.list().stream()
        .filter(network -> network.driver() == Network.Driver.BRIDGE)
        .map(Network::device)
        .filter(device -> !device.isEmpty())
        .toList();
  }

  private List<Mapping> mappings(Predicate<Mapping> in) {
    return publications.values().stream()
        .flatMap(publication -> publication.mappings.stream())
        .filter(in)
        .toList();
  }

  /// Sees to what the way to a container needs besides the table.
  private void openWay(Target target) {
    entrance.open();
    if (target.address.ipv6()) {
      entrance.openIpv6();
    } else {
      openLoopback(target.bridge);
    }
    if (host.call(Ports::bridgesAreFiltered)) {
      // then what is translated on the bridge does not leave it, also on its way back to the sender
      devices.setHairpin(target.endpoint.hostDevice());
    }
  }

  /// Lets packets from the host's loopback go by a bridge.
  private void openLoopback(String bridge) {
    Path setting = Path.of("/proc/sys/net/ipv4/conf", bridge, "route_localnet");
    Path _ = host.call(() -> Files.writeString(setting, "1"));
  }

  /// Whether the kernel shows frames on bridges to the packet filter, as Docker lets it.
  private static boolean bridgesAreFiltered() {
    try {
      return Files.readString(Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables"))
          .startsWith("1");
    } catch (IOException _) { // the kernel's part for it is not loaded
      return false;
    }
  }

  /// Datagrams whose way the kernel remembers otherwise find the new one: UDP has no end that would
  /// make it forget.
  private void forgetFlows(List<Mapping> gone, List<Mapping> come) {
    List<Mapping> datagrams =
        Stream.concat(gone.stream(), come.stream())
            .filter(mapping -> mapping.port().protocol() == Protocol.UDP)
            .toList();
    if (datagrams.isEmpty()) {
      return;
    }
    try (Conntrack memory = host.call(Conntrack::open)) {
      int _ = memory.forget(flow -> datagrams.stream().anyMatch(mapping -> isOf(mapping, flow)));
    } catch (SyscallException e) {
      LOG.warn("datagrams to published ports may take their former way: {}", e.getMessage());
    }
  }

  private static boolean isOf(Mapping mapping, Flow flow) {
    return flow.protocol() == Protocol.UDP.number()
        && flow.port() == mapping.port().hostPort()
        && (mapping.port().everywhere()
            ? IpAddress.of(flow.to()).ipv6() == mapping.ipv6()
            : IpAddress.of(flow.to()).equals(mapping.port().hostAddress()));
  }

  @Override
  public void left(String containerId) {
    if (publications.containsKey(containerId)) {
      giveUp(containerId);
    }
  }

  private synchronized void giveUp(String containerId) {
    Publication publication = publications.remove(containerId);
    if (publication == null) {
      return;
    }
    store.remove(containerId);
    publication.ports.forEach(this::release);
    if (repaired && !publication.mappings.isEmpty()) {
      takeAway(table, publication.mappings, mapping -> !mapping.ipv6());
      takeAway(ipv6Table, publication.mappings, Mapping::ipv6);
      forgetFlows(publication.mappings, List.of());
      if (!table.standing() && !ipv6Table.standing()) {
        entrance.close();
      }
    }
  }

  private void takeAway(PortTable family, List<Mapping> gone, Predicate<Mapping> in) {
    if (!family.standing() || gone.stream().noneMatch(in)) {
      return;
    }
    if (mappings(in).isEmpty()) {
      family.replace(this::run, List.of(), List.of());
    } else {
      family.change(this::run, gone.stream().filter(in).toList(), List.of());
    }
  }

  private void release(PublishedPort port) {
    hostPorts.release(port.protocol(), port.hostAddress(), port.hostPort());
  }

  /// Puts right what happened while no engine ran, after [Networks#repair] has told of the
  /// containers that run: their ports are held again, those of others given up, and the table is
  /// put in place of the earlier engine's in one step.
  public synchronized void repair() {
    repaired = true;
    for (Map.Entry<String, Publication> entry : List.copyOf(publications.entrySet())) {
      if (entry.getValue().mappings.isEmpty()) {
        publications.remove(entry.getKey());
        store.remove(entry.getKey());
      } else {
        entry.getValue().ports.forEach(port -> holdAgain(entry.getKey(), port));
      }
    }
    List<Mapping> ipv4 = mappings(mapping -> !mapping.ipv6());
    List<Mapping> ipv6 = mappings(Mapping::ipv6);
    if (ipv4.isEmpty() && ipv6.isEmpty()) {
      entrance.close();
    } else {
      entrance.open();
    }
    if (!ipv6.isEmpty()) {
      entrance.openIpv6();
    }
    ipv4.stream().map(Mapping::bridge).distinct().forEach(this::openLoopback);
    table.replace(this::run, bridges(), ipv4);
    ipv6Table.replace(this::run, bridges(), ipv6);
  }

  private void holdAgain(String containerId, PublishedPort port) {
    try {
      hostPorts.hold(
          containerId,
          port.protocol(),
          List.of(port.hostAddress()),
          new PortRange(port.hostPort(), port.hostPort()));
    } catch (TakenException | NetworkException e) {
      LOG.warn(
          "port {}/{} of container {} leads to it, but: {}",
          port.host(),
          port.protocol(),
          containerId,
          e.getMessage());
    }
  }

  /// On a thread that is in the host's namespace, as libnftables looks up devices in the caller's.
  private void run(String commands) {
    String _ = host.call(() -> filter.run(commands));
  }

  /// Lets go of the ports; where they lead they go on leading. Without containers the table and
  /// what it needs are removed.
  @Override
  public synchronized void close() {
    if (publications.isEmpty() && repaired) {
      table.replace(this::run, List.of(), List.of());
      ipv6Table.replace(this::run, List.of(), List.of());
      entrance.close();
    }
    hostPorts.close();
    filter.close();
    devices.close();
  }
}
