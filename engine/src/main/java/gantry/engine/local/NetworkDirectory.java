package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.container.EndpointSpec;
import gantry.engine.container.Status;
import gantry.engine.network.NetworkCatalogue;
import gantry.network.Network;
import gantry.network.NetworkSpec;
import gantry.network.Subnet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The networks as users see and change them. A container's networks change with its `transition`
/// lock held.
final class NetworkDirectory implements NetworkCatalogue {
  private final Rooms rooms;
  private final Lifecycle lifecycle;
  private final ContainerFiles files;
  private final AtomicBoolean pruning = new AtomicBoolean();

  NetworkDirectory(Rooms rooms, Lifecycle lifecycle, ContainerFiles files) {
    this.rooms = rooms;
    this.lifecycle = lifecycle;
    this.files = files;
  }

  @Override
  public List<NetworkView> list() {
    return rooms.networks().list().stream().map(this::view).toList();
  }

  @Override
  public NetworkView find(String network) {
    return view(rooms.networks().network(network));
  }

  @Override
  public String create(NetworkRequest request) {
    NetworkSpec spec = NetworkRequests.read(request, rooms.networks());
    try {
      Network network = rooms.networks().create(spec);
      rooms.events().network("create", network);
      return network.id();
    } catch (RuntimeException e) {
      throw Failures.of("cannot create network '" + spec.name() + "'", e);
    }
  }

  @Override
  public void remove(String text) {
    Network network = rooms.networks().network(text);
    if (network.predefined()) {
      throw new EngineException(
          ErrorKind.FORBIDDEN, network.name() + " is a pre-defined network and cannot be removed");
    }
    Map<String, NetworkView.Member> members = members(network);
    if (!members.isEmpty()) {
      throw new EngineException(
          ErrorKind.FORBIDDEN,
          "error while removing network: network %s has active endpoints (%s)"
              .formatted(
                  network.name(),
                  members.values().stream()
                      .map(
                          member ->
                              "name:\"%s\" id:\"%s\""
                                  .formatted(
                                      member.containerName(), Ids.abbreviate(member.endpointId())))
                      .collect(Collectors.joining(", "))));
    }
    checkNoSource(network);
    try {
      rooms.networks().remove(network);
    } catch (RuntimeException e) {
      throw Failures.of("cannot remove network '" + network.name() + "'", e);
    }
    rooms.events().network("destroy", network);
  }

  private void checkNoSource(Network network) {
    if (rooms.networks().list().stream()
        .anyMatch(other -> other.spec().configFrom().equals(network.name()))) {
      throw new EngineException(
          ErrorKind.FORBIDDEN,
          "error while removing network: configuration network \"%s\" is in use"
              .formatted(network.name()));
    }
  }

  @Override
  public List<String> prune(Predicate<NetworkView> filter) {
    if (!pruning.compareAndSet(false, true)) {
      throw new EngineException(ErrorKind.CONFLICT, "a prune operation is already running");
    }
    try {
      List<String> removed = new ArrayList<>();
      for (Network network : rooms.networks().list()) {
        NetworkView view = view(network);
        if (!network.predefined() && view.members().isEmpty() && filter.test(view)) {
          try {
            remove(network.id());
            removed.add(network.name());
          } catch (EngineException _) { // somebody came in meanwhile
          }
        }
      }
      rooms.events().pruned("network", 0);
      return removed;
    } finally {
      pruning.set(false);
    }
  }

  // connect and disconnect

  @Override
  public void connect(String text, String name, EndpointSpec asked) {
    Optional<Network> network = rooms.networks().find(text);
    Container container = rooms.containers().find(name);
    container.transition.lock();
    try {
      checkPresent(container, "connected");
      if (container.run == null && network.isEmpty()) {
        place(
            container, text, LocalNetworks.cleared(asked, "", List.of())); // for its start to find
        return;
      }
      connect(container, rooms.networks().network(text), asked);
    } catch (RuntimeException e) {
      throw Failures.of("cannot connect container '%s' to network '%s'".formatted(name, text), e);
    } finally {
      container.transition.unlock();
    }
  }

  private void connect(Container container, Network network, EndpointSpec asked) {
    ContainerView view = container.view();
    checkJoinable(view, network);
    NetworkRequests.check(asked, network);
    ContainerView.EndpointView former = view.networks().get(network.name());
    ActiveRun run = container.run;
    if (run == null) {
      List<String> names = LocalNetworks.names(view, network, asked);
      place(container, network.name(), LocalNetworks.cleared(asked, "", names));
      return;
    }
    if (former != null) {
      throw new EngineException(
          ErrorKind.FORBIDDEN,
          "endpoint with name %s already exists in network %s"
              .formatted(view.name(), network.name()));
    }
    place(
        container,
        network.name(),
        rooms.networks().connect(view, run.process().pid(), network, asked));
    showPorts(container);
    files.joined(container.view(), network.name());
    rooms.events().network("connect", network, container.id);
  }

