package gantry.network.dns;

import gantry.network.ResolvConf;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/// The name servers that the host itself asks, as its `resolv.conf` has them now: the file is
/// looked at for each query and read when it is another than before. Those on the host's loopback,
/// such as systemd-resolved's `127.0.0.53`, are as good as others, as they are asked from the host.
final class HostResolvers {
  /// What a file without servers means (resolv.conf(5)).
  private static final InetAddress LOCAL = InetAddress.ofLiteral("127.0.0.1");

  private static final int MAX_SERVERS = 3; // MAXNS, resolv.h

  private final Path file;
  private volatile Known known = new Known("", List.of(LOCAL));

  private record Known(String version, List<InetAddress> servers) {}

  /// @param file usually `/etc/resolv.conf`
  HostResolvers(Path file) {
    this.file = file;
  }

  /// In the order in which they are to be asked; at least one.
  List<InetAddress> servers() {
    String version = version();
    Known last = known;
    if (!last.version.equals(version)) {
      last = new Known(version, read());
      known = last;
    }
    return last.servers;
  }

  private String version() {
    try {
      BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
      return "%s %s %d".formatted(is.fileKey(), is.lastModifiedTime(), is.size());
    } catch (IOException _) {
      return ""; // no file: see LOCAL
    }
  }

  private List<InetAddress> read() {
    try {
      List<InetAddress> servers =
          ResolvConf.parse(Files.readString(file)).servers().stream()
              .flatMap(HostResolvers::parse)
              .limit(MAX_SERVERS)
              .toList();
      return servers.isEmpty() ? List.of(LOCAL) : servers;
    } catch (IOException _) { // gone between the two looks
      return List.of(LOCAL);
    }
  }

  /// Reads an address, IPv6 with its zone; empty for anything else.
  static Stream<InetAddress> parse(String server) {
    try {
      return Stream.of(InetAddress.ofLiteral(server));
    } catch (IllegalArgumentException _) { // a line that nobody understands is left out
      return Stream.empty();
    }
  }
}
