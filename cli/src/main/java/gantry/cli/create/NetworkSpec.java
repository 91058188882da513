package gantry.cli.create;

import gantry.cli.flag.FlagValues;
import gantry.cli.format.GoNumbers;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// `--network`: a network's name, or `name=…,alias=…,ip=…` and so on for one container's place in
/// it.
final class NetworkSpec {

  private final String name;
  private final List<Object> aliases = new ArrayList<>();
  private final List<Object> links = new ArrayList<>();
  private final List<Object> linkLocal = new ArrayList<>();
  private final JsonObject driverOptions = JsonObject.create();
  private String ipv4 = "";
  private String ipv6 = "";
  private String mac = "";
  private long gatewayPriority;

  private NetworkSpec(String name) {
    this.name = name;
  }

  static NetworkSpec named(String name) {
    return new NetworkSpec(name);
  }

  static NetworkSpec parse(String spec) {
    if (spec.indexOf('=') < 0) {
      return new NetworkSpec(spec);
    }
    List<String> fields = Csv.split(spec);
    String name = "";
    for (String field : fields) {
      if (field.toLowerCase(Locale.ROOT).startsWith("name=")) {
        name = field.substring("name=".length());
      }
    }
    NetworkSpec network = new NetworkSpec(name);
    fields.forEach(network::field);
    if (name.isEmpty()) {
      throw new IllegalArgumentException("network name/id is not specified");
    }
    return network;
  }

  private void field(String field) {
    int equals = field.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException("invalid field " + field);
    }
    String key = field.substring(0, equals).strip().toLowerCase(Locale.ROOT);
    String value = field.substring(equals + 1).strip();
    switch (key) {
      case "name" -> {} // read before the others
      case "alias" -> aliases.add(value);
      case "ip" -> ipv4 = value;
      case "ip6" -> ipv6 = value;
      case "mac-address" -> mac = value;
      case "link-local-ip" -> linkLocal.add(value);
      case "driver-opt" -> {
        int split = value.indexOf('=');
        if (split <= 0) {
          throw new IllegalArgumentException("invalid key value pair format in driver options");
        }
        driverOptions.put(
            value.substring(0, split).strip().toLowerCase(Locale.ROOT),
            value.substring(split + 1).strip());
      }
      case "gw-priority" -> gatewayPriority = GoNumbers.parseInt(value, 64);
      default -> throw new IllegalArgumentException("invalid field key " + key);
    }
  }

  String name() {
    return name;
  }

  /// Whether the name is none of those that have a meaning of their own.
  boolean userDefined() {
    return switch (name) {
      case "default", "bridge", "host", "none" -> false;
      default -> !name.startsWith("container:");
    };
  }

  /// Takes over the flags that speak of the first network.
  void apply(FlagValues flags) {
    take(flags, "network-alias", "alias", aliases);
    take(flags, "link-local-ip", "link-local-ip", linkLocal);
    if (userDefined()) {
      links.addAll(flags.list("link"));
    }
    ipv4 = only(flags, "ip", ipv4, "ipv4 address");
    ipv6 = only(flags, "ip6", ipv6, "ipv6 address");
    mac = only(flags, "mac-address", mac, "MAC address");
  }

  private static void take(FlagValues flags, String flag, String option, List<Object> own) {
    List<String> values = flags.list(flag);
    if (!own.isEmpty() && !values.isEmpty()) {
      throw new IllegalArgumentException(
          "conflicting options: cannot specify both --" + flag + " and per-network " + option);
    }
    own.addAll(values);
  }

  private static String only(FlagValues flags, String flag, String own, String what) {
    String value = flags.text(flag);
    if (!own.isEmpty() && !value.isEmpty()) {
      throw new IllegalArgumentException(
          "conflicting options: cannot specify both --" + flag + " and per-network " + what);
    }
    return value.isEmpty() ? own : value;
  }

  /// Refuses what cannot be.
  void check() {
    if (name.isBlank()) {
      throw new IllegalArgumentException("no name set for network");
    }
    if (!userDefined() && !aliases.isEmpty()) {
      throw new IllegalArgumentException(
          "network-scoped aliases are only supported for user-defined networks");
    }
    if (!mac.isEmpty() && !Addresses.isMac(mac)) {
      throw new IllegalArgumentException(mac + " is not a valid mac address");
    }
  }

  /// Whether there is nothing to say but the name.
  boolean plain() {
    return aliases.isEmpty()
        && links.isEmpty()
        && linkLocal.isEmpty()
        && driverOptions.members().isEmpty()
        && ipv4.isEmpty()
        && ipv6.isEmpty()
        && mac.isEmpty()
        && gatewayPriority == 0;
  }

  /// The API's endpoint settings.
  JsonObject endpoint() {
    return JsonObject.create()
        .put("IPAMConfig", addresses())
        .put("Links", orNull(links))
        .put("Aliases", orNull(aliases))
        .put("MacAddress", mac)
        .put("DriverOpts", driverOptions.members().isEmpty() ? JsonNull.NULL : driverOptions)
        .put("GwPriority", gatewayPriority)
        .put("NetworkID", "")
        .put("EndpointID", "")
        .put("Gateway", "")
        .put("IPAddress", "")
        .put("IPPrefixLen", 0L)
        .put("IPv6Gateway", "")
        .put("GlobalIPv6Address", "")
        .put("GlobalIPv6PrefixLen", 0L)
        .put("DNSNames", JsonNull.NULL);
  }

  private Object addresses() {
    if (ipv4.isEmpty() && ipv6.isEmpty() && linkLocal.isEmpty()) {
      return JsonNull.NULL;
    }
    JsonObject addresses = JsonObject.create();
    if (!ipv4.isEmpty()) {
      addresses.put("IPv4Address", ipv4);
    }
    if (!ipv6.isEmpty()) {
      addresses.put("IPv6Address", ipv6);
    }
    if (!linkLocal.isEmpty()) {
      addresses.put("LinkLocalIPs", linkLocal);
    }
    return addresses;
  }

  private static Object orNull(List<Object> list) {
    return list.isEmpty() ? JsonNull.NULL : list;
  }
}
