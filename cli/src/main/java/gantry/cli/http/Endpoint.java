package gantry.cli.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/// Where a daemon listens.
public sealed interface Endpoint {

  /// A socket in the file system.
  record Unix(String path) implements Endpoint {
    @Override
    public Wire connect() throws IOException {
      return plain(
          SocketChannel.open(StandardProtocolFamily.UNIX), UnixDomainSocketAddress.of(path));
    }

    @Override
    public String toString() {
      return "unix://" + path;
    }
  }

  /// A TCP port, spoken to in the clear.
  record Tcp(String host, int port) implements Endpoint {
    SocketAddress address() {
      return new InetSocketAddress(host.isEmpty() ? "127.0.0.1" : host, port);
    }

    @Override
    public Wire connect() throws IOException {
      return plain(SocketChannel.open(), address());
    }

    @Override
    public String toString() {
      return "tcp://" + host + ":" + port;
    }
  }

  /// A TCP port, spoken to by TLS.
  record Tls(Tcp tcp, TlsFiles files) implements Endpoint {
    @Override
    public Wire connect() throws IOException {
      return TlsWire.open(tcp, files);
    }

    @Override
    public String toString() {
      return tcp.toString();
    }
  }

  /// The daemon of a machine on which one can log in.
  ///
  /// @param user empty for ssh's choice
  /// @param port 0 for ssh's choice
  /// @param path the daemon's socket there; empty for that machine's choice
  record Ssh(String user, String host, int port, String path) implements Endpoint {
    @Override
    public Wire connect() throws IOException {
      return SshWire.open(this);
    }

    @Override
    public String toString() {
      return "ssh://"
          + (user.isEmpty() ? "" : user + "@")
          + host
          + (port > 0 ? ":" + port : "")
          + path;
    }
  }

  /// Reads `unix:///path`, `tcp://host[:port]`, `host[:port]` (as Docker: TCP, port 2375, or 2376
  /// with TLS), `ssh://[user@]host[:port][/path]`.
  ///
  /// @param tls with which keys to speak by TLS, where that is wanted; only over TCP
  /// @throws IllegalArgumentException for another scheme
  static Endpoint parse(String url, Optional<TlsFiles> tls) {
    if (url.startsWith("unix://")) {
      return new Unix(url.substring("unix://".length()));
    }
    if (url.startsWith("ssh://")) {
      return ssh(url);
    }
    int scheme = url.indexOf("://");
    if (scheme >= 0 && !url.startsWith("tcp://") && !url.startsWith("http://")) {
      throw new IllegalArgumentException(
          "unable to parse docker host `" + url + "`: expected unix://, tcp:// or ssh://");
    }
    String address = scheme < 0 ? url : url.substring(scheme + 3);
    int slash = address.indexOf('/');
    if (slash >= 0) {
      address = address.substring(0, slash);
    }
    Tcp tcp = tcp(url, address, tls.isPresent() ? 2376 : 2375);
    return tls.isPresent() ? new Tls(tcp, tls.get()) : tcp;
  }

  private static Tcp tcp(String url, String address, int preset) {
    int colon = address.lastIndexOf(':');
    if (colon < 0 || address.endsWith("]")) {
      return new Tcp(address, preset);
    }
    try {
      return new Tcp(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "unable to parse docker host `" + url + "`: the port is not a number", e);
    }
  }

  private static Ssh ssh(String url) {
    String problem;
    try {
      URI uri = new URI(url);
      String host = Optional.ofNullable(uri.getHost()).orElse("");
      String user = Optional.ofNullable(uri.getUserInfo()).orElse("");
      String path = Optional.ofNullable(uri.getPath()).orElse("");
      if (host.isEmpty()) {
        problem = "no host specified";
      } else if (user.contains(":")) {
        problem = "plain-text password is not supported";
      } else if (host.startsWith("-") || user.startsWith("-")) {
        problem = "a name must not begin with '-'";
      } else if (uri.getQuery() != null || uri.getFragment() != null) {
        problem = "query parameters and fragments are not allowed";
      } else if (!path.matches("[A-Za-z0-9._/-]*")) {
        problem = "the path of a socket may have letters, digits, '.', '_', '-' and '/'";
      } else {
        host = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new Ssh(user, host, Math.max(0, uri.getPort()), path.equals("/") ? "" : path);
      }
    } catch (URISyntaxException e) {
      problem = e.getReason();
    }
    throw new IllegalArgumentException(
        "ssh host connection is not valid: " + problem + ": \"" + url + "\"");
  }

  /// Connects; the caller closes the result. A host's name is looked up.
  Wire connect() throws IOException;

  private static Wire plain(SocketChannel channel, SocketAddress address) throws IOException {
    try {
      channel.connect(address);
      return Wire.of(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }
}
