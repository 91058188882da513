package gantry.cli.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// A connection that is encrypted, and whose ends prove who they are.
final class TlsWire extends StreamWire {
  private final SSLSocket socket;

  private TlsWire(SSLSocket socket, InputStream in, OutputStream out) {
    super(in, out);
    this.socket = socket;
  }

  /// Connects, and shakes hands.
  static TlsWire open(Endpoint.Tcp address, TlsFiles files) throws IOException {
    SSLSocketFactory factory = TlsKeys.context(files).getSocketFactory();
    Socket plain = new Socket();
    try {
      plain.connect((InetSocketAddress) address.address());
      SSLSocket socket =
          (SSLSocket) factory.createSocket(plain, address.host(), address.port(), true);
      SSLParameters parameters = socket.getSSLParameters();
      if (files.verify()) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
      }
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return new TlsWire(socket, socket.getInputStream(), socket.getOutputStream());
    } catch (SSLException e) {
      plain.close();
      throw new TlsException("error during connect: " + address + ": tls: " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  @Override
  void ended() {}

  @Override
  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  void release() throws IOException {
    socket.close();
  }
}
