package gantry.cli.create;

import gantry.cli.format.GoNumbers;
import gantry.cli.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// `--publish` and `--expose`: `[[address:]host[-range]:]container[-range][/protocol]`.
final class PortSpec {

  /// An inclusive range of port numbers.
  private record Range(long first, long last) {
    static Range parse(String text) {
      int dash = text.indexOf('-');
      if (dash < 0) {
        long port = GoNumbers.parseUint(text, 16);
        return new Range(port, port);
      }
      Range range =
          new Range(
              GoNumbers.parseUint(text.substring(0, dash), 16),
              GoNumbers.parseUint(text.substring(dash + 1), 16));
      if (range.last < range.first) {
        throw new IllegalArgumentException("invalid range specified for port: " + text);
      }
      return range;
    }

    long size() {
      return last - first + 1;
    }
  }

  private PortSpec() {}

  /// Adds what `spec` publishes to the body's two members.
  static void publish(String spec, JsonObject exposed, JsonObject bindings) {
    String text = spec.indexOf('=') >= 0 ? shortForm(spec) : spec;
    List<String> parts = new ArrayList<>(List.of(text.split(":", -1)));
    String container = parts.removeLast();
    String host = parts.isEmpty() ? "" : parts.removeLast();
    String address = address(String.join(":", parts));
    String protocol = protocol(container);
    int slash = container.indexOf('/');
    String ports = slash < 0 ? container : container.substring(0, slash);
    if (ports.isEmpty()) {
      throw new IllegalArgumentException("No port specified: " + spec + "<empty>");
    }
    Range inside = range("containerPort", ports);
    Range outside = host.isEmpty() ? inside : range("hostPort", host);
    boolean pool =
        inside.size() == 1
            && outside.size() > 1; // one port inside, any free one of a range outside
    if (!host.isEmpty() && !pool && inside.size() != outside.size()) {
      throw new IllegalArgumentException(
          "Invalid ranges specified for container and host Ports: " + ports + " and " + host);
    }
    for (long i = 0; i < inside.size(); i++) {
      String hostPort = host.isEmpty() ? "" : pool ? host : Long.toString(outside.first + i);
      add(inside.first + i + "/" + protocol, address, hostPort, exposed, bindings);
    }
  }

  private static void add(
      String port, String address, String hostPort, JsonObject exposed, JsonObject bindings) {
    exposed.put(port, JsonObject.create());
    List<Object> list = new ArrayList<>(bindings.list(port));
    list.add(JsonObject.create().put("HostIp", address).put("HostPort", hostPort));
    bindings.put(port, list);
  }

  /// Adds what `spec` exposes.
  static void expose(String spec, JsonObject exposed) {
    if (spec.indexOf(':') >= 0) {
      throw new IllegalArgumentException("invalid port format for --expose: " + spec);
    }
    int slash = spec.indexOf('/');
    Range range;
    try {
      range = Range.parse(slash < 0 ? spec : spec.substring(0, slash));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid range format for --expose: " + spec + ", error: " + e.getMessage(), e);
    }
    for (long port = range.first; port <= range.last; port++) {
      exposed.put(port + "/" + protocol(spec), JsonObject.create());
    }
  }

  private static Range range(String what, String text) {
    try {
      return Range.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("Invalid " + what + ": " + text, e);
    }
  }

  private static String protocol(String port) {
    int slash = port.indexOf('/');
    String protocol = slash < 0 ? "tcp" : port.substring(slash + 1).toLowerCase(Locale.ROOT);
    if (!List.of("tcp", "udp", "sctp").contains(protocol)) {
      throw new IllegalArgumentException("Invalid proto: " + protocol);
    }
    return protocol;
  }

  private static String address(String text) {
    if (text.isEmpty()) {
      return text;
    }
    if (text.startsWith("[") && text.endsWith("]")) {
      return Addresses.checked(text.substring(1, text.length() - 1), "Invalid ip address: ");
    }
    if (text.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "Invalid ip address " + text + ": address " + text + ":: too many colons in address");
    }
    return Addresses.checked(text, "Invalid ip address: ");
  }

  /// Turns the long notation `published=8080,target=80,protocol=udp` into the short one.
  private static String shortForm(String spec) {
    String target = "";
    String published = "";
    String protocol = "";
    for (String field : Csv.split(spec)) {
      int equals = field.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("invalid field: " + field);
      }
      String value = field.substring(equals + 1);
      switch (field.substring(0, equals).toLowerCase(Locale.ROOT)) {
        case "target" -> target = value;
        case "published" -> published = value;
        case "protocol" -> protocol = value;
        case "mode" -> {} // a word of swarm services that means nothing for one container
        default ->
            throw new IllegalArgumentException("invalid field key: " + field.substring(0, equals));
      }
    }
    if (target.isEmpty()) {
      throw new IllegalArgumentException("missing mandatory field 'target'");
    }
    return (published.isEmpty() ? "" : published + ":")
        + target
        + (protocol.isEmpty() ? "" : "/" + protocol);
  }
}
