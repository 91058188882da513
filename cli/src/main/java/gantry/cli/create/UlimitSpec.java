package gantry.cli.create;

import gantry.cli.format.GoNumbers;
import gantry.cli.json.JsonObject;
import java.util.Set;

/// `--ulimit`: `name=soft[:hard]`, `-1` for unlimited.
public final class UlimitSpec {

  private static final Set<String> NAMES =
      Set.of(
          "core",
          "cpu",
          "data",
          "fsize",
          "locks",
          "memlock",
          "msgqueue",
          "nice",
          "nofile",
          "nproc",
          "rss",
          "rtprio",
          "rttime",
          "sigpending",
          "stack");

  private UlimitSpec() {}

  /// Reads the value.
  public static JsonObject parse(String spec) {
    int equals = spec.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException("invalid ulimit argument: " + spec);
    }
    String name = spec.substring(0, equals);
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException("invalid ulimit type: " + name);
    }
    String[] limits = spec.substring(equals + 1).split(":", -1);
    if (limits.length > 2) {
      throw new IllegalArgumentException(
          "too many limit value arguments - "
              + spec.substring(equals + 1)
              + ", can only have up to two, `soft[:hard]`");
    }
    long soft = GoNumbers.parseInt(limits[0], 64);
    long hard = limits.length == 2 ? GoNumbers.parseInt(limits[1], 64) : soft;
    if (hard != -1 && (soft == -1 || soft > hard)) {
      throw new IllegalArgumentException(
          "ulimit soft limit must be less than or equal to hard limit: " + soft + " > " + hard);
    }
    return JsonObject.create().put("Name", name).put("Hard", hard).put("Soft", soft);
  }
}
