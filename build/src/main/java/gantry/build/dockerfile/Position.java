package gantry.build.dockerfile;

/// A place in a file.
///
/// @param line from 1
/// @param column from 1, in characters; a tab is one
public record Position(int line, int column) implements Comparable<Position> {
  @Override
  public int compareTo(Position other) {
    return line != other.line
        ? Integer.compare(line, other.line)
        : Integer.compare(column, other.column);
  }

  /// `line:column`.
  @Override
  public String toString() {
    return line + ":" + column;
  }
}
