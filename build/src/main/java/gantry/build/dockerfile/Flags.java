package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The flags of one instruction, checked against those that it knows.
final class Flags {
  /// What a flag takes.
  enum Kind {
    /// Nothing, `true` or `false`.
    SWITCH,
    /// A value, once.
    VALUE,
    /// A value each time.
    VALUES
  }

  private final LogicalLine line;
  private final Map<String, List<Token>> values = new HashMap<>();

  private Flags(LogicalLine line) {
    this.line = line;
  }

  static Flags read(LogicalLine line, Head head, Map<String, Kind> known) {
    Flags flags = new Flags(line);
    for (Token flag : head.flags()) {
      flags.add(flag, known);
    }
    return flags;
  }

  private void add(Token flag, Map<String, Kind> known) {
    int equals = flag.text().indexOf('=');
    String name = flag.text().substring(2, equals < 0 ? flag.text().length() : equals);
    Kind kind = known.get(name);
    if (kind == null) {
      throw problem(
          new Token("--" + name, flag.offset()),
          "unknown flag: --" + name + Suggestion.of(name, known.keySet()));
    }
    List<Token> given = values.computeIfAbsent(name, _ -> new ArrayList<>());
    if (!given.isEmpty() && kind != Kind.VALUES) {
      throw problem(flag, "duplicate flag specified: --" + name);
    }
    if (equals < 0 ? kind != Kind.SWITCH : kind == Kind.SWITCH && flag.text().endsWith("=")) {
      throw problem(flag, "missing a value on flag: --" + name);
    }
    String value = equals < 0 ? "true" : flag.text().substring(equals + 1);
    if (kind == Kind.SWITCH && !value.toLowerCase(Locale.ROOT).matches("true|false")) {
      throw problem(flag, "expecting boolean value for flag --%s, not: %s".formatted(name, value));
    }
    given.add(new Token(value, flag.offset()));
  }

  private DockerfileException problem(Token flag, String message) {
    return line.parseError(flag, message);
  }

  /// The value, unless it is empty.
  Optional<String> value(String name) {
    return token(name).map(Token::text).filter(v -> !v.isEmpty());
  }

  Optional<Token> token(String name) {
    return tokens(name).stream().findFirst();
  }

  List<Token> tokens(String name) {
    return values.getOrDefault(name, List.of());
  }

  List<String> values(String name) {
    return tokens(name).stream().map(Token::text).toList();
  }

  Optional<Boolean> truth(String name) {
    return value(name).map(Boolean::parseBoolean);
  }

  boolean on(String name) {
    return truth(name).orElse(false);
  }
}
