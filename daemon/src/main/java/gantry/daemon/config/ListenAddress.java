package gantry.daemon.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/// Where the daemon listens, in the words of `-H`.
public sealed interface ListenAddress {
  /// A unix socket at a path: `unix:///run/gantry/gantry.sock`.
  record Unix(Path path) implements ListenAddress {}

  /// A TCP socket: `tcp://127.0.0.1:2375`.
  record Tcp(InetSocketAddress address) implements ListenAddress {}

  /// All sockets that systemd opened for us: `fd://`.
  record Inherited() implements ListenAddress {}

  /// Reads one; `tls` decides which port is the default.
  static ListenAddress parse(String text, boolean tls) {
    if (text.startsWith("unix://")) {
      String path = text.substring("unix://".length());
      if (!path.startsWith("/")) {
        throw invalid(text);
      }
      return new Unix(Path.of(path));
    }
    if (text.startsWith("fd://")) {
      return new Inherited();
    }
    if (text.startsWith("tcp://")) {
      return tcp(text, tls);
    }
    throw invalid(text);
  }

  private static ListenAddress tcp(String text, boolean tls) {
    String address = text.substring("tcp://".length());
    int slash = address.indexOf('/');
    address = slash < 0 ? address : address.substring(0, slash);
    int colon = address.lastIndexOf(':');
    boolean portGiven = colon >= 0 && address.indexOf(']', colon) < 0;
    String host = portGiven ? address.substring(0, colon) : address;
    String port = portGiven ? address.substring(colon + 1) : tls ? "2376" : "2375";
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int number = Integer.parseInt(port);
      return new Tcp(new InetSocketAddress(host.isEmpty() ? "localhost" : host, number));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "invalid bind address '%s': '%s' is not a port".formatted(text, port), e);
    }
  }

  private static ConfigException invalid(String text) {
    return new ConfigException(
        "invalid bind address '%s': expected unix:///PATH, tcp://HOST:PORT or fd://"
            .formatted(text));
  }
}
