package gantry.network;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.state.Database;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The networks of one engine, `bridge`, `host` and `none` among them, and who is in them.
///
/// The order of calls: [#open]; [#add] for those who follow; [#repair] with the containers that
/// run; then for each start [#attach] or [#isolate], and for each end [#release]. Calls about one
/// container come one after the other; otherwise it is thread-safe.
///
/// Lock order: a network is made and removed with [#making] held; nothing else is waited for inside
/// but the kernel and the database.
public final class Networks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Networks.class);
  private static final String DEFAULT = "bridge";
  private static final int LOOPBACK = 1;
  private static final int DEFAULT_MTU = 1500;

  private final NetworkConfig config;
  private final NetworkStore store;
  private final Host machine;
  private final Firewall firewall;
  private final Subnets subnets;
  private final Departures departures;
  private final Object making = new Object();

  /// All networks by id, in the order in which they were made. Replaced as a whole, under making.
  private volatile Map<String, Network> networks = Map.of();

  private final Map<String, Fabric> fabrics = new ConcurrentHashMap<>(); // by network id
  private final Map<String, List<Endpoint>> byContainer = new ConcurrentHashMap<>();
  private final List<EndpointListener> listeners = new CopyOnWriteArrayList<>();
  private final Optional<ReadyPool<Plugged>> plugged;
  private final ReadyPool<NetworkNamespace> isolated;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Networks(NetworkConfig config, NetworkStore store, Host machine, Firewall firewall) {
    this.config = config;
    this.store = store;
    this.machine = machine;
    this.firewall = firewall;
    departures = new Departures(machine.devices(), firewall.bindings()::tidy);
    Map<String, Network> known = new LinkedHashMap<>();
    store.networks().forEach(network -> known.put(network.name(), network));
    openSimple(known, "host", Network.Driver.HOST);
    openSimple(known, "none", Network.Driver.NONE);
    subnets = new Subnets(machine.devices(), pools(), hostResolvers().addresses());
    Optional<BridgeNetwork> first = openNetworks(known);
    adoptEndpoints();
    plugged =
        first.map(
            network ->
                ReadyPool.open("network-bridge-pool", config.prepared(), () -> plug(network)));
    isolated = ReadyPool.open("network-none-pool", config.prepared(), Networks::bareNamespace);
  }

  /// Sees that the bridges and their addresses are there, and begins to make sandboxes ready.
  ///
  /// @throws NetworkException when no subnet is free or a bridge's name is taken
  /// @throws gantry.linux.nftables.NftablesException when libnftables is missing or refuses
  public static Networks open(NetworkConfig config, Database database) {
    NetworkStore store = NetworkStore.open(database);
    Host machine = Host.open(config.host());
    try {
      Firewall firewall = Firewall.open(machine, config.table());
      Firewall.switchForwardingOn(machine);
      return new Networks(config, store, machine, firewall);
    } catch (RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /// Lets somebody follow who is in which network; to be called before [#repair], which tells of
  /// those that run already.
  public void add(EndpointListener listener) {
    listeners.add(listener);
  }

  /// The packet filter, for those who have a share in it; what they add before [#repair] is in it
  /// from the first moment on.
  public FirewallTable firewall() {
    return firewall;
  }

  // networks

  /// All networks, in the order in which they were made.
  public List<Network> list() {
    return List.copyOf(networks.values());
  }

  /// The network of this id or name.
  public Optional<Network> find(String idOrName) {
    Network byId = networks.get(idOrName);
    return byId != null ? Optional.of(byId) : named(idOrName);
  }

  private Optional<Network> named(String name) {
    return networks.values().stream().filter(network -> network.name().equals(name)).findFirst();
  }

  /// Makes a network; it is there for good when this returns.
  ///
  /// @throws NetworkException when the name is taken, a subnet overlaps or is not to be had, or an
  ///   option has no meaning
  public Network create(NetworkSpec spec) {
    synchronized (making) {
      Optional<String> device =
          spec.driver() == Network.Driver.BRIDGE
              ? BridgeOptions.parse(spec).device()
              : Optional.empty();
      device.ifPresent(this::checkUnused);
      if (named(spec.name()).isPresent()) {
        throw new NetworkException(
            NetworkException.Kind.CONFLICT,
            "network with name %s already exists".formatted(spec.name()));
      }
      Network network = completed(NetworkStore.newId(), now(), spec);
      store.add(network); // first: a bridge without a row would be nobody's
      try {
        openFabric(network);
        show(network);
        firewall.set(bridges());
        return network;
      } catch (RuntimeException e) {
        forget(network);
        throw e;
      }
    }
  }

  private void checkUnused(String device) {
    for (Network other : networks.values()) {
      if (other.device().equals(device)) {
        throw new NetworkException(
            NetworkException.Kind.FORBIDDEN,
            "cannot create network with bridge %s: conflicts with network %s (%s): networks have same bridge name"
                .formatted(device, other.id(), other.name()));
      }
    }
    if (machine.devices().link(device).isPresent()) {
      throw new NetworkException(
          NetworkException.Kind.FORBIDDEN,
          "cannot create network with bridge %s: this host has a device of that name already; choose another"
              .formatted(device));
    }
  }

  /// Removes a network.
  ///
  /// @throws NetworkException when containers are in it
  public void remove(Network network) {
    boolean settled = departures.done();
    while (!removed(network)) {
      if (settled) {
        throw new NetworkException(
            NetworkException.Kind.FORBIDDEN,
            "error while removing network: network %s has active endpoints"
                .formatted(network.name()));
      }
      departures.await(); // a container that has just ended is in it until its device is gone
      settled = true;
    }
  }

  private boolean removed(Network network) {
    synchronized (making) {
      Fabric fabric = fabrics.get(network.id());
      if (fabric != null && !fabric.retire()) {
        return false;
      }
      forget(network);
      return true;
    }
  }

  /// The row goes last: until then the network is there after a crash.
  private void forget(Network network) {
    Map<String, Network> left = new LinkedHashMap<>(networks);
    left.remove(network.id());
    networks = Collections.unmodifiableMap(left);
    Fabric fabric = fabrics.remove(network.id());
    if (fabric != null) {
      fabric.remove();
    }
    firewall.set(bridges());
    store.remove(network);
  }

  private void show(Network network) {
    Map<String, Network> all = new LinkedHashMap<>(networks);
    all.put(network.id(), network);
    networks = Collections.unmodifiableMap(all);
  }

  private List<BridgeNetwork> bridges() {
    return networks.keySet().stream()
        .map(fabrics::get)
        .filter(BridgeNetwork.class::isInstance)
        .map(BridgeNetwork.class::cast)
        .toList();
  }

  /// The network that a spec stands for, with the subnets that it does not name.
  private Network completed(String id, Instant created, NetworkSpec spec) {
    if (spec.configOnly()) {
      return new Network(id, created, spec, List.of(), "");
    }
    String device =
        spec.driver().parented()
            ? ParentedNetwork.device(id, spec)
            : BridgeOptions.parse(spec).device().orElse("br-" + id.substring(0, 12));
    return new Network(id, created, spec, pools(spec, Optional.of(device)), device);
  }

  private List<NetworkSpec.Pool> pools(NetworkSpec spec, Optional<String> device) {
    List<NetworkSpec.Pool> pools = new ArrayList<>();
    for (boolean ipv6 : new boolean[] {false, true}) {
      if (spec.pools().stream().filter(pool -> pool.subnet().ipv6() == ipv6).count() > 1) {
        throw new NetworkException(
            NetworkException.Kind.FORBIDDEN,
            spec.driver().dockerName() + " driver doesn't support multiple subnets");
      }
      if (ipv6 ? spec.ipv6() : spec.ipv4()) {
        pools.add(pool(spec, ipv6, device));
      }
    }
    return pools;
  }

  private NetworkSpec.Pool pool(NetworkSpec spec, boolean ipv6, Optional<String> device) {
    NetworkSpec.Pool pool =
        spec.pools().stream()
            .filter(asked -> asked.subnet().ipv6() == ipv6)
            .findFirst()
            .orElseGet(() -> NetworkSpec.Pool.of(subnets.choose(ipv6, device, others())));
    for (Network other : networks.values()) {
      if (other.pools().stream().map(NetworkSpec.Pool::subnet).anyMatch(pool.subnet()::overlaps)) {
        throw new NetworkException(
            NetworkException.Kind.FORBIDDEN,
            "invalid pool request: Pool overlaps with other one on this address space: %s is in use by network %s"
                .formatted(pool.subnet(), other.name()));
      }
    }
    return pool.gateway().isPresent() ? pool : pool.withGateway(firstAddress(pool));
  }

  /// The first address that is neither reserved nor the network's own.
  private static IpAddress firstAddress(NetworkSpec.Pool pool) {
    IpAddress address = pool.range().map(Subnet::base).orElse(pool.subnet().base());
    while (address.equals(pool.subnet().base()) || pool.auxiliary().containsValue(address)) {
      address = address.plus(1);
    }
    return address;
  }

  private List<Subnet> others() {
    return networks.values().stream()
        .flatMap(network -> network.pools().stream())
        .map(NetworkSpec.Pool::subnet)
        .toList();
  }

  // at opening

  private Optional<BridgeNetwork> openNetworks(Map<String, Network> known) {
    for (Network network : known.values()) {
      if (!network.predefined()) {
        openAgain(network);
      }
    }
    return config.bridge().enabled()
        ? Optional.of(openDefault(Optional.ofNullable(known.get(DEFAULT))))
        : Optional.empty();
  }

  /// Where subnets are from: of IPv6, when nobody says, from a block of this engine's own, whose
  /// number is that of a network that is always there.
  private List<AddressPool> pools() {
    List<AddressPool> pools = new ArrayList<>(config.pools());
    if (pools.stream().noneMatch(pool -> pool.base().ipv6())) {
      String id = named("host").orElseThrow().id();
      pools.add(AddressPool.uniqueLocal(Long.parseLong(id.substring(0, 10), 16)));
    }
    return pools;
  }

  private void openAgain(Network network) {
    show(network);
    try {
      openFabric(network);
    } catch (RuntimeException e) {
      LOG.error("network {} cannot be used: {}", network.name(), e.getMessage());
    }
  }

  private void openSimple(Map<String, Network> known, String name, Network.Driver driver) {
    Network network = known.get(name);
    if (network == null) {
      NetworkSpec spec = NetworkSpec.of(name, driver);
      network = new Network(NetworkStore.newId(), now(), spec, List.of(), "");
      store.add(network);
    }
    show(network);
  }

  private BridgeNetwork openDefault(Optional<Network> known) {
    NetworkSpec spec = defaultSpec();
    for (int attempt = 0; attempt < 8; attempt++) {
      Network network = defaultNetwork(spec, attempt == 0 ? known : Optional.empty(), known);
      BridgeNetwork fabric = openBridge(network);
      boolean yields =
          network.pools().stream()
              .filter(
                  pool -> spec.pools().stream().noneMatch(p -> p.subnet().equals(pool.subnet())))
              .anyMatch(pool -> subnets.yields(fabric.bridge().index(), pool.subnet()));
      if (!yields) {
        if (known.isEmpty()) {
          store.add(network);
        } else if (!known.get().equals(network)) {
          store.change(network);
        }
        fabrics.put(network.id(), fabric);
        show(network);
        return fabric;
      }
    }
    throw new NetworkException(
        "cannot find a subnet for bridge '%s': others keep taking them"
            .formatted(config.bridge().device()));
  }

  private NetworkSpec defaultSpec() {
    return NetworkSpec.of(DEFAULT, Network.Driver.BRIDGE)
        .withPools(true, config.bridge().ipv6(), config.bridge().subnets())
        .withOptions(
            Map.of(
                BridgeOptions.DEFAULT_BRIDGE,
                "true",
                BridgeOptions.INTER_CONTAINER,
                "" + config.bridge().interContainer(),
                BridgeOptions.MASQUERADE,
                "" + config.bridge().masquerade(),
                BridgeOptions.HOST_BINDING,
                "0.0.0.0",
                BridgeOptions.NAME,
                config.bridge().device(),
                BridgeOptions.MTU,
                "" + config.bridge().mtu()));
  }

  /// @param remembered whose subnets it gets again, where they lead nowhere else by now
  private Network defaultNetwork(
      NetworkSpec spec, Optional<Network> remembered, Optional<Network> known) {
    List<NetworkSpec.Pool> pools = new ArrayList<>();
    for (boolean ipv6 : new boolean[] {false, true}) {
      if (ipv6 ? spec.ipv6() : spec.ipv4()) {
        boolean asked = spec.pools().stream().anyMatch(pool -> pool.subnet().ipv6() == ipv6);
        Optional<NetworkSpec.Pool> before =
            remembered
                .flatMap(network -> network.pool(ipv6))
                .filter(_ -> !asked)
                .filter(pool -> subnets.free(pool.subnet(), Optional.of(config.bridge().device())));
        pools.add(before.orElseGet(() -> pool(spec, ipv6, Optional.of(config.bridge().device()))));
      }
    }
    return new Network(
        known.map(Network::id).orElseGet(NetworkStore::newId),
        known.map(Network::created).orElseGet(Networks::now),
        spec,
        pools,
        config.bridge().device());
  }

  private void openFabric(Network network) {
    switch (network.driver()) {
      case BRIDGE -> fabrics.put(network.id(), openBridge(network));
      case MACVLAN, IPVLAN -> fabrics.put(network.id(), ParentedNetwork.open(machine, network));
      case HOST, NONE -> {}
    }
  }

  private BridgeNetwork openBridge(Network network) {
    BridgeOptions options = BridgeOptions.parse(network.spec());
    if (network.pool(true).isPresent()) {
      Firewall.switchIpv6ForwardingOn(machine);
    }
    Bridge bridge =
        Bridge.ensure(
            machine,
            new Bridge.Wish(
                network.device(),
                options.mtu().orElse(DEFAULT_MTU),
                own(network, false, !options.withoutHostIpv4() && hosted(options.gatewayMode())),
                own(network, true, hosted(options.ipv6GatewayMode()))));
    return new BridgeNetwork(machine, network, options, bridge, firewall.bindings(), departures);
  }

  private static boolean hosted(BridgeOptions.GatewayMode mode) {
    return mode != BridgeOptions.GatewayMode.ISOLATED;
  }

  /// As exactly as it is remembered.
  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private static Optional<Subnet.Interface> own(Network network, boolean ipv6, boolean hosted) {
    return hosted
        ? network
            .pool(ipv6)
            .flatMap(
                pool -> pool.gateway().map(address -> new Subnet.Interface(address, pool.subnet())))
        : Optional.empty();
  }

  private void adoptEndpoints() {
    for (Endpoint endpoint : store.endpoints()) {
      byContainer.merge(
          endpoint.containerId(),
          List.of(endpoint),
          (some, more) -> Stream.concat(some.stream(), more.stream()).toList());
      Fabric fabric = fabrics.get(endpoint.networkId());
      if (fabric != null) {
        fabric.adopt(endpoint);
      }
    }
    byContainer.replaceAll((_, endpoints) -> Addressing.inOrder(endpoints, networks));
  }

  // endpoints

  /// The endpoints that containers have in a network.
  public List<Endpoint> endpoints(Network network) {
    return byContainer.values().stream()
        .flatMap(List::stream)
        .filter(endpoint -> endpoint.networkId().equals(network.id()))
        .toList();
  }

  /// A container's endpoints, the one with the default route first; none while it has none.
  public List<Endpoint> endpoints(String containerId) {
    return byContainer.getOrDefault(containerId, List.of());
  }

  /// A sandbox with a place in each of these networks. When it fails nothing is left; endpoints
  /// that the container still had are given back.
  ///
  /// @param requests at least one; the first gets the first device
  /// @throws NetworkException when an address is not to be had
  public Sandbox attach(String containerId, List<EndpointRequest> requests) {
    release(containerId);
    return attach(containerId, requests, begin(containerId, requests.getFirst()));
  }

  /// As above in a namespace that was made elsewhere, as in a container's user namespace.
  ///
  /// @param namespace becomes the sandbox's
  public Sandbox attach(String containerId, List<EndpointRequest> requests, OwnedFd namespace) {
    release(containerId);
    return attach(containerId, requests, Joining.of(containerId, furnished(namespace)));
  }

  private Sandbox attach(String containerId, List<EndpointRequest> requests, Joining joining) {
    try {
      List<EndpointRequest> rest = requests.subList(joining.endpoints().size(), requests.size());
      if (!rest.isEmpty()) {
        try (RouteSocket inside = joining.openDevices()) {
          for (EndpointRequest request : rest) {
            joining.add(inside, fabric(request.network()), request);
          }
          Addressing.route(inside, Addressing.inOrder(joining.endpoints(), networks));
        }
      }
      List<Endpoint> endpoints = Addressing.inOrder(joining.endpoints(), networks);
      store.add(endpoints);
      byContainer.put(containerId, endpoints);
      tell(containerId, endpoints);
      return new Sandbox(joining.release(), endpoints);
    } catch (RuntimeException e) {
      joining.close();
      drop(containerId);
      throw e;
    }
  }

  /// With a place made ahead of need, where that will do.
  private Joining begin(String containerId, EndpointRequest first) {
    boolean any = first.anyPlace() && first.network().name().equals(DEFAULT);
    if (any && plugged.isPresent()) {
      return Joining.at(containerId, plugged.get().take(), first);
    }
    return Joining.of(containerId, isolated.take());
  }

  private Fabric fabric(Network network) {
    Fabric fabric = fabrics.get(network.id());
    if (fabric == null) {
      throw new NetworkException(
          NetworkException.Kind.NOT_FOUND, "network " + network.name() + " not found");
    }
    return fabric;
  }

  private static Plugged plug(BridgeNetwork network) {
    Fabric.Seat seat = network.reserve(EndpointRequest.in(network.network()));
    try {
      NetworkNamespace.Created<RouteSocket> created =
          NetworkNamespace.create(
              () -> {
                Sysctl.writeContainerDefaults();
                return Joining.openDevicesHere();
              });
      NetworkNamespace namespace = created.namespace();
      try (RouteSocket inside = created.value()) {
        String device = network.devicePrefix() + 0;
        network.wire(namespace, inside, seat, device);
        Plugged place = new Plugged(network, namespace, seat, device);
        Addressing.route(
            inside, List.of(place.endpoint("", EndpointRequest.in(network.network()))));
        return place;
      } catch (RuntimeException e) {
        namespace.close();
        throw e;
      }
    } catch (RuntimeException e) {
      network.vacate(seat);
      throw e;
    }
  }

  /// A sandbox with nothing but loopback, for `none`.
  public Sandbox isolate() {
    return new Sandbox(isolated.take().release(), List.of());
  }

  /// The same in a namespace that was made elsewhere.
  ///
  /// @param namespace becomes the sandbox's
  public Sandbox isolate(OwnedFd namespace) {
    return new Sandbox(furnished(namespace).release(), List.of());
  }

  /// Puts a running container into another network.
  ///
  /// @param pid a process of the container
  /// @throws NetworkException when it is in it already, or an address is not to be had
  public Endpoint connect(String containerId, long pid, EndpointRequest request) {
    List<Endpoint> before = endpoints(containerId);
    Fabric fabric = fabric(request.network());
    if (before.stream().anyMatch(endpoint -> endpoint.networkId().equals(request.network().id()))) {
      throw new NetworkException(
          NetworkException.Kind.FORBIDDEN,
          "endpoint with name %s already exists in network %s"
              .formatted(containerId, request.network().name()));
    }
    try (Joining joining = Joining.of(containerId, NetworkNamespace.ofProcess(pid)).beside(before);
        RouteSocket inside = joining.openDevices()) {
      Endpoint endpoint = joining.add(inside, fabric, request);
      List<Endpoint> after =
          Addressing.inOrder(
              Stream.concat(before.stream(), Stream.of(endpoint)).toList(), networks);
      store.add(List.of(endpoint));
      try {
        Addressing.route(inside, after);
        byContainer.put(containerId, after);
        tell(containerId, after);
        joining.keep();
        return endpoint;
      } catch (RuntimeException e) {
        store.remove(List.of(endpoint));
        byContainer.put(containerId, before);
        fabric.unwire(inside, Fabric.Seat.of(endpoint), endpoint.device());
        joining.keep();
        Addressing.route(inside, before);
        tell(containerId, before);
        throw e;
      }
    }
  }

  /// Takes a container out of a network; nothing when it is not in it.
  ///
  /// @param pid a process of the container; empty when it runs no more
  public void disconnect(String containerId, Optional<Long> pid, Network network) {
    List<Endpoint> before = endpoints(containerId);
    for (Endpoint endpoint : before) {
      if (endpoint.networkId().equals(network.id())) {
        List<Endpoint> after = before.stream().filter(other -> !other.equals(endpoint)).toList();
        store.remove(List.of(endpoint));
        byContainer.put(containerId, after);
        take(endpoint, pid, after);
        tell(containerId, after);
      }
    }
  }

  private void take(Endpoint endpoint, Optional<Long> pid, List<Endpoint> left) {
    Fabric fabric = fabrics.get(endpoint.networkId());
    if (fabric == null) {
      return;
    }
    Fabric.Seat seat = Fabric.Seat.of(endpoint);
    if (pid.isEmpty()) {
      fabric.vacate(seat);
      return;
    }
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid.get());
        RouteSocket inside = RouteSocket.openIn(namespace)) {
      fabric.unwire(inside, seat, endpoint.device());
      Addressing.route(inside, left);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) {
        throw e;
      }
      fabric.vacate(seat); // it ended meanwhile
    }
  }

  /// Gives a container's endpoints other names.
  ///
  /// @param names by network id
  public void rename(String containerId, Map<String, List<String>> names) {
    List<Endpoint> renamed =
        endpoints(containerId).stream()
            .map(
                endpoint ->
                    endpoint.withNames(names.getOrDefault(endpoint.networkId(), endpoint.names())))
            .toList();
    if (!renamed.isEmpty()) {
      store.rename(renamed);
      byContainer.put(containerId, renamed);
      tell(containerId, renamed);
    }
  }

  /// Gives back what the container has; nothing when it has none. The record is gone when this
  /// returns, the devices a moment later, and then the addresses are free.
  public void release(String containerId) {
    for (Endpoint endpoint : drop(containerId)) {
      Fabric fabric = fabrics.get(endpoint.networkId());
      if (fabric != null) {
        fabric.vacate(Fabric.Seat.of(endpoint));
      }
    }
  }

  /// Forgets a container's endpoints; returns those that it had.
  private List<Endpoint> drop(String containerId) {
    List<Endpoint> endpoints = byContainer.remove(containerId);
    if (endpoints == null) {
      return List.of();
    }
    store.remove(endpoints);
    for (EndpointListener listener : listeners) {
      try {
        listener.left(containerId);
      } catch (RuntimeException e) {
        LOG.error("container {} left its networks: {}", containerId, e.getMessage(), e);
      }
    }
    return endpoints;
  }

  private void tell(String containerId, List<Endpoint> endpoints) {
    for (EndpointListener listener : listeners) {
      listener.changed(containerId, endpoints);
    }
  }

  /// Puts right what happened while no engine ran: endpoints of containers that ended are given
  /// back, running containers that lost their bridge are plugged in again, devices that are
  /// nobody's are removed; it is told who is in which network; and then the packet filter is put in
  /// place of what an earlier engine left.
  ///
  /// @param running a process of each container that runs, by container id
  public void repair(Map<String, Long> running) {
    for (String containerId : new ArrayList<>(byContainer.keySet())) {
      Long pid = running.get(containerId);
      if (pid == null) {
        release(containerId);
      } else {
        repair(containerId, pid);
      }
    }
    for (Fabric fabric : fabrics.values()) {
      int strays = fabric.removeStrays();
      if (strays > 0) {
        LOG.info(
            "removed {} devices that an earlier engine left in network {}",
            strays,
            fabric.network().name());
      }
    }
    firewall.replace(bridges());
  }

  private void repair(String containerId, long pid) {
    List<Endpoint> endpoints = endpoints(containerId);
    try {
      boolean restored = false;
      for (Endpoint endpoint : endpoints) {
        Fabric fabric = fabrics.get(endpoint.networkId());
        restored |= fabric != null && fabric.restore(endpoint, pid);
      }
      if (restored) {
        try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
            RouteSocket inside = RouteSocket.openIn(namespace)) {
          Addressing.route(inside, endpoints);
        }
      }
      tell(containerId, endpoints);
    } catch (RuntimeException e) {
      LOG.error("the networks of container {}: {}", containerId, e.getMessage(), e);
    }
  }

  /// What the host's name resolution is now.
  public static ResolvConf hostResolvers() {
    return ResolvConf.ofHost(Path.of("/etc"), Path.of("/run"));
  }

  /// How many sandboxes are ready, on the bridge and isolated.
  int readyCount() {
    return plugged.map(ReadyPool::readyCount).orElse(0) + isolated.readyCount();
  }

  /// Whether all that was released is gone.
  boolean tidy() {
    return departures.done();
  }

  /// Lets go of what is ready. Containers that run keep their network; when there is none, bridges
  /// and table are removed. Idempotent.
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    plugged.ifPresent(ReadyPool::close);
    isolated.close();
    departures.close();
    if (byContainer.isEmpty()) {
      firewall.remove();
      fabrics.values().forEach(Fabric::remove);
    }
    firewall.close();
    machine.close();
  }

  private static NetworkNamespace bareNamespace() {
    return NetworkNamespace.create(Networks::furnish).namespace();
  }

  private static NetworkNamespace furnished(OwnedFd fd) {
    NetworkNamespace namespace = NetworkNamespace.adopt(fd);
    try {
      boolean _ = namespace.inside(Networks::furnish);
      return namespace;
    } catch (RuntimeException e) {
      namespace.close();
      throw e;
    }
  }

  /// What every container's namespace has, by a thread that is in it.
  private static boolean furnish() {
    Sysctl.writeContainerDefaults();
    try (RouteSocket devices = RouteSocket.open()) {
      devices.change(LOOPBACK, LinkChange.none().up());
    }
    return true;
  }
}
