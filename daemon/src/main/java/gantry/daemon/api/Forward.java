package gantry.daemon.api;

import java.io.IOException;
import java.io.OutputStream;

/// A stream whose target comes later, before the first byte: a response begins only once it is
/// known that there will be one.
final class Forward extends OutputStream {
  private OutputStream target = OutputStream.nullOutputStream();

  void open(OutputStream out) {
    target = out;
  }

  @Override
  public void write(int b) throws IOException {
    target.write(b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    target.write(bytes, offset, length);
  }

  @Override
  public void flush() throws IOException {
    target.flush();
  }

  @Override
  public void close() throws IOException {
    target.close();
  }
}
