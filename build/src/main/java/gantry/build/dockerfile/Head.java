package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;

/// An instruction's line, divided into keyword, flags and the rest.
///
/// @param keyword as written
/// @param flags the words behind it that begin with `--`, without quotes
/// @param arguments the rest, without blanks around it
record Head(Token keyword, List<Token> flags, Token arguments) {
  static Head read(Token line) {
    String text = line.text();
    int from = skip(text, 0);
    int to = from;
    while (to < text.length() && !WordReader.blank(text.charAt(to))) {
      to++;
    }
    Token keyword = new Token(text.substring(from, to), line.offset() + from);
    List<Token> flags = new ArrayList<>();
    int at = skip(text, to);
    while (text.startsWith("--", at)) {
      StringBuilder flag = new StringBuilder();
      int end = flag(text, at, flag);
      if (flag.toString().equals("--")) {
        at = skip(text, end);
        break;
      }
      flags.add(new Token(flag.toString(), line.offset() + at));
      at = skip(text, end);
    }
    String arguments = text.substring(at).strip();
    int indent = text.substring(at).indexOf(arguments);
    return new Head(keyword, flags, new Token(arguments, line.offset() + at + indent));
  }

  private static int skip(String text, int from) {
    int at = from;
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /// Reads one flag without its quotes and escapes; answers where it ends.
  private static int flag(String text, int from, StringBuilder flag) {
    char quote = 0;
    int at = from;
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '\\' && at + 1 < text.length()) {
        flag.append(text.charAt(++at));
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote == 0 && Character.isWhitespace(c)) {
        break;
      } else {
        flag.append(c);
      }
    }
    return Math.min(at, text.length());
  }
}
