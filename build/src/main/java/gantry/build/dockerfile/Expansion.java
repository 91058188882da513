package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Expands the variables of one word and takes its quotes away, as a shell would.
///
/// ```
/// $x ${x}                  the value, nothing when it is not set
/// ${x-y} ${x:-y}           y when x is not set; with a colon also when it is empty
/// ${x+y} ${x:+y}           y when x is set, and not empty
/// ${x?y} ${x:?y}           an error that says y when x is not set, or empty
/// ${x#p} ${x##p}           without the shortest, longest start that matches the pattern p
/// ${x%p} ${x%%p}           without the shortest, longest end that matches
/// ${x/p/y} ${x//p/y}       with the first, every match replaced
/// ```
///
/// Words stand in words. Single quotes keep all as it is, double quotes keep blanks, the escape
/// character takes the meaning from the next one. Bounded: nesting, length of a result.
///
/// Spec: Dockerfile reference, "Environment replacement"; POSIX shell, 2.6.2.
final class Expansion {
  static final int RESULT_MAX = 1 << 20;
  private static final int DEPTH_MAX = 50;
  private static final int END = -1;

  private final String text;
  private final char escape;
  private final boolean quotes;
  private final Variables variables;
  private int at;
  private int depth;

  private Expansion(String text, char escape, boolean quotes, Variables variables) {
    this.text = text;
    this.escape = escape;
    this.quotes = quotes;
    this.variables = variables;
  }

  /// One word; blanks in it stay.
  static String word(String text, char escape, Variables variables) {
    return new Expansion(text, escape, true, variables).whole(new Words());
  }

  /// The words that blanks outside of quotes divide the result into, none of them empty.
  static List<String> words(String text, char escape, Variables variables) {
    Words words = new Words();
    new Expansion(text, escape, true, variables).whole(words);
    return words.list();
  }

  /// The body of a heredoc, where quotes mean nothing.
  static String body(String text, Variables variables) {
    return new Expansion(text, '\\', false, variables).whole(new Words());
  }

  /// The result in two forms: as it is, and divided.
  private static final class Words {
    private final StringBuilder whole = new StringBuilder();
    private final StringBuilder word = new StringBuilder();
    private final List<String> words = new ArrayList<>();

    void add(String text, boolean divides) {
      check(whole.length() + text.length());
      whole.append(text);
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (divides && Character.isWhitespace(c)) {
          end();
        } else {
          word.append(c);
        }
      }
    }

    private void end() {
      if (!word.isEmpty()) {
        words.add(word.toString());
        word.setLength(0);
      }
    }

