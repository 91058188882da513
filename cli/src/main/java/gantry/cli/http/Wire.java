package gantry.cli.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;

/// Bytes to and from a daemon, however they travel. One thread may read while another writes.
public interface Wire extends ByteChannel {

  /// Ends our direction only.
  void shutdownOutput() throws IOException;

  /// A socket; closed with the wire.
  static Wire of(SocketChannel socket) {
    return new Wire() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        return socket.read(target);
      }

      @Override
      public int write(ByteBuffer source) throws IOException {
        return socket.write(source);
      }

      @Override
      public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
      }

      @Override
      public boolean isOpen() {
        return socket.isOpen();
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }
}
