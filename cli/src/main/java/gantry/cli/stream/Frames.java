package gantry.cli.stream;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Takes the two outputs of a container apart.
///
/// Each frame is a stream's number in the first of four bytes, a length as four bytes big-endian,
/// and as many bytes. Source: Engine API, "Attach to a container", "Stream format".
public final class Frames {

  private static final int HEADER = 8;
  private static final int STDERR = 2;
  private static final int DAEMON_ERROR = 3;
  private static final int MOST_ERROR_BYTES = 64 * 1024;

  private Frames() {}

  /// Copies frames until `in` ends; each piece is flushed to its stream as it comes.
  ///
  /// @throws IOException when the input ends within a frame, or the daemon reports an error in one
  public static void demultiplex(InputStream in, OutputStream out, OutputStream err)
      throws IOException {
    byte[] header = new byte[HEADER];
    byte[] buffer = new byte[32 * 1024];
    while (true) {
      int got = in.readNBytes(header, 0, HEADER);
      if (got == 0) {
        return;
      }
      if (got < HEADER) {
        throw new EOFException("unexpected EOF in the header of a frame");
      }
      long left = length(header);
      switch (header[0]) {
        case 0, 1 -> copy(in, out, left, buffer);
        case STDERR -> copy(in, err, left, buffer);
        case DAEMON_ERROR ->
            throw new IOException(
                "error from daemon in stream: "
                    + new String(
                        in.readNBytes((int) Math.min(left, MOST_ERROR_BYTES)),
                        StandardCharsets.UTF_8));
        default -> throw new IOException("unrecognized input header: " + header[0]);
      }
    }
  }

  private static long length(byte[] header) {
    return (header[4] & 0xffL) << 24
        | (header[5] & 0xffL) << 16
        | (header[6] & 0xffL) << 8
        | (header[7] & 0xffL);
  }

  private static void copy(InputStream in, OutputStream to, long length, byte[] buffer)
      throws IOException {
    long left = length;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new EOFException("unexpected EOF: " + left + " bytes of a frame are missing");
      }
      to.write(buffer, 0, count);
      left -= count;
    }
    to.flush();
  }

  /// Copies bytes as they are until `in` ends, flushing each piece.
  public static void copyRaw(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[32 * 1024];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
  }
}
