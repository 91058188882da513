package gantry.daemon.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which handler answers which method and path.
///
/// ```
/// /containers/{id}/json      {id} is one segment
/// /images/{name...}/json     {name...} is one segment or more, as many as there are
/// ```
final class Routes {
  /// Answers one call.
  interface Handler {
    void handle(Call call) throws Exception;
  }

  /// One entry: newer API versions only, where `since` says so.
  record Route(String method, List<String> segments, int since, Handler handler) {
    String pattern() {
      return "/" + String.join("/", segments);
    }
  }

  /// A route that fits a path, with what its variables stand for.
  record Match(Route route, Map<String, String> variables) {}

  // By method and first segment: both are always fixed.
  private final Map<String, List<Route>> routes = new HashMap<>();

  Routes add(String method, String pattern, Handler handler) {
    return add(method, pattern, 0, handler);
  }

  /// @param since the minor version from which on the route is there
  Routes add(String method, String pattern, int since, Handler handler) {
    List<String> segments = List.of(pattern.substring(1).split("/"));
    routes
        .computeIfAbsent(key(method, segments.getFirst()), _ -> new ArrayList<>())
        .add(new Route(method, segments, since, handler));
    return this;
  }

  private static String key(String method, String first) {
    return method + " " + first;
  }

  /// Finds the route for a decoded path; those added first go first.
  Optional<Match> find(String method, String path) {
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    String[] segments = path.substring(1).split("/", -1);
    for (Route route : routes.getOrDefault(key(method, segments[0]), List.of())) {
      Optional<Map<String, String>> variables = match(route.segments(), segments);
      if (variables.isPresent()) {
        return Optional.of(new Match(route, variables.get()));
      }
    }
    return Optional.empty();
  }

  private static Optional<Map<String, String>> match(List<String> pattern, String[] path) {
    int surplus = path.length - pattern.size();
    Map<String, String> variables = new HashMap<>(2);
    int at = 0;
    for (String segment : pattern) {
      boolean greedy = segment.endsWith("...}");
      int count = greedy ? 1 + surplus : 1;
      if (count < 1 || at + count > path.length) {
        return Optional.empty();
      }
      String actual =
          count == 1 ? path[at] : String.join("/", List.of(path).subList(at, at + count));
      if (segment.startsWith("{")) {
        if (actual.isEmpty()) {
          return Optional.empty();
        }
        variables.put(segment.substring(1, segment.length() - (greedy ? 4 : 1)), actual);
      } else if (!segment.equals(actual)) {
        return Optional.empty();
      }
      at += count;
    }
    return at == path.length ? Optional.of(variables) : Optional.empty();
  }
}
