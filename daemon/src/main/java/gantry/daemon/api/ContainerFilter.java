package gantry.daemon.api;

import gantry.engine.Engine;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Status;
import gantry.engine.image.ImageView;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which containers a list shows.
final class ContainerFilter implements Predicate<ContainerView> {
  /// All filters that there are.
  static final String[] NAMES = {
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume"
  };

  private static final Pattern PORT =
      Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?(?:/(tcp|udp|sctp))?");

  private final Filters filters;
  private final Optional<Instant> before;
  private final Optional<Instant> since;
  private final Optional<Set<Digest>> ancestors;

  private ContainerFilter(
      Filters filters,
      Optional<Instant> before,
      Optional<Instant> since,
      Optional<Set<Digest>> ancestors) {
    this.filters = filters;
    this.before = before;
    this.since = since;
    this.ancestors = ancestors;
  }

  /// Checks the values, and looks up what they name.
  static ContainerFilter parse(Filters filters, Engine engine) {
    filters.checkWords(
        "status", "state", Arrays.stream(Status.values()).map(Status::word).toArray(String[]::new));
    filters.checkWords("health", "health", "none", "starting", "healthy", "unhealthy");
    filters.checkNumbers("exited");
    filters.flag("is-task");
    for (String port : filters.all("publish")) {
      checkPort("publish", port);
    }
    for (String port : filters.all("expose")) {
      checkPort("expose", port);
    }
    return new ContainerFilter(
        filters,
        filters.only("before").map(name -> engine.containers().find(name).created()),
        filters.only("since").map(name -> engine.containers().find(name).created()),
        filters.has("ancestor")
            ? Optional.of(ancestors(filters.all("ancestor"), engine))
            : Optional.empty());
  }

  private static void checkPort(String filter, String port) {
    if (!PORT.matcher(port).matches()) {
      throw Call.invalid(
          "invalid filter '%s=%s': expected a port, or a range of ports, e.g. 80, 80/tcp or 80-90/tcp"
              .formatted(filter, port));
    }
  }

  // The named images with all that were built on them.
  private static Set<Digest> ancestors(Collection<String> names, Engine engine) {
    Set<Digest> wanted = new HashSet<>();
    for (String name : names) {
      try {
        wanted.add(engine.images().find(name).id());
      } catch (EngineException | FormatException e) {
        if (e instanceof EngineException other && other.kind() == ErrorKind.INTERNAL) {
          throw e;
        }
        // An image that is not here has no containers.
      }
    }
    Map<Digest, Digest> parents = new HashMap<>();
    for (ImageView image : engine.images().list()) {
      image.parent().ifPresent(parent -> parents.put(image.id(), parent));
    }
    Set<Digest> all = new HashSet<>(wanted);
    for (Digest image : parents.keySet()) {
      for (Digest at = image; at != null; at = parents.get(at)) {
        if (wanted.contains(at)) {
          all.add(image);
          break;
        }
      }
    }
    return all;
  }

  /// Whether the filters ask for containers that do not run.
  boolean wantsStopped() {
    return filters.has("status") || filters.has("exited");
  }

  @Override
  public boolean test(ContainerView container) {
    if (filters.none()) {
      return true;
    }
    ContainerView.State state = container.state();
    return filters.matches("name", container.name(), "/" + container.name())
        && filters.matches("id", container.id())
        && filters.labels(container.spec().labels())
        && filters.any("status", word -> state.status().word().equals(word))
        && filters.any("health", word -> health(container).equals(word))
        && filters.any("exited", code -> exited(state, Integer.parseInt(code)))
        && filters.flag("is-task").map(task -> !task).orElse(true)
        && before.map(container.created()::isBefore).orElse(true)
        && since.map(container.created()::isAfter).orElse(true)
        && ancestors.map(images -> images.contains(container.imageId())).orElse(true)
        && filters.any("network", name -> inNetwork(container, name))
        && filters.any("volume", name -> hasVolume(container, name))
        && filters.any("publish", port -> hasPort(published(container), port))
        && filters.any("expose", port -> hasPort(container.spec().exposedPorts(), port));
  }

  private static boolean exited(ContainerView.State state, int code) {
    return !state.running() && state.finishedAt().isPresent() && state.exitCode() == code;
  }

  private static String health(ContainerView container) {
    return container.state().health().map(ContainerView.Health::status).orElse("none");
  }

  private static boolean inNetwork(ContainerView container, String name) {
    return container.networks().entrySet().stream()
        .anyMatch(
            entry ->
                entry.getKey().equals(name)
                    || (!entry.getValue().networkId().isEmpty()
                        && entry.getValue().networkId().startsWith(name)));
  }

  private static boolean hasVolume(ContainerView container, String name) {
    return container.mounts().stream()
        .anyMatch(
            mount ->
                mount.name().equals(name)
                    || mount.source().equals(name)
                    || mount.destination().equals(name));
  }

  private static List<String> published(ContainerView container) {
    return container.spec().portBindings().stream().map(binding -> binding.port()).toList();
  }

  private static boolean hasPort(List<String> ports, String wanted) {
    Matcher matcher = PORT.matcher(wanted);
    if (!matcher.matches()) {
      return false;
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = Optional.ofNullable(matcher.group(2)).map(Integer::parseInt).orElse(first);
    String protocol = Optional.ofNullable(matcher.group(3)).orElse("tcp");
    for (int port = first; port <= last; port++) {
      if (ports.contains(port + "/" + protocol)) {
        return true;
      }
    }
    return false;
  }
}
