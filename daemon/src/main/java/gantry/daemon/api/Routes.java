package gantry.daemon.api;

import java.util.ArrayList;
import java.util.Arrays;
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
  record Route(String method, List<Segment> segments, int since, Handler handler) {}

  /// A part of a pattern between slashes; `variable` is empty where it is to be met literally.
  record Segment(String text, String variable, boolean greedy) {
    static Segment parse(String text) {
      boolean greedy = text.endsWith("...}");
      boolean variable = text.startsWith("{");
      int end = text.length() - (greedy ? 4 : 1);
      return new Segment(text, variable ? text.substring(1, end) : "", greedy);
    }

    boolean literal() {
      return variable.isEmpty();
    }
  }

  /// A route that fits a path, with what its variables stand for.
  record Match(Route route, Map<String, String> variables) {}

  // By first segment, which is always fixed.
  private final Map<String, List<Route>> routes = new HashMap<>();

  Routes add(String method, String pattern, Handler handler) {
    return add(method, pattern, 0, handler);
  }

  /// @param since the minor version from which on the route is there
  Routes add(String method, String pattern, int since, Handler handler) {
    List<Segment> segments =
        Arrays.stream(pattern.substring(1).split("/")).map(Segment::parse).toList();
    routes
        .computeIfAbsent(segments.getFirst().text(), _ -> new ArrayList<>())
        .add(new Route(method, segments, since, handler));
    return this;
  }

  /// Finds the route for a decoded path; those added first go first.
  Optional<Match> find(String method, String path) {
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    String[] segments = path.substring(1).split("/", -1);
    for (Route route : routes.getOrDefault(segments[0], List.of())) {
      if (route.method.equals(method)) {
        Optional<Map<String, String>> variables = match(route.segments, segments);
        if (variables.isPresent()) {
          return Optional.of(new Match(route, variables.get()));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Map<String, String>> match(List<Segment> pattern, String[] path) {
    int surplus = path.length - pattern.size();
    if (surplus < 0) {
      return Optional.empty();
    }
    Map<String, String> variables = Map.of();
    int at = 0;
    for (Segment segment : pattern) {
      int count = segment.greedy ? 1 + surplus : 1;
      String actual =
          count == 1 ? path[at] : String.join("/", List.of(path).subList(at, at + count));
      if (segment.literal() ? !segment.text.equals(actual) : actual.isEmpty()) {
        return Optional.empty();
      }
      if (!segment.literal()) {
        variables = with(variables, segment.variable, actual);
      }
      at += count;
    }
    return at == path.length ? Optional.of(variables) : Optional.empty();
  }

  // Most routes have one variable at most.
  private static Map<String, String> with(Map<String, String> some, String name, String value) {
    if (some.isEmpty()) {
      return Map.of(name, value);
    }
    Map<String, String> more = new HashMap<>(some);
    more.put(name, value);
    return more;
  }
}
