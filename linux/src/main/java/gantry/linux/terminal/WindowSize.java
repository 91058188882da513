package gantry.linux.terminal;

/// A terminal's size in characters; 0 by 0 if nobody has set one.
///
/// @param rows 0 to 65535
/// @param columns 0 to 65535
public record WindowSize(int rows, int columns) {
  public WindowSize {
    if (rows < 0 || rows > 0xFFFF || columns < 0 || columns > 0xFFFF) {
      throw new IllegalArgumentException(
          "a terminal has 0 to 65535 rows and columns, got " + rows + " and " + columns);
    }
  }
}
