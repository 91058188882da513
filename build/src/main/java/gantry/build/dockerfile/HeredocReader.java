package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds heredocs among the words of a line: `<<EOF`, `<<-"EOF"`, `3<< EOF`.
final class HeredocReader {
  private static final Pattern START = Pattern.compile("(\\d{0,9})<<(-?)([^<]*)");

  private HeredocReader() {}

  /// Those of a line, still without content. A line whose quotes are not balanced has none.
  static List<Heredoc> find(Token line) {
    List<Heredoc> found = new ArrayList<>();
    if (line.text().indexOf("<<") < 0 || !WordReader.balanced(line.text(), '\\')) {
      return found;
    }
    List<Token> words = WordReader.quoted(line, '\\');
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i).text();
      boolean apart = word.endsWith("<<") || word.endsWith("<<-");
      if (apart && i + 1 < words.size()) {
        word += words.get(i + 1).text();
        if (parse(word).isPresent()) {
          i++;
        }
      }
      parse(word).ifPresent(found::add);
    }
    return found;
  }

  /// The heredoc that this text is, and nothing else.
  static Optional<Heredoc> parse(String word) {
    Matcher start = START.matcher(word);
    if (!start.matches()) {
      return Optional.empty();
    }
    String raw = start.group(3).strip();
    if (!WordReader.balanced(raw, '\\')) {
      return Optional.empty();
    }
    if (WordReader.quoted(new Token(raw, 0), '\\').size() != 1) {
      return Optional.empty();
    }
    String name = unquoted(raw);
    boolean quoted = quotes(raw) != quotes(name);
    int descriptor = start.group(1).isEmpty() ? 0 : Integer.parseInt(start.group(1));
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(new Heredoc(name, descriptor, !quoted, !start.group(2).isEmpty(), ""));
  }

  private static long quotes(String text) {
    return text.chars().filter(c -> c == '"' || c == '\'').count();
  }

  /// Without quotes and escapes; `$` means nothing here.
  private static String unquoted(String word) {
    StringBuilder plain = new StringBuilder();
    char quote = 0;
    for (int at = 0; at < word.length(); at++) {
      char c = word.charAt(at);
      if (c == '\\' && quote != '\'' && at + 1 < word.length()) {
        plain.append(word.charAt(++at));
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
