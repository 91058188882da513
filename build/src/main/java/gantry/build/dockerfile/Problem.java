package gantry.build.dockerfile;

/// One thing that is wrong in a Dockerfile.
///
/// @param message in Docker's words where Docker has some
public record Problem(Source source, Span span, String message) {
  private static final int SHOWN_COLUMNS = 160;

  /// The message, and below it file, line, text and a caret:
  ///
  /// ```
  /// dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
  ///  --> Dockerfile:2:1
  ///   |
  /// 2 | RUNN make
  ///   | ^^^^
  /// ```
  public String render() {
    String number = Integer.toString(span.firstLine());
    String margin = " ".repeat(number.length());
    String line = source.line(span.firstLine());
    int column = Math.min(span.start().column() - 1, line.length());
    int from = Math.max(0, column - SHOWN_COLUMNS / 2);
    int to = Math.min(line.length(), from + SHOWN_COLUMNS);
    String excerpt = (from > 0 ? "…" : "") + line.substring(from, to).stripTrailing();
    String before = (from > 0 ? "…" : "") + line.substring(from, column);
    return "%s%n%s--> %s:%s%n%s |%n%s | %s%n%s | %s%s"
        .formatted(
            message,
            margin,
            source.name(),
            span,
            margin,
            number,
            printable(excerpt),
            margin,
            blanks(before),
            "^".repeat(carets(line, column, to)))
        .replace(System.lineSeparator(), "\n");
  }

  private int carets(String line, int column, int to) {
    int end = span.lastLine() > span.firstLine() ? line.length() : span.end().column() - 1;
    return Math.max(1, Math.min(end, to) - column);
  }

  /// Tabs stay, so that the caret stands below its character however wide a tab is.
  private static String blanks(String text) {
    return text.replaceAll("[^\t]", " ");
  }

  /// A file may hold what moves a terminal's cursor.
  private static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\t]]", "?");
  }
}
