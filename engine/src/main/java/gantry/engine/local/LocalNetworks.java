package gantry.engine.local;

import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.EndpointSpec;
import gantry.engine.container.PortBinding;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.network.Endpoint;
import gantry.network.EndpointRequest;
import gantry.network.HostsFile;
import gantry.network.IpAddress;
import gantry.network.Network;
import gantry.network.NetworkConfig;
import gantry.network.NetworkException;
import gantry.network.NetworkSpec;
import gantry.network.Networks;
import gantry.network.Sandbox;
import gantry.network.Subnet;
import gantry.network.dns.NameService;
import gantry.network.dns.NamedPlaces;
import gantry.network.port.Ports;
import gantry.state.Database;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The networks of this machine, and the containers' places in them.
final class LocalNetworks implements AutoCloseable {
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
  /// @param ports what it publishes
  record Place(
      Optional<Sandbox> sandbox,
      Map<String, ContainerView.EndpointView> endpoints,
      List<PortBinding> ports)
      implements AutoCloseable {
    /// A place without a network namespace of its own.
    static Place none() {
      return new Place(Optional.empty(), Map.of(), List.of());
    }

    Optional<Fd> namespace() {
      return sandbox.map(Sandbox::fd);
    }

    @Override
    public void close() {
      sandbox.ifPresent(Sandbox::close);
    }
  }

  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

  private final EngineConfig config;
  private final Networks networks;
  private final Ports ports;
  private final NameService names;
  private final EventNames events;

  private LocalNetworks(
      EngineConfig config, Networks networks, Ports ports, NameService names, EventNames events) {
    this.config = config;
    this.networks = networks;
    this.ports = ports;
    this.names = names;
    this.events = events;
  }

  /// @param running the folder of what is known of running containers
  /// @param containers names of containers, for error messages
  static LocalNetworks open(
      EngineConfig config,
      Database database,
      Path running,
      ContainerStore containers,
      EventNames events) {
    NetworkConfig settings = NetworkSettings.of(config);
    Networks networks = Networks.open(settings, database);
    try {
      Ports ports = Ports.open(settings, networks, database, containers::nameOf);
      NameService names = NameService.open(RESOLV_CONF, running, settings.host());
      networks.add(ports);
      networks.add(new NamedPlaces(names, networks));
      return new LocalNetworks(config, networks, ports, names, events);
    } catch (RuntimeException e) {
      networks.close();
      throw e;
    }
  }

  /// Puts right what happened while no engine ran.
  ///
  /// @param running a process of each container that runs, by container id
  void repair(Map<String, Long> running) {
    networks.repair(running);
    ports.repair();
  }

