package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Takes a file's lines one after the other: instructions with their continued lines joined, and
/// the bodies of heredocs.
final class LineReader {
  private final Source source;
  private final char escape;
  private int next = 1;

  LineReader(Source source, char escape, int firstLine) {
    this.source = source;
    this.escape = escape;
    this.next = firstLine;
  }

  /// The next line that is no comment and not empty, with those that continue it.
  Optional<LogicalLine> next() {
    List<String> comments = new ArrayList<>();
    for (; next <= source.lines().size(); next++) {
      String line = line(next);
      String stripped = line.stripLeading();
      if (stripped.startsWith("#")) {
        comments.add(stripped.substring(1).strip());
      } else if (stripped.isEmpty()) {
        comments.clear();
      } else {
        return Optional.of(logical(line, line.length() - stripped.length(), comments));
      }
    }
    return Optional.empty();
  }

  private LogicalLine logical(String first, int indent, List<String> comments) {
    LogicalLine joined = new LogicalLine(source, comments);
    String text = first.substring(indent);
    int continued = continuation(text);
    joined.append(continued < 0 ? text : text.substring(0, continued), next, indent + 1);
    next++;
    while (continued >= 0 && next <= source.lines().size()) {
      String line = line(next);
      String stripped = line.stripLeading();
      if (stripped.isEmpty() || stripped.startsWith("#")) {
        joined.pass(next, stripped.isEmpty());
      } else {
        continued = continuation(line);
        joined.append(continued < 0 ? line : line.substring(0, continued), next, 1);
      }
      next++;
    }
    return joined;
  }

  /// Where the escape character stands with which a line ends that goes on, or -1. One that is
  /// escaped itself is none; blanks may follow it.
  private int continuation(String line) {
    int at = line.length() - 1;
    while (at >= 0 && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
      at--;
    }
    boolean continues =
        at >= 0 && line.charAt(at) == escape && (at == 0 || line.charAt(at - 1) != escape);
    return continues ? at : -1;
  }

  /// The lines down to the one that is `heredoc`'s name alone, which is taken as well; none when
  /// there is no such line.
  Optional<Heredoc> body(Heredoc heredoc) {
    StringBuilder content = new StringBuilder();
    for (int number = next; number <= source.lines().size(); number++) {
      String line = line(number);
      if ((heredoc.chomps() ? line.replaceFirst("^\t+", "") : line).equals(heredoc.name())) {
        next = number + 1;
        return Optional.of(heredoc.withContent(content.toString()));
      }
      content.append(source.line(number)).append('\n');
    }
    return Optional.empty();
  }

  /// The last line that was taken.
  int lastLine() {
    return next - 1;
  }

  /// Without the carriage returns at its end.
  private String line(int number) {
    String line = source.line(number);
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == '\r') {
      end--;
    }
    return line.substring(0, end);
  }
}
