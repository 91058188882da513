package gantry.daemon.api;

import gantry.engine.container.OutputSink;
import java.io.IOException;
import java.io.OutputStream;

/// Output of a container on its way to a client: raw where there is a terminal, else in frames that
/// keep the two streams apart.
///
/// ```
/// frame: stream (0 stdin, 1 stdout, 2 stderr) · 0 · 0 · 0 · length, big-endian · payload
/// ```
final class StdCopy implements OutputSink {
  private static final int HEADER_BYTES = 8;
  private static final byte STDOUT = 1;
  private static final byte STDERR = 2;

  private final OutputStream out;
  private final boolean framed;
  private final boolean flushing;

  /// @param flushing whether every piece leaves at once
  StdCopy(OutputStream out, boolean framed, boolean flushing) {
    this.out = out;
    this.framed = framed;
    this.flushing = flushing;
  }

  @Override
  public void accept(Stream stream, byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      // Some clients take an empty frame for the end.
      return;
    }
    if (framed) {
      byte[] header = new byte[HEADER_BYTES];
      header[0] = stream == Stream.STDERR ? STDERR : STDOUT;
      header[4] = (byte) (length >>> 24);
      header[5] = (byte) (length >>> 16);
      header[6] = (byte) (length >>> 8);
      header[7] = (byte) length;
      out.write(header, 0, HEADER_BYTES);
    }
    out.write(bytes, offset, length);
    if (flushing) {
      out.flush();
    }
  }
}
