package gantry.network;

import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.state.Database;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The networks of one engine: `bridge`, `host` and `none`, and who is in them.
///
/// The order of calls: [#open]; [#repair] with the containers that run; then for each start
/// [#attach] or [#isolate], and for each end [#release]. Thread-safe.
public final class Networks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Networks.class);
  private static final int LOOPBACK = 1;

  private final NetworkConfig config;
  private final NetworkStore store;
  private final Host machine;
  private final Firewall firewall;
  private final BridgeNetwork bridge;
  private final Network bridgeRecord;
  private final Network hostRecord;
  private final Network noneRecord;
  private final Map<String, Endpoint> byContainer = new ConcurrentHashMap<>();
  private final ReadyPool<BridgeNetwork.Plugged> plugged;
  private final ReadyPool<NetworkNamespace> isolated;
  private final Departures departures;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Networks(
      NetworkConfig config, NetworkStore store, Host machine, Firewall firewall, Bridge device) {
    this.config = config;
    this.store = store;
    this.machine = machine;
    this.firewall = firewall;
    departures = new Departures(machine.devices());
    bridge = new BridgeNetwork(machine, device, config.mtu(), departures);
    bridgeRecord = described(store.ensure("bridge", Network.Driver.BRIDGE), device);
    hostRecord = store.ensure("host", Network.Driver.HOST);
    noneRecord = store.ensure("none", Network.Driver.NONE);
    for (Endpoint endpoint : store.endpoints()) {
      byContainer.put(endpoint.containerId(), endpoint);
      bridge.adopt(endpoint);
    }
    plugged = ReadyPool.open("network-bridge-pool", config.prepared(), bridge::plug);
    isolated = ReadyPool.open("network-none-pool", config.prepared(), Networks::isolatedNamespace);
  }

  /// Sees that the default bridge, its address and the packet filter are there, and begins to make
  /// sandboxes ready.
  ///
  /// @throws NetworkException when no subnet is free or the bridge's name is taken
  /// @throws gantry.linux.nftables.NftablesException when libnftables is missing or refuses
  public static Networks open(NetworkConfig config, Database database) {
    NetworkStore store = NetworkStore.open(database);
    Host machine = Host.open(config.host());
    try {
      Network network = store.ensure("bridge", Network.Driver.BRIDGE);
      Optional<Ipv4Subnet.Interface> remembered = store.address(network);
      Bridge device =
          Bridge.ensure(machine.devices(), config, remembered, hostResolvers().ipv4Servers());
      if (!remembered.equals(Optional.of(device.address()))) {
        store.address(network, device.address());
      }
      Firewall firewall = Firewall.open(machine, config.table());
      firewall.set(device, config.masquerade(), config.interContainer());
      Firewall.switchForwardingOn(machine);
      return new Networks(config, store, machine, firewall, device);
    } catch (RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /// All networks: `bridge`, `host`, `none`.
  public List<Network> list() {
    return List.of(bridgeRecord, hostRecord, noneRecord);
  }

  /// The network of this id or name.
  public Optional<Network> find(String idOrName) {
    return list().stream()
        .filter(network -> network.id().equals(idOrName) || network.name().equals(idOrName))
        .findFirst();
  }

  /// The endpoints that containers have in a network.
  public List<Endpoint> endpoints(Network network) {
    return byContainer.values().stream()
        .filter(endpoint -> endpoint.networkId().equals(network.id()))
        .toList();
  }

  /// The endpoint of a container; empty while it has none.
  public Optional<Endpoint> endpoint(String containerId) {
    return Optional.ofNullable(byContainer.get(containerId));
  }

  /// A sandbox on the default bridge. Usually one is ready; an endpoint that the container still
  /// had is given back.
  ///
  /// @param mac the hardware address it asks for
  /// @throws NetworkException when no address is free
  public Sandbox attach(String containerId, Optional<MacAddress> mac) {
    release(containerId);
    BridgeNetwork.Plugged place = plugged.take();
    try {
      mac.ifPresent(address -> bridge.changeMac(place.namespace(), address));
      Endpoint endpoint = endpoint(containerId, place, mac.orElse(place.mac()));
      store.add(endpoint);
      byContainer.put(containerId, endpoint);
      return new Sandbox(place.namespace().release(), Optional.of(endpoint));
    } catch (RuntimeException e) {
      place.close();
      throw e;
    }
  }

  /// A sandbox with nothing but loopback, for `none`.
  public Sandbox isolate() {
    return new Sandbox(isolated.take().release(), Optional.empty());
  }

  /// Gives back what the container has; nothing when it has none. The record is gone when this
  /// returns, the devices a moment later, and then the address is free.
  public void release(String containerId) {
    Endpoint endpoint = byContainer.remove(containerId);
    if (endpoint == null) {
      return;
    }
    store.remove(endpoint);
    bridge.unplug(endpoint.hostDevice(), endpoint.address().address());
  }

  /// Puts right what happened while no engine ran: endpoints of containers that ended are given
  /// back, running containers that lost their bridge are plugged in again, devices that are
  /// nobody's are removed.
  ///
  /// @param running a process of each container that runs, by container id
  public void repair(Map<String, Long> running) {
    for (Endpoint endpoint : new ArrayList<>(byContainer.values())) {
      Long pid = running.get(endpoint.containerId());
      if (pid == null) {
        release(endpoint.containerId());
      } else {
        bridge.restore(endpoint, pid);
      }
    }
    int strays = bridge.removeStrays();
    if (strays > 0) {
      LOG.info("removed {} devices that an earlier engine left on {}", strays, config.bridge());
    }
  }

  /// What the host's name resolution is now.
  public static ResolvConf hostResolvers() {
    return ResolvConf.ofHost(Path.of("/etc"), Path.of("/run"));
  }

  /// How many sandboxes are ready, on the bridge and isolated.
  int readyCount() {
    return plugged.readyCount() + isolated.readyCount();
  }

  /// Whether all that was released is gone.
  boolean tidy() {
    return departures.done();
  }

  /// Lets go of what is ready. Containers that run keep their network; when there is none, bridge
  /// and table are removed. Idempotent.
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    plugged.close();
    isolated.close();
    departures.close();
    if (byContainer.isEmpty()) {
      firewall.remove();
      machine.devices().deleteIfPresent(bridge.bridge().index());
    }
    firewall.close();
    machine.close();
  }

  private Endpoint endpoint(String containerId, BridgeNetwork.Plugged place, MacAddress mac) {
    return new Endpoint(
        NetworkStore.newId(),
        bridgeRecord.id(),
        containerId,
        place.address(),
        bridge.bridge().address().address(),
        mac,
        BridgeNetwork.containerDevice(),
        place.hostDevice());
  }

  private Network described(Network network, Bridge device) {
    return new Network(
        network.id(),
        network.name(),
        network.driver(),
        network.created(),
        Optional.of(device.address().subnet()),
        Optional.of(device.address().address()),
        Map.of(
            "com.docker.network.bridge.default_bridge",
            "true",
            "com.docker.network.bridge.enable_icc",
            "" + config.interContainer(),
            "com.docker.network.bridge.enable_ip_masquerade",
            "" + config.masquerade(),
            "com.docker.network.bridge.host_binding_ipv4",
            "0.0.0.0",
            "com.docker.network.bridge.name",
            device.name(),
            "com.docker.network.driver.mtu",
            "" + config.mtu()),
        Map.of());
  }

  private static NetworkNamespace isolatedNamespace() {
    NetworkNamespace.Created<Boolean> created =
        NetworkNamespace.create(
            () -> {
              Sysctl.writeContainerDefaults();
              try (RouteSocket devices = RouteSocket.open()) {
                devices.change(LOOPBACK, LinkChange.none().up());
              }
              return true;
            });
    return created.namespace();
  }
}
