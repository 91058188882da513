package gantry.cli.template;

import gantry.cli.format.GoNumbers;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Gives JSON the Go types that Docker's client would have decoded it into, as far as templates can
/// tell them apart: a map's missing key is no error, a null list prints as `[]`, a struct prints
/// its values and a map its keys too.
public sealed interface GoValue {

  /// A `map[string]T`.
  record GoMap(Map<String, Object> entries) implements GoValue {}

  /// What a missing map key yields.
  enum Absent implements GoValue {
    NO_VALUE
  }

  /// A nil slice or map; JSON `null`.
  enum Nil implements GoValue {
    SLICE,
    MAP;

    @Override
    public String toString() {
      return "null";
    }
  }

  /// Members that hold maps with the user's keys.
  Set<String> MAPS =
      Set.of(
          "Labels",
          "Options",
          "DriverOpts",
          "Volumes",
          "ExposedPorts",
          "Ports",
          "Networks",
          "PortBindings",
          "Annotations",
          "Sysctls",
          "Tmpfs",
          "StorageOpt",
          "Data",
          "Containers",
          "Runtimes",
          "Attributes",
          "Status",
          "AuxiliaryAddresses");

  /// Members that are pointers, so that null means "not there" rather than an empty list.
  Set<String> POINTERS =
      Set.of(
          "Health",
          "Healthcheck",
          "Init",
          "OomKillDisable",
          "PidsLimit",
          "MemorySwappiness",
          "IPAMConfig",
          "StopTimeout",
          "SizeRw",
          "SizeRootFs",
          "RestartPolicy",
          "ContainerConfig",
          "Descriptor",
          "ClusterVolume",
          "UsageData",
          "ConfigFrom",
          "Server",
          "LastTagTime");

  /// Members that daemons leave out when they are empty, and that Docker's client knows all the
  /// same.
  Map<String, Object> OMITTED =
      Map.ofEntries(
          Map.entry("Health", JsonNull.NULL),
          Map.entry("Healthcheck", JsonNull.NULL),
          Map.entry("Init", JsonNull.NULL),
          Map.entry("SizeRw", JsonNull.NULL),
          Map.entry("SizeRootFs", JsonNull.NULL),
          Map.entry("StopTimeout", JsonNull.NULL),
          Map.entry("StopSignal", ""),
          Map.entry("MacAddress", ""),
          Map.entry("Variant", ""),
          Map.entry("OsVersion", ""),
          Map.entry("Author", ""),
          Map.entry("Comment", ""),
          Map.entry("Shell", Nil.SLICE),
          Map.entry("Mounts", Nil.SLICE),
          Map.entry("Sysctls", Nil.MAP),
          Map.entry("Tmpfs", Nil.MAP),
          Map.entry("Annotations", Nil.MAP),
          Map.entry("StorageOpt", Nil.MAP),
          Map.entry("ExposedPorts", Nil.MAP),
          Map.entry("Runtime", ""),
          Map.entry("IPRange", ""),
          Map.entry("Gateway", ""),
          Map.entry("AuxiliaryAddresses", Nil.MAP),
          Map.entry("Aliases", Nil.SLICE));

  /// `value`, found as member `name`, with its Go type.
  static Object typed(String name, Object value) {
    if (value == JsonNull.NULL && !POINTERS.contains(name)) {
      return MAPS.contains(name) ? Nil.MAP : Nil.SLICE;
    }
    return value instanceof JsonObject object && MAPS.contains(name)
        ? new GoMap(object.members())
        : value;
  }

  /// The member of an object with its Go type.
  static Object member(JsonObject owner, String name) {
    Object value = owner.get(name);
    boolean logOptions =
        name.equals("Config")
            && owner.members().containsKey("Type"); // of a LogConfig: a map, unlike other `Config`s
    return logOptions && value instanceof JsonObject options
        ? new GoMap(options.members())
        : typed(name, value);
  }

  /// Whether `{{if}}` takes the value for true.
  static boolean truth(Object value) {
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    return switch (value) {
      case Boolean b -> b;
      case Double real -> real != 0;
      case Number number -> number.longValue() != 0;
      case List<?> list -> !list.isEmpty();
      case GoMap(Map<String, Object> entries) -> !entries.isEmpty();
      case JsonNull _, Absent _, Nil _ -> false;
      default -> true;
    };
  }

  /// The value as `fmt.Print` writes it.
  static String print(Object value) {
    if (value instanceof String text) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    print(out, value);
    return out.toString();
  }

  private static void print(StringBuilder out, Object value) {
    switch (value) {
      case JsonNull _ -> out.append("<nil>");
      case Absent _ -> out.append("<no value>");
      case Nil nil -> out.append(nil == Nil.MAP ? "map[]" : "[]");
      case Double real ->
          out.append(
              real == Math.rint(real) && Math.abs(real) < 1e21
                  ? GoNumbers.formatF(real, 0)
                  : real.toString());
      case List<?> list -> {
        out.append('[');
        String space = "";
        for (Object element : list) {
          out.append(space);
          print(out, element);
          space = " ";
        }
        out.append(']');
      }
      case GoMap(Map<String, Object> entries) -> {
        out.append("map[");
        String space = "";
        for (Map.Entry<String, Object> entry : new TreeMap<>(entries).entrySet()) {
          out.append(space).append(entry.getKey()).append(':');
          print(out, typed("", entry.getValue()));
          space = " ";
        }
        out.append(']');
      }
      case JsonObject object -> {
        out.append('{');
        String space = "";
        for (Map.Entry<String, Object> member : object.members().entrySet()) {
          out.append(space);
          print(out, member(object, member.getKey()));
          space = " ";
        }
        out.append('}');
      }
      default -> out.append(value);
    }
  }
}
