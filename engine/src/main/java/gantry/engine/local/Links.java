package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.network.HostsFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Links (`--link`): other containers that one knows by a name of its own, a line in its hosts file
/// for each, and on the default bridge the variables that Docker sets there.
final class Links {
  private static final String BRIDGE = "bridge";

  private final ContainerStore containers;

  Links(ContainerStore containers) {
    this.containers = containers;
  }

  /// @param container name or id, as the user wrote it
  /// @param alias the name by which it is known
  /// @param network in which the two meet
  private record Link(String container, String alias, String network) {
    static Link parse(String text, String network) {
      int colon = text.indexOf(':');
      String container = colon < 0 ? text : text.substring(0, colon);
      String name = container.startsWith("/") ? container.substring(1) : container;
      return new Link(name, colon < 0 ? name : text.substring(colon + 1), network);
    }
  }

  /// Whether a container has links at all, which few have.
  static boolean any(ContainerView view) {
    return !view.spec().identity().links().isEmpty()
        || view.networks().values().stream().anyMatch(place -> !place.spec().links().isEmpty());
  }

  private static List<Link> of(ContainerView view) {
    List<Link> links = new ArrayList<>();
    if (view.networks().containsKey(BRIDGE)) {
      view.spec().identity().links().forEach(text -> links.add(Link.parse(text, BRIDGE)));
    }
    view.networks()
        .forEach(
            (network, place) ->
                place.spec().links().forEach(text -> links.add(Link.parse(text, network))));
    return links;
  }

  /// Refuses links to what is not there.
  void check(ContainerSpec spec) {
    for (String text : spec.identity().links()) {
      Link link = Link.parse(text, BRIDGE);
      if (target(link).isEmpty()) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT,
            "could not get container for %1$s: No such container: %1$s".formatted(link.container));
      }
    }
  }

  /// The lines for the containers that run by now.
  ///
  /// @throws EngineException if one does not that is linked to on the default bridge, where order
  ///   matters; elsewhere its line comes when it starts
  List<HostsFile.Entry> entries(ContainerView view) {
    List<HostsFile.Entry> entries = new ArrayList<>();
    for (Link link : of(view)) {
      Optional<ContainerView> target = target(link);
      Optional<HostsFile.Entry> entry = target.flatMap(other -> entry(link, other));
      if (entry.isEmpty() && link.network.equals(BRIDGE)) {
        throw new EngineException(
            ErrorKind.INTERNAL,
            "Cannot link to a non running container: /%s AS /%s/%s"
                .formatted(
                    target.map(ContainerView::name).orElse(link.container),
                    view.name(),
                    link.alias));
      }
      entry.ifPresent(entries::add);
    }
    return entries;
  }

  /// The lines of `view` for one other container, which has just started.
  List<HostsFile.Entry> entriesFor(ContainerView view, ContainerView started) {
    return of(view).stream()
        .filter(link -> target(link).filter(other -> other.id().equals(started.id())).isPresent())
        .flatMap(link -> entry(link, started).stream())
        .toList();
  }

  /// The variables for the containers on the default bridge that run.
  List<String> variables(ContainerView view) {
    List<String> variables = new ArrayList<>();
    for (Link link : of(view)) {
      Optional<ContainerView> target = target(link).filter(_ -> link.network.equals(BRIDGE));
      target
          .flatMap(other -> address(link, other))
          .ifPresent(
              address ->
                  variables.addAll(
                      LinkVariables.of(
                          view.name(), link.alias, address, target.orElseThrow().spec())));
    }
    return variables;
  }

  private Optional<ContainerView> target(Link link) {
    try {
      return Optional.of(containers.find(link.container).view());
    } catch (EngineException _) { // removed since, or never there
      return Optional.empty();
    }
  }

  private static Optional<HostsFile.Entry> entry(Link link, ContainerView target) {
    String own = target.spec().identity().hostname();
    String name = link.alias.equals(target.name()) ? "" : " " + target.name();
    return address(link, target)
        .map(address -> new HostsFile.Entry(address, link.alias + " " + own + name));
  }

  private static Optional<String> address(Link link, ContainerView target) {
    return Optional.ofNullable(target.networks().get(link.network))
        .map(ContainerView.EndpointView::ipAddress)
        .filter(address -> !address.isEmpty());
  }
}
