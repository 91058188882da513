package gantry.cli.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;

/// Where a daemon listens.
public sealed interface Endpoint {

  /// A socket in the file system.
  record Unix(String path) implements Endpoint {
    @Override
    public SocketAddress address() {
      return UnixDomainSocketAddress.of(path);
    }

    @Override
    public String toString() {
      return "unix://" + path;
    }
  }

  /// A TCP port, spoken to in the clear.
  record Tcp(String host, int port) implements Endpoint {
    @Override
    public SocketAddress address() {
      return new InetSocketAddress(host.isEmpty() ? "127.0.0.1" : host, port);
    }

    @Override
    public String toString() {
      return "tcp://" + host + ":" + port;
    }
  }

  /// Reads `unix:///path`, `tcp://host[:port]`, `host[:port]` (as Docker: TCP, port 2375).
  ///
  /// @throws IllegalArgumentException for another scheme
  static Endpoint parse(String url) {
    if (url.startsWith("unix://")) {
      return new Unix(url.substring("unix://".length()));
    }
    int scheme = url.indexOf("://");
    if (scheme >= 0 && !url.startsWith("tcp://") && !url.startsWith("http://")) {
      throw new IllegalArgumentException(
          "unable to parse docker host `" + url + "`: expected unix:// or tcp://");
    }
    String address = scheme < 0 ? url : url.substring(scheme + 3);
    int slash = address.indexOf('/');
    if (slash >= 0) {
      address = address.substring(0, slash);
    }
    int colon = address.lastIndexOf(':');
    if (colon < 0 || address.endsWith("]")) {
      return new Tcp(address, 2375);
    }
    try {
      return new Tcp(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "unable to parse docker host `" + url + "`: the port is not a number", e);
    }
  }

  /// What to connect to; a host's name is looked up.
  SocketAddress address();

  /// Opens a connected channel; the caller closes it.
  default SocketChannel connect() throws IOException {
    SocketChannel channel =
        this instanceof Unix
            ? SocketChannel.open(StandardProtocolFamily.UNIX)
            : SocketChannel.open();
    try {
      channel.connect(address());
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }
}