  private void checkJoinable(ContainerView view, Network network) {
    String mode = view.spec().isolation().networkMode();
    if (network.driver() == Network.Driver.HOST) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          mode.equals("host")
              ? "container sharing network namespace with another container or host cannot be connected to any other network"
              : "cannot connect container to host network - container must be created in host network mode");
    }
    if (mode.equals("host") || mode.startsWith("container:")) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "container sharing network namespace with another container or host cannot be connected to any other network");
    }
    if (network.driver() == Network.Driver.NONE || view.networks().containsKey("none")) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "container cannot be connected to multiple networks with one of the networks in private (none) mode");
    }
  }

  private void place(Container container, String name, ContainerView.EndpointView place) {
    ContainerView view = container.view();
    Map<String, ContainerView.EndpointView> places = new LinkedHashMap<>(view.networks());
    places.put(name, place);
    show(container, places);
  }

  private void show(Container container, Map<String, ContainerView.EndpointView> places) {
    container.show(v -> Views.networks(v, places, v.networkNamespacePath()));
    lifecycle.saveShown(container);
  }

  /// Published ports lead to the network of the default route, which may be another now.
  private void showPorts(Container container) {
    container.show(v -> Views.publishedPorts(v, rooms.networks().published(v.id())));
  }

  @Override
  public void disconnect(String text, String name, boolean force) {
    Network network = rooms.networks().network(text);
    Container container;
    try {
      container = rooms.containers().find(name);
    } catch (EngineException e) {
      if (force && e.kind() == ErrorKind.NOT_FOUND) {
        return; // what it had was given back with it
      }
      throw e;
    }
    container.transition.lock();
    try {
      disconnect(container, network);
    } catch (RuntimeException e) {
      throw Failures.of(
          "cannot disconnect container '%s' from network '%s'".formatted(name, text), e);
    } finally {
      container.transition.unlock();
    }
  }

  private void disconnect(Container container, Network network) {
    checkPresent(container, "disconnected");
    ContainerView view = container.view();
    if (network.driver() == Network.Driver.HOST && view.networks().containsKey(network.name())) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "container cannot be disconnected from host network or connected to host network");
    }
    Map<String, ContainerView.EndpointView> places = new LinkedHashMap<>(view.networks());
    ContainerView.EndpointView place = places.remove(network.name());
    if (place == null) {
      throw new EngineException(
          ErrorKind.INTERNAL,
          "container %s is not connected to network %s".formatted(view.id(), network.name()));
    }
    show(container, places);
    ActiveRun run = container.run;
    if (run != null) {
      rooms.networks().disconnect(view, Optional.of((long) run.process().pid()), network);
      showPorts(container);
      files.left(view, place);
      rooms.events().network("disconnect", network, container.id);
    }
  }

  private static void checkPresent(Container container, String verb) {
    Status status = container.view().state().status();
    if (container.removing.get() || status == Status.REMOVING || status == Status.DEAD) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "container %s is marked for removal and cannot be %s to or from the network"
              .formatted(container.id, verb));
    }
  }

  // views

  private NetworkView view(Network network) {
    NetworkSpec spec = network.spec();
    return new NetworkView(
        network.id(),
        network.name(),
        network.driver().dockerName(),
        network.created(),
        spec.ipv4(),
        spec.ipv6(),
        spec.internal(),
        spec.attachable(),
        spec.configOnly(),
        spec.configFrom(),
        spec.ipamOptions(),
        pools(network),
        spec.options(),
        spec.labels(),
        members(network));
  }

  /// Those that were asked for as they were; with the predefined one, as they are.
  private static List<Pool> pools(Network network) {
    List<NetworkSpec.Pool> asked = network.predefined() ? List.of() : network.spec().pools();
    Stream<NetworkSpec.Pool> chosen =
        network.pools().stream()
            .filter(
                pool ->
                    asked.stream()
                        .noneMatch(other -> other.subnet().ipv6() == pool.subnet().ipv6()));
    return Stream.concat(asked.stream(), chosen).map(NetworkDirectory::pool).toList();
  }

  private static Pool pool(NetworkSpec.Pool pool) {
    Map<String, String> auxiliary = new LinkedHashMap<>();
    pool.auxiliary().forEach((name, address) -> auxiliary.put(name, address.toString()));
    return new Pool(
        pool.subnet().toString(),
        LocalNetworks.text(pool.gateway()),
        pool.range().map(Subnet::toString).orElse(""),
        auxiliary);
  }

  private Map<String, NetworkView.Member> members(Network network) {
    Map<String, NetworkView.Member> members = new LinkedHashMap<>();
    for (Container container : rooms.containers().all()) {
      ContainerView view = container.view();
      ContainerView.EndpointView place = view.networks().get(network.name());
      if (place != null && !place.endpointId().isEmpty()) {
        members.put(
            view.id(),
            new NetworkView.Member(
                view.name(),
                place.endpointId(),
                place.macAddress(),
                address(place.ipAddress(), place.prefixLength()),
                address(place.ipv6Address(), place.ipv6PrefixLength())));
      }
    }
    return members;
  }

  private static String address(String address, int prefixLength) {
    return address.isEmpty() ? "" : address + "/" + prefixLength;
  }
}
