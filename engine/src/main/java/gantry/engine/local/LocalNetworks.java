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
import gantry.network.EndpointRequest;
import gantry.network.HostsFile;
import gantry.network.IpAddress;
import gantry.network.Network;
import gantry.network.NetworkConfig;
import gantry.network.NetworkException;
import gantry.network.Networks;
import gantry.network.Sandbox;
import gantry.network.Subnet;
import gantry.state.Database;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
        .withAddress(bridge.address().map(Subnet.Interface::parse))
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

  /// The networks that a container is created in: the one that its mode names, then those that have
  /// settings; no addresses.
  Map<String, ContainerView.EndpointView> created(ContainerSpec spec) {
    String mode = spec.isolation().networkMode();
    if (mode.startsWith("container:")) {
      return Map.of();
    }
    Map<String, ContainerView.EndpointView> places = new LinkedHashMap<>();
    String first = nameOf(mode);
    places.put(first, cleared(asked(spec, first), ""));
    spec.networkEndpoints()
        .forEach(
            (network, asked) -> {
              if (!network.equals("default")) {
                places.putIfAbsent(nameOf(network), cleared(asked, ""));
              }
            });
    return places;
  }

  /// A network's name where it is there; else what stands for one: that is found at the start.
  private String nameOf(String network) {
    return networks.find(network).map(Network::name).orElse(network);
  }

  /// The places of a container that does not run: no addresses.
  static Map<String, ContainerView.EndpointView> cleared(
      Map<String, ContainerView.EndpointView> places) {
    Map<String, ContainerView.EndpointView> cleared = new LinkedHashMap<>();
    places.forEach((name, place) -> cleared.put(name, cleared(place.spec(), place.networkId())));
    return cleared;
  }

  private static ContainerView.EndpointView cleared(EndpointSpec asked, String networkId) {
    return new ContainerView.EndpointView(
        asked, networkId, "", "", "", 0, "", "", 0, "", List.of());
  }

  private static EndpointSpec asked(ContainerSpec spec, String name) {
    return spec.networkEndpoints()
        .getOrDefault(name, spec.networkEndpoints().getOrDefault("default", NOTHING_ASKED));
  }

  /// Gives a container its places; the caller closes it after the start.
  Place join(ContainerView container) {
    Map<String, ContainerView.EndpointView> places = container.networks();
    if (container.spec().isolation().networkMode().startsWith("container:")) {
      return Place.none();
    }
    List<Network> joined = places.keySet().stream().map(this::network).toList();
    if (joined.isEmpty() || joined.getFirst().driver() == Network.Driver.NONE) {
      return new Place(Optional.of(networks.isolate()), bare(joined, places));
    }
    if (joined.getFirst().driver() == Network.Driver.HOST) {
      return new Place(Optional.empty(), bare(joined, places));
    }
    List<EndpointRequest> requests =
        joined.stream()
            .map(network -> request(container, network, place(places, network).spec()))
            .toList();
    Sandbox sandbox = attach(container, requests);
    Map<String, ContainerView.EndpointView> given = new LinkedHashMap<>();
    for (Network network : joined) {
      sandbox.endpoints().stream()
          .filter(endpoint -> endpoint.networkId().equals(network.id()))
          .forEach(
              endpoint -> given.put(network.name(), view(place(places, network).spec(), endpoint)));
    }
    return new Place(Optional.of(sandbox), given);
  }

  private static ContainerView.EndpointView place(
      Map<String, ContainerView.EndpointView> places, Network network) {
    ContainerView.EndpointView place = places.get(network.name());
    return place == null ? cleared(NOTHING_ASKED, "") : place;
  }

  private static EndpointRequest request(
      ContainerView container, Network network, EndpointSpec asked) {
    ContainerSpec.Identity identity = container.spec().identity();
    return new EndpointRequest(
        network,
        asked.ipv4Address().map(IpAddress::parse),
        asked.ipv6Address().map(IpAddress::parse),
        asked.linkLocalAddresses().stream().map(IpAddress::parse).toList(),
        asked
            .macAddress()
            .or(identity::macAddress)
            .filter(mac -> !mac.isEmpty())
            .map(MacAddress::parse),
        names(container, network, asked),
        asked.driverOptions(),
        asked.gatewayPriority(),
        true);
  }

  /// Docker's: the container's name, its aliases, its short id and its hostname, each once.
  private static List<String> names(ContainerView container, Network network, EndpointSpec asked) {
    return network.resolvesNames()
        ? Stream.of(
                Stream.of(container.name()),
                asked.aliases().stream(),
                Stream.of(Ids.abbreviate(container.id()), container.spec().identity().hostname()))
            .flatMap(names -> names)
            .filter(name -> !name.isEmpty())
            .distinct()
            .toList()
        : List.of();
  }

  private Sandbox attach(ContainerView container, List<EndpointRequest> requests) {
    try {
      return networks.attach(container.id(), requests);
    } catch (NetworkException e) {
      throw Failures.of("cannot connect container '" + container.name() + "'", e);
    }
  }

  private static Map<String, ContainerView.EndpointView> bare(
      List<Network> joined, Map<String, ContainerView.EndpointView> places) {
    Map<String, ContainerView.EndpointView> given = new LinkedHashMap<>();
    for (Network network : joined) {
      given.put(
          network.name(),
          new ContainerView.EndpointView(
              place(places, network).spec(),
              network.id(),
              Ids.next(),
              "",
              "",
              0,
              "",
              "",
              0,
              "",
              List.of()));
    }
    return given;
  }

  private static ContainerView.EndpointView view(EndpointSpec asked, Endpoint endpoint) {
    return new ContainerView.EndpointView(
        asked,
        endpoint.networkId(),
        endpoint.id(),
        text(endpoint.gateway()),
        text(endpoint.ipv4().map(Subnet.Interface::address)),
        endpoint.ipv4().map(own -> own.subnet().prefixLength()).orElse(0),
        text(endpoint.ipv6Gateway()),
        text(endpoint.ipv6().map(Subnet.Interface::address)),
        endpoint.ipv6().map(own -> own.subnet().prefixLength()).orElse(0),
        endpoint.mac().toString(),
        endpoint.names());
  }

  private static String text(Optional<IpAddress> address) {
    return address.map(IpAddress::toString).orElse("");
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
    return networks
        .find("bridge")
        .flatMap(network -> network.gateway(false))
        .map(IpAddress::toString)
        .orElse("127.0.0.1");
  }

  /// The addresses of a container's own line in its hosts file.
  List<IpAddress> addresses(String containerId) {
    return networks.endpoints(containerId).stream()
        .flatMap(endpoint -> endpoint.addresses().stream())
        .toList();
  }

  /// Lines of `--add-host`.
  List<HostsFile.Entry> hostEntries(ContainerSpec spec) {
    return spec.identity().extraHosts().stream()
        .map(text -> HostsFile.Entry.parse(text, hostGateway()))
        .toList();
  }

  private String driver(String name) {
    return networks
        .find(name)
        .map(network -> network.driver().dockerName())
        .orElse(Network.Driver.BRIDGE.dockerName());
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
        network.driver().dockerName(),
        network.created(),
        network.spec().ipv6(),
        network.spec().internal(),
        network.spec().attachable(),
        network.pools().stream()
            .map(
                pool ->
                    new NetworkView.Pool(
                        pool.subnet().toString(),
                        text(pool.gateway()),
                        pool.range().map(Subnet::toString).orElse("")))
            .toList(),
        network.spec().options(),
        network.spec().labels(),
        members);
  }

  @Override
  public void close() {
    networks.close();
  }
}
