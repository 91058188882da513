package gantry.build.dockerfile;

import java.util.List;

/// Where an instruction stands and what it looks like there.
///
/// @param source the file
/// @param span from its keyword to its end, heredocs included
/// @param keyword as written: `RUN`, `run`
/// @param text the whole instruction on one line, as progress shows it: continued lines are joined,
///   comments between them and the bodies of heredocs are left out
/// @param escape the file's escape character, `\` or a backtick
/// @param comments the comment lines right above it, without `#`
public record Origin(
    Source source, Span span, String keyword, String text, char escape, List<String> comments) {
  public Origin {
    comments = List.copyOf(comments);
  }

  /// An error about this instruction; the caret is below `part` where that stands in its text, and
  /// below the keyword otherwise.
  public DockerfileException problem(String message, String part) {
    return DockerfileException.of(new Problem(source, locate(part), message));
  }

  private Span locate(String part) {
    for (int number = span.firstLine(); number <= span.lastLine() && !part.isEmpty(); number++) {
      int from = number == span.firstLine() ? span.start().column() - 1 : 0;
      int at = source.line(number).indexOf(part, from);
      if (at >= 0) {
        return new Span(new Position(number, at + 1), new Position(number, at + 1 + part.length()));
      }
    }
    Position start = span.start();
    return new Span(start, new Position(start.line(), start.column() + keyword.length()));
  }
}