    List<String> list() {
      end();
      return words;
    }
  }

  private static void check(int length) {
    if (length > RESULT_MAX) {
      throw new ExpansionException("result is longer than %d characters".formatted(RESULT_MAX));
    }
  }

  private String whole(Words out) {
    until(END, false, out);
    return out.whole.toString();
  }

  private String until(int stop, boolean keepEscapes) {
    if (++depth > DEPTH_MAX) {
      throw new ExpansionException("more than %d substitutions nested".formatted(DEPTH_MAX));
    }
    Words out = new Words();
    until(stop, keepEscapes, out);
    depth--;
    return out.whole.toString();
  }

  /// Reads to `stop`, which is taken too, or to the end.
  private void until(int stop, boolean keepEscapes, Words out) {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == stop) {
        at++;
        return;
      }
      if (c == '$') {
        out.add(dollar(), true);
      } else if (quotes && c == '\'') {
        out.add(singleQuoted(), false);
      } else if (quotes && c == '"') {
        out.add(doubleQuoted(), false);
      } else if (c == escape) {
        escaped(keepEscapes, out);
      } else {
        out.add(character(), true);
      }
    }
    if (stop != END) {
      throw new ExpansionException(
          "syntax error: missing '%c'%s".formatted(stop, stop == '/' ? " in ${}" : ""));
    }
  }

  /// An escape character at the end is dropped.
  private void escaped(boolean keepEscapes, Words out) {
    if (keepEscapes) {
      out.add(String.valueOf(escape), false);
    }
    at++;
    if (at < text.length()) {
      out.add(character(), false);
    }
  }

  private String character() {
    int from = at;
    at += Character.charCount(text.codePointAt(at));
    return text.substring(from, at);
  }

  private String singleQuoted() {
    int end = text.indexOf('\'', at + 1);
    if (end < 0) {
      throw new ExpansionException(
          "unexpected end of statement while looking for matching single-quote");
    }
    String quoted = text.substring(at + 1, end);
    at = end + 1;
    return quoted;
  }

  private String doubleQuoted() {
    StringBuilder quoted = new StringBuilder();
    at++;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return quoted.toString();
      }
      if (c == '$') {
        quoted.append(dollar());
        check(quoted.length());
        continue;
      }
      if (c == escape && at + 1 < text.length() && escapable(text.charAt(at + 1))) {
        at++;
      }
      quoted.append(text.charAt(at++));
    }
    throw new ExpansionException(
        "unexpected end of statement while looking for matching double-quote");
  }

  private boolean escapable(char c) {
    return c == '"' || c == '$' || c == escape;
  }

  private String dollar() {
    at++;
    if (at == text.length() || text.charAt(at) != '{') {
      String name = name();
      return name.isEmpty() ? "$" : variables.get(name).orElse("");
    }
    at++;
    if (at == text.length()) {
      throw new ExpansionException("syntax error: missing '}'");
    }
    if ("{}:".indexOf(text.charAt(at)) >= 0) {
      throw new ExpansionException("syntax error: bad substitution");
    }
    String name = name();
    if (at == text.length()) {
      throw new ExpansionException("syntax error: missing '}'");
    }
    char modifier = text.charAt(at++);
    return modifier == '}' ? variables.get(name).orElse("") : modified(name, modifier);
  }

  /// Letters, digits and `_`; or digits alone, or one special parameter.
  private String name() {
    int from = at;
    if (at < text.length() && "@*#?-$!".indexOf(text.charAt(at)) >= 0) {
      at++;
      return text.substring(from, at);
    }
    boolean number = at < text.length() && Character.isDigit(text.codePointAt(at));
    while (at < text.length() && continues(text.codePointAt(at), number)) {
      at += Character.charCount(text.codePointAt(at));
    }
    return text.substring(from, at);
  }

  private static boolean continues(int c, boolean number) {
    return Character.isDigit(c) || (!number && (Character.isLetter(c) || c == '_'));
  }

  private String modified(String name, char modifier) {
    return switch (modifier) {
      case ':' -> {
        char kind = at < text.length() ? text.charAt(at++) : ' ';
        if ("-+?".indexOf(kind) < 0) {
          throw unsupported(kind == ' ' ? ":" : ":" + kind);
        }
        yield conditional(name, kind, variables.get(name).filter(v -> !v.isEmpty()), "empty");
      }
      case '-', '+', '?' -> conditional(name, modifier, variables.get(name), "unset");
      case '#', '%' -> trimmed(name, modifier);
      case '/' -> replaced(name);
      default -> throw unsupported(String.valueOf(modifier));
    };
  }

  private static ExpansionException unsupported(String modifier) {
    return new ExpansionException("unsupported modifier (%s) in substitution".formatted(modifier));
  }

  private String conditional(String name, char kind, Optional<String> value, String missing) {
    String word = until('}', false);
    return switch (kind) {
      case '-' -> value.orElse(word);
      case '+' -> value.map(_ -> word).orElse("");
      default ->
          value.orElseThrow(
              () ->
                  new ExpansionException(
                      name + ": " + (word.isEmpty() ? "is not allowed to be " + missing : word)));
    };
  }

  private String trimmed(String name, char side) {
    boolean longest = at < text.length() && text.charAt(at) == side;
    at += longest ? 1 : 0;
    Glob pattern = Glob.parse(until('}', true));
    String value = variables.get(name).orElse("");
    return side == '#'
        ? pattern.withoutPrefix(value, longest)
        : pattern.withoutSuffix(value, longest);
  }

  private String replaced(String name) {
    boolean all = at < text.length() && text.charAt(at) == '/';
    at += all ? 1 : 0;
    Glob pattern = Glob.parse(until('/', true));
    String replacement = until('}', true);
    return pattern.replaceIn(variables.get(name).orElse(""), replacement, all, RESULT_MAX);
  }
}
