package gantry.engine.local;

import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.EndpointSpec;
import gantry.engine.network.NetworkCatalogue;
import gantry.linux.Fd;
import gantry.linux.rtnetlink.MacAddress;
import gantry.network.AddressPool;
import gantry.network.Endpoint;
import gantry.network.HostsFile;
import gantry.network.Ipv4Subnet;
import gantry.network.Network;
import gantry.network.NetworkConfig;
import gantry.network.NetworkException;
import gantry.network.Networks;
import gantry.network.Sandbox;
import gantry.state.Database;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The three networks that are always there, and the containers' places in them.
final class LocalNetworks implements NetworkCatalogue, AutoCloseable {
  private static final EndpointSpec NOTHING_ASKED =
      new EndpointSpec(
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          List.of(),
          Optional.empty(),
          Map.of(),
          0);

  /// A container's place in a network, for its start; closed when the program runs.
  ///
  /// @param sandbox to start the program in; empty where the host's or another container's is used
  record Place(Optional<Sandbox> sandbox, Map<String, ContainerView.EndpointView> endpoints)
      implements AutoCloseable {
    /// A place without a network namespace of its own.
    static Place none() {
      return new Place(Optional.empty(), Map.of());
    }

    Optional<Fd> namespace() {
      return sandbox.map(Sandbox::fd);
    }

    @Override
    public void close() {
      sandbox.ifPresent(Sandbox::close);
    }
  }

  private final Networks networks;
  private final ContainerStore containers;
  private final EventNames events;

  private LocalNetworks(Networks networks, ContainerStore containers, EventNames events) {
    this.networks = networks;
    this.containers = containers;
    this.events = events;
  }

  static LocalNetworks open(
      EngineConfig config, Database database, ContainerStore containers, EventNames events) {
    return new LocalNetworks(Networks.open(networkConfig(config), database), containers, events);
  }

  private static NetworkConfig networkConfig(EngineConfig config) {
    EngineConfig.BridgeConfig bridge = config.bridge();
    NetworkConfig standard = NetworkConfig.of(config.execRoot());
    boolean usualName = bridge.name().equals("gantry0");
    return (usualName ? standard : standard.withBridge(bridge.name()))
        .withAddress(bridge.address().map(Ipv4Subnet.Interface::parse))
        .withPools(
            bridge.addressPools().isEmpty()
                ? standard.pools()
                : bridge.addressPools().stream().map(AddressPool::parse).toList())
        .withMtu(bridge.mtu())
        .withMasquerade(bridge.masquerade());
  }

  /// Puts right what happened while no engine ran.
  ///
  /// @param running a process of each container that runs, by container id
  void repair(Map<String, Long> running) {
    networks.repair(running);
  }

  /// The network that a container's mode names; empty for another container's.
  static Optional<String> networkOf(ContainerSpec spec) {
    String mode = spec.isolation().networkMode();
    return mode.startsWith("container:") ? Optional.empty() : Optional.of(mode);
  }

  /// The places of a container that does not run: no addresses.
  Map<String, ContainerView.EndpointView> created(ContainerSpec spec) {
    Optional<String> mode = networkOf(spec);
    if (mode.isEmpty()) {
      return Map.of();
    }
    String name = network(mode.get()).name();
    return Map.of(
        name,
        new ContainerView.EndpointView(
            asked(spec, name), "", "", "", "", 0, "", "", 0, "", List.of()));
  }

  private static EndpointSpec asked(ContainerSpec spec, String name) {
    return spec.networkEndpoints()
        .getOrDefault(name, spec.networkEndpoints().getOrDefault("default", NOTHING_ASKED));
  }

  /// Gives a container its place; the caller closes it after the start.
  Place join(ContainerView container) {
    Optional<String> mode = networkOf(container.spec());
    if (mode.isEmpty()) {
      return Place.none();
    }
    Network network = network(mode.get());
    EndpointSpec asked = asked(container.spec(), network.name());
    return switch (network.driver()) {
      case BRIDGE -> {
        Sandbox sandbox = attach(container, asked);
        yield new Place(
            Optional.of(sandbox),
            Map.of(network.name(), view(asked, sandbox.endpoint().orElseThrow())));
      }
      case NONE ->
          new Place(Optional.of(networks.isolate()), Map.of(network.name(), bare(asked, network)));
      case HOST -> new Place(Optional.empty(), Map.of(network.name(), bare(asked, network)));
    };
  }

