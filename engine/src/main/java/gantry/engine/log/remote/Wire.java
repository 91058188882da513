package gantry.engine.log.remote;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.socket.UnixDatagram;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/// A connection over which messages go; the kernel's word that it took them is all that is known.
interface Wire extends AutoCloseable {
  int PATIENCE_MILLIS = 10_000;
  int UDP_MAX = 65_507; // over IPv4: 65,535 less both headers

  /// A message is larger than a datagram can be: to send it again is in vain.
  final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    TooLargeException(int bytes) {
      super("a message of %d bytes is more than a datagram takes".formatted(bytes));
    }
  }

  /// @throws TooLargeException if these bytes are one datagram, and can be none
  void write(byte[] bytes) throws IOException;

  /// Bytes that come back, for protocols that acknowledge.
  default InputStream input() throws IOException {
    throw new IOException("nothing comes back over this connection");
  }

  @Override
  void close();

  /// Opens a connection to an address of any scheme but those with TLS.
  static Wire open(Address address) throws IOException {
    return switch (address.scheme()) {
      case "udp" -> udp(address);
      case "unixgram" -> datagrams(address.path());
      case "unix" -> unix(address.path());
      default -> stream(tcp(address));
    };
  }

  /// Local syslog and journald take datagrams; some take a stream.
  private static Wire unix(String path) throws IOException {
    try {
      return datagrams(path);
    } catch (IOException _) { // EPROTOTYPE: it listens for streams
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      return connected(channel, () -> channel.connect(UnixDomainSocketAddress.of(path)));
    }
  }

  /// A stream to a unix socket.
  static Wire unixStream(String path) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    return connected(channel, () -> channel.connect(UnixDomainSocketAddress.of(path)));
  }

  private static SocketChannel tcp(Address address) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.socket().connect(address.resolve(), PATIENCE_MILLIS);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// What may fail after a channel was made.
  interface Connecting {
    boolean run() throws IOException;
  }

  private static Wire connected(SocketChannel channel, Connecting connecting) throws IOException {
    try {
      boolean _ = connecting.run();
      return stream(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static Wire udp(Address address) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    try {
      channel.connect(address.resolve());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return new Wire() {
      @Override
      public void write(byte[] bytes) throws IOException {
        if (bytes.length > UDP_MAX) {
          throw new TooLargeException(bytes.length);
        }
        int _ = channel.write(ByteBuffer.wrap(bytes));
      }

      @Override
      public void close() {
        closeQuietly(channel);
      }
    };
  }

  /// Datagrams to a unix socket.
  static Wire datagrams(String path) throws IOException {
    OwnedFd socket;
    try {
      socket = UnixDatagram.connect(path);
    } catch (SyscallException e) {
      throw new IOException(e.getMessage(), e);
    }
    return new Wire() {
      @Override
      public void write(byte[] bytes) throws IOException {
        try {
          UnixDatagram.send(socket, bytes);
        } catch (SyscallException e) {
          if (e.is(Errno.EMSGSIZE)) {
            throw new TooLargeException(bytes.length);
          }
          throw new IOException(e.getMessage(), e);
        }
      }

      @Override
      public void close() {
        socket.close();
      }
    };
  }

  private static Wire stream(SocketChannel channel) {
    return new Wire() {
      // The other side's goodbye is seen before the write, which the kernel would take still.
      @Override
      public void write(byte[] bytes) throws IOException {
        channel.configureBlocking(false);
        int came = channel.read(ByteBuffer.allocate(1));
        channel.configureBlocking(true);
        if (came < 0) {
          throw new IOException("the connection was closed by the other side");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          int _ = channel.write(buffer);
        }
      }

      @Override
      public InputStream input() {
        return java.nio.channels.Channels.newInputStream(channel);
      }

      @Override
      public void close() {
        closeQuietly(channel);
      }
    };
  }

  /// TLS over TCP; the certificate's name is checked unless `context` trusts everybody.
  static Wire tls(Address address, SSLContext context, boolean checkName) throws IOException {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
    try {
      socket.connect(address.resolve(), PATIENCE_MILLIS);
      socket.setSoTimeout(PATIENCE_MILLIS);
      if (checkName) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
      }
      socket.startHandshake();
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
    return new Wire() {
      @Override
      public void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
      }

      @Override
      public void close() {
        closeQuietly(socket);
      }
    };
  }

  private static void closeQuietly(AutoCloseable channel) {
    try {
      channel.close();
    } catch (Exception _) { // there is nothing left to lose
    }
  }
}
