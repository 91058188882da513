package gantry.cli.container;

import gantry.cli.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The PORTS column. Ports that are only exposed, or mapped to the same number, are drawn together
/// to ranges for each address and protocol: first the ranges that a gap ended, then each last
/// range; mappings to other numbers follow one by one.
final class Ports {

  private record Port(String address, long host, long container, String protocol) {
    static Port of(JsonObject port) {
      return new Port(
          port.text("IP"),
          port.number("PublicPort"),
          port.number("PrivatePort"),
          port.text("Type"));
    }

    boolean mappedToAnother() {
      return !address.isEmpty() && host != container;
    }
  }

  private record Range(Port first, long last) {
    @Override
    public String toString() {
      String numbers = first.container == last ? Long.toString(last) : first.container + "-" + last;
      String target = numbers + "/" + first.protocol;
      return first.address.isEmpty()
          ? target
          : bracketed(first.address) + ":" + numbers + "->" + target;
    }
  }

  private Ports() {}

  /// The column's text for the API's list of ports.
  static String describe(List<JsonObject> listed) {
    List<Port> ports = new ArrayList<>();
    listed.forEach(port -> ports.add(Port.of(port)));
    ports.sort(Ports::compare);
    List<String> texts = new ArrayList<>();
    List<String> others = new ArrayList<>();
    Map<String, Range> open = new LinkedHashMap<>();
    for (Port port : ports) {
      if (port.mappedToAnother()) {
        others.add(
            bracketed(port.address)
                + ":"
                + port.host
                + "->"
                + port.container
                + "/"
                + port.protocol);
        continue;
      }
      String key = port.address + "/" + port.protocol;
      Range range = open.get(key);
      if (range != null && port.container == range.last + 1) {
        open.put(key, new Range(range.first, port.container));
        continue;
      }
      if (range != null) {
        texts.add(range.toString());
      }
      open.put(key, new Range(port, port.container));
    }
    open.values().forEach(range -> texts.add(range.toString()));
    texts.addAll(others);
    return String.join(", ", texts);
  }

  private static int compare(Port left, Port right) {
    int difference = Long.compare(left.container, right.container);
    if (difference == 0) {
      difference = left.address.compareTo(right.address);
    }
    if (difference == 0) {
      difference = Long.compare(left.host, right.host);
    }
    return difference == 0 ? left.protocol.compareTo(right.protocol) : difference;
  }

  private static String bracketed(String address) {
    return address.indexOf(':') >= 0 ? "[" + address + "]" : address;
  }
}
