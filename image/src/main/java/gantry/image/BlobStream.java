package gantry.image;

import java.io.OutputStream;

/// A blob on its way in, as a stream; closing it does nothing.
final class BlobStream extends OutputStream {
  private final BlobWriter writer;

  BlobStream(BlobWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int b) {
    writer.write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    writer.write(bytes, offset, length);
  }
}
