package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;

/// One instruction's text with continued lines joined, which still knows where each character
/// stands in the file.
final class LogicalLine {
  private final Source source;
  private final List<String> comments;
  private final StringBuilder text = new StringBuilder();
  private final List<Part> parts = new ArrayList<>();
  private final List<Integer> emptyLines = new ArrayList<>();
  private int lastLine;

  /// What one line of the file gave.
  private record Part(int offset, int line, int column) {}

  LogicalLine(Source source, List<String> comments) {
    this.source = source;
    this.comments = comments;
  }

  /// Appends what one line gives.
  ///
  /// @param column of its first character, from 1
  void append(String part, int line, int column) {
    parts.add(new Part(text.length(), line, column));
    text.append(part);
    lastLine = line;
  }

  /// Counts a line in that gives nothing: empty or a comment.
  void pass(int line, boolean empty) {
    if (empty) {
      emptyLines.add(line);
    }
    lastLine = line;
  }

  Source source() {
    return source;
  }

  List<String> comments() {
    return comments;
  }

  String text() {
    return text.toString();
  }

  /// The lines between that have nothing on them.
  List<Integer> emptyLines() {
    return emptyLines;
  }

  int lastLine() {
    return lastLine;
  }

  Position position(int offset) {
    int low = 0;
    for (int high = parts.size(); high - low > 1; ) {
      int middle = (low + high) >>> 1;
      if (parts.get(middle).offset <= offset) {
        low = middle;
      } else {
        high = middle;
      }
    }
    Part part = parts.get(low);
    return new Position(part.line, part.column + offset - part.offset);
  }

  Span span(int from, int to) {
    Position start = position(from);
    Position last = position(Math.max(from, to - 1));
    return new Span(start, new Position(last.line(), last.column() + (to > from ? 1 : 0)));
  }

  /// An error about characters of this line, in these words alone.
  DockerfileException problem(Token token, String message) {
    return DockerfileException.of(new Problem(source, span(token.offset(), token.end()), message));
  }

  /// An error about characters of this line, behind the words that Docker's clients know.
  DockerfileException parseError(Token token, String message) {
    return problem(
        token, "dockerfile parse error on line %d: %s".formatted(position(0).line(), message));
  }
}
