package gantry.engine.container;

import java.io.IOException;

/// Where output is delivered. Called by one thread at a time; may block, which slows down the
/// producer after a bounded buffer.
@FunctionalInterface
public interface OutputSink {
  enum Stream {
    STDOUT,
    STDERR
  }

  /// Takes `length` bytes at `offset`, which are valid for the time of the call only. An exception
  /// ends the delivery.
  void accept(Stream stream, byte[] bytes, int offset, int length) throws IOException;
}
