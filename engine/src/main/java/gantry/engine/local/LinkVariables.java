package gantry.engine.local;

import gantry.engine.container.ContainerSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// The variables by which a container that is linked to another one on the default bridge learns
/// where that is, in Docker's form:
///
/// ```
/// DB_PORT=tcp://172.17.0.5:5432              its first port, TCP before UDP
/// DB_PORT_5432_TCP=tcp://172.17.0.5:5432     each port, and in parts: _ADDR _PORT _PROTO
/// DB_PORT_8000_TCP_START=tcp://172.17.0.5:8000
/// DB_PORT_8000_TCP_END=tcp://172.17.0.5:8002 three ports or more that follow one another
/// DB_NAME=/web/db                            who links, and as what
/// DB_ENV_PGDATA=/var/lib/postgresql/data     the other's own variables
/// ```
final class LinkVariables {
  private final String prefix;
  private final String address;
  private final List<String> all = new ArrayList<>();

  private LinkVariables(String alias, String address) {
    this.prefix = alias.toUpperCase(Locale.ROOT).replace('-', '_');
    this.address = address;
  }

  /// @param linking name of the container that gets them
  /// @param alias by which it knows the other
  /// @param address of the other on the bridge
  /// @param other what it is
  static List<String> of(String linking, String alias, String address, ContainerSpec other) {
    LinkVariables variables = new LinkVariables(alias, address);
    List<Port> ports = ports(other);
    variables.ranges(ports);
    ports.stream().findFirst().ifPresent(first -> variables.add("PORT", variables.url(first)));
    ports.forEach(variables::port);
    variables.add("NAME", "/" + linking + "/" + alias);
    variables.environment(other.program().environment());
    return List.copyOf(variables.all);
  }

  private record Port(int number, String protocol) {
    static Port parse(String text) {
      int slash = text.indexOf('/');
      return new Port(
          Integer.parseInt(slash < 0 ? text : text.substring(0, slash)),
          slash < 0 ? "tcp" : text.substring(slash + 1));
    }

    /// `PORT_5432_TCP`
    String word() {
      return "PORT_" + number + "_" + protocol.toUpperCase(Locale.ROOT);
    }
  }

  /// By protocol, TCP first, and number.
  private static List<Port> ports(ContainerSpec other) {
    return other.exposedPorts().stream()
        .map(Port::parse)
        .sorted(
            Comparator.comparing((Port port) -> !port.protocol.equals("tcp"))
                .thenComparing(Port::protocol)
                .thenComparingInt(Port::number))
        .toList();
  }

  private void add(String name, String value) {
    all.add(prefix + "_" + name + "=" + value);
  }

  private String url(Port port) {
    return "%s://%s:%d".formatted(port.protocol, address, port.number);
  }

  private void port(Port port) {
    add(port.word(), url(port));
    add(port.word() + "_ADDR", address);
    add(port.word() + "_PORT", Integer.toString(port.number));
    add(port.word() + "_PROTO", port.protocol);
  }

  private void ranges(List<Port> ports) {
    int first = 0;
    while (first < ports.size()) {
      int last = first;
      while (last + 1 < ports.size() && follows(ports.get(last), ports.get(last + 1))) {
        last++;
      }
      if (last > first + 1) {
        range(ports.get(first), ports.get(last));
      }
      first = last + 1;
    }
  }

  private static boolean follows(Port port, Port next) {
    return next.protocol.equals(port.protocol) && next.number == port.number + 1;
  }

  private void range(Port first, Port last) {
    add(first.word() + "_START", url(first));
    add(first.word() + "_ADDR", address);
    add(first.word() + "_PROTO", first.protocol);
    add(first.word() + "_PORT_START", Integer.toString(first.number));
    add(first.word() + "_END", url(last));
    add(first.word() + "_PORT_END", Integer.toString(last.number));
  }

  /// `HOME` and `PATH` are about the other's files.
  private void environment(List<String> variables) {
    variables.stream()
        .map(variable -> variable.split("=", 2))
        .filter(
            parts -> parts.length == 2 && !Stream.of("HOME", "PATH").toList().contains(parts[0]))
        .forEach(parts -> add("ENV_" + parts[0], parts[1]));
  }
}
