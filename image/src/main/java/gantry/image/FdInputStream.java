package gantry.image;

import gantry.image.tar.CopyBuffer;
import gantry.linux.Fd;
import gantry.linux.file.FileControl;
import java.io.InputStream;

/// A file from its beginning as a stream, for decompressors. Uses the file's position; closing it
/// leaves the file open.
public final class FdInputStream extends InputStream {
  private static final int BUFFER = 256 * 1024;

  private final Fd file;
  private final CopyBuffer buffer = new CopyBuffer(BUFFER);
  private int start;
  private int end;

  /// Reads `file`, which stays the caller's.
  public FdInputStream(Fd file) {
    this.file = file;
    FileControl.seek(file, 0);
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (available() == 0) {
      return -1;
    }
    int count = Math.min(length, end - start);
    System.arraycopy(buffer.bytes(), start, target, offset, count);
    start += count;
    return count;
  }

  /// Zero at the end alone: GZIPInputStream asks it whether another member may follow.
  @Override
  public int available() {
    if (start == end) {
      start = 0;
      end = buffer.readFrom(file, BUFFER);
    }
    return end - start;
  }
}
