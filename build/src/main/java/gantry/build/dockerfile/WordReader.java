package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;

/// Divides the text behind an instruction's keyword.
final class WordReader {
  private WordReader() {}

  /// Blanks as the instructions know them that do not heed quotes.
  static boolean blank(char c) {
    return c == ' ' || c == '\t' || c == '\u000b' || c == '\f' || c == '\r';
  }

  /// The words between blanks; quotes mean nothing.
  static List<Token> plain(Token text) {
    List<Token> words = new ArrayList<>();
    String line = text.text();
    int from = 0;
    while (from < line.length()) {
      int to = from;
      while (to < line.length() && !blank(line.charAt(to))) {
        to++;
      }
      if (to > from) {
        words.add(new Token(line.substring(from, to), text.offset() + from));
      }
      from = to + 1;
    }
    return words;
  }

  /// The words between blanks that are neither quoted nor escaped; quotes and escapes stay.
  static List<Token> quoted(Token text, char escape) {
    List<Token> words = new ArrayList<>();
    String line = text.text();
    int from = 0;
    while (from < line.length()) {
      if (Character.isWhitespace(line.charAt(from))) {
        from++;
        continue;
      }
      int to = wordEnd(line, from, escape);
      words.add(new Token(line.substring(from, to), text.offset() + from));
      from = to;
    }
    return words;
  }

  private static int wordEnd(String line, int from, char escape) {
    char quote = 0;
    int at = from;
    for (; at < line.length(); at++) {
      char c = line.charAt(at);
      if (c == escape && quote != '\'' && at + 1 < line.length()) {
        at++;
      } else if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (Character.isWhitespace(c)) {
        break;
      }
    }
    return Math.min(at, line.length());
  }

  /// Whether every quote that is opened is closed.
  static boolean balanced(String line, char escape) {
    char quote = 0;
    for (int at = 0; at < line.length(); at++) {
      char c = line.charAt(at);
      if (c == escape && quote != '\'') {
        at++;
      } else if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      }
    }
    return quote == 0;
  }
}
