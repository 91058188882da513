package gantry.build.dockerfile;

/// A stretch of a file.
///
/// @param start its first character
/// @param end behind its last character; in the same line as `start` or below
public record Span(Position start, Position end) {
  /// The first line, from 1.
  public int firstLine() {
    return start.line();
  }

  /// The last line, from 1.
  public int lastLine() {
    return end.line();
  }

  /// Where it starts, `line:column`.
  @Override
  public String toString() {
    return start.toString();
  }
}
