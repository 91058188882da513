package gantry.engine.log.remote;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Where a destination listens: `udp://host:514`, `unix:///run/log.sock`.
///
/// @param path of a unix socket; empty for others
record Address(String scheme, String host, int port, String path) {
  /// Reads it; what is wrong is added to `problems`.
  static Optional<Address> parse(
      String text, Set<String> schemes, int defaultPort, String option, List<String> problems) {
    try {
      URI uri = new URI(text.contains("://") ? text : "tcp://" + text);
      String scheme = String.valueOf(uri.getScheme());
      if (!schemes.contains(scheme)) {
        problems.add(
            "unsupported scheme '%s' in %s '%s': expected one of %s"
                .formatted(scheme, option, text, schemes.stream().sorted().toList()));
        return Optional.empty();
      }
      if (scheme.startsWith("unix")) {
        return local(uri, scheme, option, text, problems);
      }
      if (uri.getHost() == null || (uri.getPort() < 0 && defaultPort == 0)) {
        problems.add("invalid %s '%s': expected %s://host:port".formatted(option, text, scheme));
        return Optional.empty();
      }
      int port = uri.getPort() < 0 ? defaultPort : uri.getPort();
      return Optional.of(new Address(scheme, uri.getHost(), port, ""));
    } catch (URISyntaxException e) {
      problems.add("invalid %s '%s': %s".formatted(option, text, e.getReason()));
      return Optional.empty();
    }
  }

  private static Optional<Address> local(
      URI uri, String scheme, String option, String text, List<String> problems) {
    String path = uri.getPath();
    if (path == null || path.isEmpty() || path.length() > 107) {
      problems.add(
          "invalid %s '%s': expected the path of a socket of at most 107 bytes"
              .formatted(option, text));
      return Optional.empty();
    }
    return Optional.of(new Address(scheme, "", 0, path));
  }

  /// The address, looked up now.
  InetSocketAddress resolve() throws IOException {
    InetSocketAddress resolved = new InetSocketAddress(host, port);
    if (resolved.isUnresolved()) {
      throw new IOException("unknown host " + host);
    }
    return resolved;
  }

  @Override
  public String toString() {
    return scheme + "://" + (path.isEmpty() ? host + ":" + port : path);
  }
}