  /// Opens the name service again in a container that was running when the engine was opened.
  void serveAgain(ContainerView container) {
    if (resolvesNames(container.id())) {
      try (NetworkNamespace namespace = NetworkNamespace.ofProcess(container.state().pid())) {
        names.serve(container.id(), namespace, servers(container.spec()));
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) { // it ended meanwhile
          throw e;
        }
      }
    }
  }

  /// Whether a container is in a network in which names are resolved.
  boolean resolvesNames(String containerId) {
    return networks.endpoints(containerId).stream()
        .anyMatch(endpoint -> !endpoint.names().isEmpty());
  }

  /// Name servers that a container or the engine was given, in place of the host's.
  private List<InetAddress> servers(ContainerSpec spec) {
    List<String> own = spec.identity().dns();
    return (own.isEmpty() ? config.dns() : own)
        .stream().flatMap(server -> IpAddress.find(server).stream()).map(IpAddress::inet).toList();
  }

  /// What a container publishes now.
  List<PortBinding> published(String containerId) {
    return PortWishes.shown(ports.published(containerId));
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
    places.put(first, cleared(asked(spec, first), "", List.of()));
    spec.networkEndpoints()
        .forEach(
            (network, asked) -> {
              if (!network.equals("default")) {
                places.putIfAbsent(nameOf(network), cleared(asked, "", List.of()));
              }
            });
    return places;
  }

  /// Judges what is asked of a new container's places, as far as the networks are there.
  ///
  /// @throws EngineException in Docker's words
  void check(ContainerSpec spec) {
    created(spec)
        .forEach((name, place) -> networks.find(name).ifPresent(n -> check(n, place.spec())));
  }

  private static void check(Network network, EndpointSpec asked) {
    try {
      NetworkRequests.check(asked, network);
    } catch (EngineException e) {
      throw new EngineException(
          e.kind(),
          "invalid config for network %s: %s".formatted(network.name(), e.getMessage()),
          e);
    }
  }

  /// A network's name where it is there; else what stands for one: that is found at the start.
  private String nameOf(String network) {
    return networks.find(network).map(Network::name).orElse(network);
  }

  /// The places of a container that does not run: no addresses.
  static Map<String, ContainerView.EndpointView> cleared(
      Map<String, ContainerView.EndpointView> places) {
    Map<String, ContainerView.EndpointView> cleared = new LinkedHashMap<>();
    places.forEach(
        (name, place) ->
            cleared.put(name, cleared(place.spec(), place.networkId(), place.dnsNames())));
    return cleared;
  }

  static ContainerView.EndpointView cleared(
      EndpointSpec asked, String networkId, List<String> names) {
    return new ContainerView.EndpointView(asked, networkId, "", "", "", 0, "", "", 0, "", names);
  }

  /// What is asked of a place; clients name it by the network's name or by its id.
  private EndpointSpec asked(ContainerSpec spec, String name) {
    return spec.networkEndpoints().entrySet().stream()
        .filter(endpoint -> nameOf(endpoint.getKey()).equals(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(spec.networkEndpoints().getOrDefault("default", NOTHING_ASKED));
  }

  /// Gives a container its places; the caller closes it after the start.
  ///
  /// @param own the namespace that it shall be, which becomes the place's; without one it is one
  ///   made ahead
  Place join(ContainerView container, Optional<OwnedFd> own) {
    Map<String, ContainerView.EndpointView> places = container.networks();
    if (container.spec().isolation().networkMode().startsWith("container:")) {
      return Place.none();
    }
    if (places.keySet().equals(Set.of("bridge")) && networks.find("bridge").isEmpty()) {
      return new Place(Optional.of(isolate(own)), cleared(places), List.of()); // switched off
    }
    List<Network> joined = places.keySet().stream().map(this::networkToJoin).toList();
    if (joined.isEmpty() || joined.getFirst().driver() == Network.Driver.NONE) {
      return new Place(Optional.of(isolate(own)), bare(joined, places), List.of());
    }
    if (joined.getFirst().driver() == Network.Driver.HOST) {
      return new Place(Optional.empty(), bare(joined, places), List.of());
    }
    List<EndpointRequest> requests =
        joined.stream()
            .map(network -> request(container, network, place(places, network).spec()))
            .toList();
    Sandbox sandbox = attach(container, requests, own);
    Map<String, ContainerView.EndpointView> given = new LinkedHashMap<>();
    for (Network network : joined) {
      sandbox.endpoints().stream()
          .filter(endpoint -> endpoint.networkId().equals(network.id()))
          .forEach(
              endpoint -> given.put(network.name(), view(place(places, network).spec(), endpoint)));
    }
    return new Place(Optional.of(sandbox), given, published(container.id()));
  }

  private Network networkToJoin(String name) {
    return networks
        .find(name)
        .orElseThrow(
            () ->
                new EngineException(
                    ErrorKind.NOT_FOUND,
                    "failed to set up container networking: network " + name + " not found"));
  }

  private static ContainerView.EndpointView place(
      Map<String, ContainerView.EndpointView> places, Network network) {
    ContainerView.EndpointView place = places.get(network.name());
    return place == null ? cleared(NOTHING_ASKED, "", List.of()) : place;
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
        !configuresNetwork(container.spec().isolation()));
  }

  /// Whether it may give itself addresses.
  private static boolean configuresNetwork(ContainerSpec.Isolation isolation) {
    return isolation.privileged()
        || isolation.capabilitiesAdded().stream()
            .map(name -> name.toUpperCase(Locale.ROOT))
            .anyMatch(Set.of("ALL", "NET_ADMIN", "CAP_NET_ADMIN")::contains);
  }

  /// Docker's: the container's name, its aliases, its short id and its hostname, each once.
  static List<String> names(ContainerView container, Network network, EndpointSpec asked) {
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

  private Sandbox isolate(Optional<OwnedFd> own) {
    return own.map(networks::isolate).orElseGet(networks::isolate);
  }

  private Sandbox attach(
      ContainerView container, List<EndpointRequest> requests, Optional<OwnedFd> own) {
    ports.want(container.id(), PortWishes.of(container.spec()));
    try {
      Sandbox sandbox =
          own.isPresent()
              ? networks.attach(container.id(), requests, own.get())
              : networks.attach(container.id(), requests);
      serve(container, sandbox);
      return sandbox;
    } catch (NetworkException e) {
      EngineException failure = Failures.of("", e);
      throw new EngineException(
          failure.kind(), "failed to set up container networking: " + failure.getMessage(), e);
    }
  }

  /// Opens the name service in a container that is about to start, where there are names.
  private void serve(ContainerView container, Sandbox sandbox) {
    if (sandbox.endpoints().stream().anyMatch(endpoint -> !endpoint.names().isEmpty())) {
      try (NetworkNamespace namespace = NetworkNamespace.adopt(sandbox.namespace().duplicate())) {
        names.serve(container.id(), namespace, servers(container.spec()));
      } catch (RuntimeException e) {
        sandbox.close();
        abandon(container.id());
        throw e;
      }
    }
  }

  /// Puts a running container into another network.
  ContainerView.EndpointView connect(
      ContainerView container, int pid, Network network, EndpointSpec asked) {
    Endpoint endpoint = networks.connect(container.id(), pid, request(container, network, asked));
    if (!names.serves(container.id())) {
      serveAgain(container);
    }
    return view(asked, endpoint);
  }

  /// Takes a container out of a network.
  void disconnect(ContainerView container, Optional<Long> pid, Network network) {
    networks.disconnect(container.id(), pid, network);
  }

  /// Takes a running container out of networks in which its row does not have it: the engine ended
  /// in the middle of a connect, which was not answered then, or of a disconnect.
  ///
  /// @return the addresses that it had there
  List<IpAddress> leaveUnrecorded(ContainerView container) {
    List<IpAddress> left = new ArrayList<>();
    for (Endpoint endpoint : networks.endpoints(container.id())) {
      boolean recorded =
          container.networks().values().stream()
              .anyMatch(place -> place.endpointId().equals(endpoint.id()));
      if (!recorded) {
        left.addAll(endpoint.addresses());
        networks
            .find(endpoint.networkId())
            .ifPresent(
                network ->
                    disconnect(container, Optional.of((long) container.state().pid()), network));
      }
    }
    return left;
  }

  Network create(NetworkSpec spec) {
    return networks.create(spec);
  }

  void remove(Network network) {
    networks.remove(network);
  }

  /// The container has another name from now on.
  Map<String, ContainerView.EndpointView> renamed(ContainerView container) {
    Map<String, ContainerView.EndpointView> places = new LinkedHashMap<>();
    Map<String, List<String>> names = new LinkedHashMap<>();
    container
        .networks()
        .forEach(
            (name, place) -> {
              List<String> dns =
                  networks
                      .find(name)
                      .filter(_ -> !place.dnsNames().isEmpty())
                      .map(network -> names(container, network, place.spec()))
                      .orElse(place.dnsNames());
              names.put(place.networkId(), dns);
              places.put(name, withNames(place, dns));
            });
    networks.rename(container.id(), names);
    return places;
  }

  private static ContainerView.EndpointView withNames(
      ContainerView.EndpointView place, List<String> names) {
    return new ContainerView.EndpointView(
        place.spec(),
        place.networkId(),
        place.endpointId(),
        place.gateway(),
        place.ipAddress(),
        place.prefixLength(),
        place.ipv6Gateway(),
        place.ipv6Address(),
        place.ipv6PrefixLength(),
        place.macAddress(),
        names);
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

  static String text(Optional<IpAddress> address) {
    return address.map(IpAddress::toString).orElse("");
  }

  /// Tells that a container is in its networks now.
  void tellConnected(ContainerView container) {
    tell("connect", container);
  }

  private void tell(String action, ContainerView container) {
    container
        .networks()
        .forEach(
            (name, place) ->
                networks
                    .find(name)
                    .filter(_ -> !place.endpointId().isEmpty())
                    .ifPresent(network -> events.network(action, network, container.id())));
  }

  /// Gives back what a start took that failed.
  void abandon(String containerId) {
    ports.want(containerId, List.of());
    networks.release(containerId);
  }

  /// Takes a container out of its networks; harmless when it is in none.
  void leave(ContainerView container) {
    ports.want(container.id(), List.of());
    networks.release(container.id());
    tell("disconnect", container);
  }

  /// The host's addresses as containers reach them.
  private List<String> hostGateways() {
    if (!config.bridge().hostGateways().isEmpty()) {
      return config.bridge().hostGateways();
    }
    List<String> own =
        networks.find("bridge").stream()
            .flatMap(network -> network.pools().stream())
            .flatMap(pool -> pool.gateway().stream())
            .map(IpAddress::toString)
            .toList();
    if (own.isEmpty()) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "unable to derive the IP value for host-gateway");
    }
    return own;
  }

  /// The addresses of a container's own line in its hosts file.
  List<IpAddress> addresses(String containerId) {
    return networks.endpoints(containerId).stream()
        .flatMap(endpoint -> endpoint.addresses().stream())
        .toList();
  }

  /// Lines of `--add-host`.
  List<HostsFile.Entry> hostEntries(ContainerSpec spec) {
    return spec.identity().extraHosts().stream().flatMap(this::hostEntries).toList();
  }

  private Stream<HostsFile.Entry> hostEntries(String text) {
    return text.endsWith(HostsFile.HOST_GATEWAY)
        ? hostGateways().stream().map(address -> HostsFile.Entry.parse(text, address))
        : Stream.of(HostsFile.Entry.parse(text, ""));
  }

  List<Network> list() {
    return networks.list();
  }

  /// The network of this id or name.
  Optional<Network> find(String idOrName) {
    return networks.find(idOrName);
  }

  /// By full id, name, or beginning of an id.
  Network network(String text) {
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

  @Override
  public void close() {
    names.close();
    ports.close();
    networks.close();
  }
}
