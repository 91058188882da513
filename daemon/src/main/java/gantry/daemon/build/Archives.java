package gantry.daemon.build;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/// Archives that follow each other in the body of a request: each in pieces, which are a length of
/// four bytes, most significant first, and so many bytes; a piece of length 0 ends it.
final class Archives {
  private static final int PIECE_LIMIT_BYTES = 1 << 20;

  private final DataInputStream in;

  Archives(InputStream in) {
    this.in = new DataInputStream(in);
  }

  /// The next archive. The one before must have been read to its end.
  InputStream next() {
    return new Archive();
  }

  private final class Archive extends InputStream {
    private int left;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0 && !ended) {
        left = in.readInt();
        ended = left == 0;
        if (left < 0 || left > PIECE_LIMIT_BYTES) {
          throw new IOException(
              "malformed context: a piece has 1 to %d bytes, this one says %d"
                  .formatted(PIECE_LIMIT_BYTES, left));
        }
      }
      if (ended) {
        return -1;
      }
      int count = in.read(bytes, offset, Math.min(length, left));
      if (count < 0) {
        throw new EOFException(
            "the context ended in the middle: %d bytes are missing".formatted(left));
      }
      left -= count;
      return count;
    }
  }
}
