package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `EXPOSE PORT[-PORT][/tcp|udp|sctp] …`: ports that the image listens on.
///
/// @param ports as written; [#containerPorts] reads them
public record Expose(Origin origin, List<String> ports) implements Instruction {
  private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
  private static final int PORT_MAX = 65535;

  public Expose {
    ports = List.copyOf(ports);
  }

  @Override
  public Expose expand(Variables variables) {
    return new Expose(origin, new Expander(origin, variables).divided(ports));
  }

  /// One by one, as an image's config names them: `80/tcp`. An address and a port of the host
  /// before them are dropped, as Docker does.
  ///
  /// @throws DockerfileException when one is no port; of an expanded instruction only
  public List<String> containerPorts() {
    List<String> single = new ArrayList<>();
    for (String port : ports) {
      int slash = port.lastIndexOf('/');
      String protocol = slash < 0 ? "tcp" : port.substring(slash + 1).toLowerCase(Locale.ROOT);
      if (!List.of("tcp", "udp", "sctp").contains(protocol)) {
        throw problem(port, "invalid port: \"%s\": invalid proto: %s".formatted(port, protocol));
      }
      String numbers = slash < 0 ? port : port.substring(0, slash);
      range(port, numbers.substring(numbers.lastIndexOf(':') + 1), protocol, single);
    }
    return single;
  }

  private void range(String port, String numbers, String protocol, List<String> single) {
    Matcher matcher = RANGE.matcher(numbers);
    if (!matcher.matches()) {
      throw problem(port, "invalid containerPort: " + numbers);
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
    if (last > PORT_MAX || first > last) {
      throw problem(port, "invalid containerPort: " + numbers);
    }
    for (int number = first; number <= last; number++) {
      single.add(number + "/" + protocol);
    }
  }

  private DockerfileException problem(String port, String message) {
    return origin.problem(message, port);
  }
}
