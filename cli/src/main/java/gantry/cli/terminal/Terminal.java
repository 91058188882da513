package gantry.cli.terminal;

import java.io.IOException;
import java.util.Optional;

/// The terminal on standard input: its size, and raw mode.
public interface Terminal {

  /// Rows and columns of characters.
  record Size(int rows, int columns) {}

  /// Undoes raw mode; closing it twice is harmless.
  interface RawMode extends AutoCloseable {
    @Override
    void close();
  }

  /// The size now, or nothing when there is no terminal.
  Optional<Size> size();

  /// Hands every byte through unchanged until the result is closed.
  RawMode enterRaw() throws IOException;
}
