package gantry.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The command line of `gantry store`: options with and without a value, and words.
record StoreOptions(Map<String, String> values, List<String> words) {
  private static final Set<String> WITH_VALUE =
      Set.of(
          "config",
          "listen",
          "log-level",
          "root",
          "tlscert",
          "tlskey",
          "may",
          "repository",
          "days");
  private static final Set<String> ALONE = Set.of("help", "tls", "dry-run");
  private static final String ROOT = "/var/lib/gantry-store";

  static StoreOptions parse(List<String> arguments) {
    Map<String, String> values = new HashMap<>();
    List<String> words = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (!argument.startsWith("--")) {
        words.add(argument);
        continue;
      }
      int equals = argument.indexOf('=');
      String name = argument.substring(2, equals < 0 ? argument.length() : equals);
      if (ALONE.contains(name) && equals < 0) {
        values.put(name, "true");
      } else if (!WITH_VALUE.contains(name)) {
        throw new IllegalArgumentException(
            "unknown option '" + argument + "'; see gantry store --help");
      } else if (equals >= 0) {
        values.put(name, argument.substring(equals + 1));
      } else if (++i < arguments.size()) {
        values.put(name, arguments.get(i));
      } else {
        throw new IllegalArgumentException("option '" + argument + "' needs a value");
      }
    }
    return new StoreOptions(Map.copyOf(values), List.copyOf(words));
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  Optional<String> find(String name) {
    return Optional.ofNullable(values.get(name));
  }

  String value(String name, String fallback) {
    return values.getOrDefault(name, fallback);
  }

  Path root() {
    return Path.of(value("root", ROOT)).toAbsolutePath();
  }
}
