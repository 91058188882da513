package gantry.network;

import java.util.List;
import java.util.stream.Collectors;

/// The text of a container's `/etc/hosts`. Source: hosts(5); the lines are Docker's.
public final class HostsFile {
  /// What `--add-host` puts in the place of an address to mean the host's.
  public static final String HOST_GATEWAY = "host-gateway";

  private static final String LOOPBACK =
      """
      127.0.0.1\tlocalhost
      ::1\tlocalhost ip6-localhost ip6-loopback
      fe00::\tip6-localnet
      ff00::\tip6-mcastprefix
      ff02::1\tip6-allnodes
      ff02::2\tip6-allrouters
      """;

  private HostsFile() {}

  /// A line of the container's own: an address and its names.
  public record Entry(String address, String names) {
    /// Reads `name:address` of `--add-host`, also with `=`.
    ///
    /// @param hostGateway what [#HOST_GATEWAY] stands for
    /// @throws IllegalArgumentException with Docker's words when it has no address
    public static Entry parse(String text, String hostGateway) {
      int equals = text.indexOf('=');
      int separator = equals >= 0 ? equals : text.indexOf(':');
      if (separator <= 0 || separator == text.length() - 1) {
        throw new IllegalArgumentException("bad format for add-host: \"%s\"".formatted(text));
      }
      String address = text.substring(separator + 1);
      if (address.startsWith("[") && address.endsWith("]")) {
        address = address.substring(1, address.length() - 1);
      }
      return new Entry(
          address.equals(HOST_GATEWAY) ? hostGateway : address, text.substring(0, separator));
    }
  }

  /// The whole text.
  ///
  /// @param own the container's addresses; none without a network
  public static String text(
      List<IpAddress> own, String hostname, String domain, List<Entry> added) {
    StringBuilder text = new StringBuilder(LOOPBACK);
    added.forEach(
        entry -> text.append(entry.address).append('\t').append(entry.names).append('\n'));
    return text.append(own(own, hostname, domain)).toString();
  }

  /// The lines of a container's own addresses.
  public static String own(List<IpAddress> addresses, String hostname, String domain) {
    String names = domain.isEmpty() ? hostname : hostname + "." + domain + " " + hostname;
    return addresses.stream()
        .map(address -> address + "\t" + names + "\n")
        .collect(Collectors.joining());
  }

  /// A file's text with this line, in the place of one that has the same names.
  public static String with(String text, Entry entry) {
    return text.lines()
            .filter(line -> !line.endsWith("\t" + entry.names))
            .map(line -> line + "\n")
            .collect(Collectors.joining())
        + "%s\t%s\n".formatted(entry.address, entry.names);
  }

  /// A file's text without the lines of these addresses.
  public static String without(String text, List<IpAddress> addresses) {
    return text.lines()
        .filter(line -> addresses.stream().noneMatch(address -> line.startsWith(address + "\t")))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }
}
