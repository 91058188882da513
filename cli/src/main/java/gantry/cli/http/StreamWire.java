package gantry.cli.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/// A wire of two streams.
abstract class StreamWire implements Wire {
  private final InputStream in;
  private final OutputStream out;
  private volatile boolean open = true;

  StreamWire(InputStream in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  /// Called at the end of what comes in, which may be an error.
  abstract void ended() throws IOException;

  /// Gives up what the streams belong to.
  abstract void release() throws IOException;

  @Override
  public int read(ByteBuffer target) throws IOException {
    int count =
        in.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
    if (count < 0) {
      ended();
      return count;
    }
    target.position(target.position() + count);
    return count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int count = source.remaining();
    out.write(source.array(), source.arrayOffset() + source.position(), count);
    out.flush();
    source.position(source.limit());
    return count;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    open = false;
    release();
  }
}
