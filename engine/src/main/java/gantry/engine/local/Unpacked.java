package gantry.engine.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;

/// A tar archive that may be packed with gzip.
final class Unpacked {
  private static final int BUFFER = 64 * 1024;

  private Unpacked() {}

  static InputStream of(InputStream packed) {
    try {
      PushbackInputStream in = new PushbackInputStream(packed, 2);
      byte[] head = in.readNBytes(2);
      in.unread(head);
      boolean gzip = head.length == 2 && head[0] == 0x1f && (head[1] & 0xff) == 0x8b;
      return gzip ? new GZIPInputStream(in, BUFFER) : in;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