  private Sandbox attach(ContainerView container, EndpointSpec asked) {
    Optional<String> mac =
        asked
            .macAddress()
            .or(() -> container.spec().identity().macAddress())
            .filter(m -> !m.isEmpty());
    try {
      return networks.attach(container.id(), mac.map(MacAddress::parse));
    } catch (NetworkException e) {
      throw new EngineException(ErrorKind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
  }

  private static ContainerView.EndpointView bare(EndpointSpec asked, Network network) {
    return new ContainerView.EndpointView(
        asked, network.id(), Ids.next(), "", "", 0, "", "", 0, "", List.of());
  }

  private static ContainerView.EndpointView view(EndpointSpec asked, Endpoint endpoint) {
    return new ContainerView.EndpointView(
        asked,
        endpoint.networkId(),
        endpoint.id(),
        Ipv4Subnet.text(endpoint.gateway()),
        Ipv4Subnet.text(endpoint.address().address()),
        endpoint.address().subnet().prefixLength(),
        "",
        "",
        0,
        endpoint.mac().toString(),
        List.of());
  }

  /// Tells that a container is in its networks now.
  void tellConnected(ContainerView container) {
    container
        .networks()
        .forEach(
            (name, endpoint) ->
                events.network(
                    "connect", endpoint.networkId(), name, driver(name), container.id()));
  }

  /// Gives back what a start took that failed.
  void abandon(String containerId) {
    networks.release(containerId);
  }

  /// Takes a container out of its networks; harmless when it is in none.
  void leave(ContainerView container) {
    networks.release(container.id());
    container
        .networks()
        .forEach(
            (name, endpoint) -> {
              if (!endpoint.endpointId().isEmpty()) {
                events.network(
                    "disconnect", endpoint.networkId(), name, driver(name), container.id());
              }
            });
  }

  /// The host's address as containers reach it.
  String hostGateway() {
    return network("bridge").gateway().map(Ipv4Subnet::text).orElse("127.0.0.1");
  }

  /// A container's own line in its hosts file.
  Optional<Ipv4Subnet.Interface> address(String containerId) {
    return networks.endpoint(containerId).map(Endpoint::address);
  }

  /// Lines of `--add-host`.
  List<HostsFile.Entry> hostEntries(ContainerSpec spec) {
    return spec.identity().extraHosts().stream()
        .map(text -> HostsFile.Entry.parse(text, hostGateway()))
        .toList();
  }

  private static String driver(String name) {
    return name.equals("none") ? "null" : name;
  }

  @Override
  public List<NetworkView> list() {
    return networks.list().stream().map(this::view).toList();
  }

  @Override
  public NetworkView find(String network) {
    return view(network(network));
  }

  private Network network(String text) {
    Optional<Network> exact = networks.find(text);
    if (exact.isPresent()) {
      return exact.get();
    }
    List<Network> matching =
        networks.list().stream()
            .filter(network -> !text.isEmpty() && network.id().startsWith(text))
            .toList();
    if (matching.size() > 1) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "network %s is ambiguous (%d matches found on ID prefix)"
              .formatted(text, matching.size()));
    }
    return matching.stream()
        .findFirst()
        .orElseThrow(
            () -> new EngineException(ErrorKind.NOT_FOUND, "network " + text + " not found"));
  }

  private NetworkView view(Network network) {
    Map<String, NetworkView.Member> members = new LinkedHashMap<>();
    for (Container container : containers.all()) {
      ContainerView view = container.view();
      ContainerView.EndpointView endpoint = view.networks().get(network.name());
      if (endpoint != null && !endpoint.endpointId().isEmpty()) {
        String address =
            endpoint.ipAddress().isEmpty()
                ? ""
                : endpoint.ipAddress() + "/" + endpoint.prefixLength();
        members.put(
            view.id(),
            new NetworkView.Member(
                view.name(), endpoint.endpointId(), endpoint.macAddress(), address, ""));
      }
    }
    return new NetworkView(
        network.id(),
        network.name(),
        driver(network.name()),
        network.created(),
        false,
        false,
        false,
        network
            .subnet()
            .map(
                subnet ->
                    List.of(
                        new NetworkView.Pool(
                            subnet.toString(),
                            network.gateway().map(Ipv4Subnet::text).orElse(""),
                            "")))
            .orElse(List.of()),
        network.options(),
        network.labels(),
        members);
  }

  @Override
  public void close() {
    networks.close();
  }
}
