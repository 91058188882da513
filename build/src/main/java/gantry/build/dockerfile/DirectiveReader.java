package gantry.build.dockerfile;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the directives at the start of a file. The first line that is none ends them.
final class DirectiveReader {
  private static final Pattern DIRECTIVE =
      Pattern.compile("#\\s*([a-zA-Z][a-zA-Z0-9]*)\\s*=\\s*(\\S.*?)\\s*");
  private static final Set<String> KNOWN = Set.of("syntax", "escape", "check");

  private final Source source;
  private final Map<String, String> values = new HashMap<>();
  private final Map<String, Integer> lines = new HashMap<>();

  private DirectiveReader(Source source) {
    this.source = source;
  }

  static Directives read(Source source) {
    return new DirectiveReader(source).directives();
  }

  private Directives directives() {
    int number = source.line(1).startsWith("#!") ? 2 : 1;
    while (number <= source.lines().size() && add(number)) {
      number++;
    }
    Optional<String> syntax = Optional.ofNullable(values.get("syntax"));
    return new Directives(syntax, escape(), check(), number - 1);
  }

  private boolean add(int number) {
    Matcher matcher = DIRECTIVE.matcher(source.line(number));
    if (!matcher.matches()) {
      return false;
    }
    String name = matcher.group(1).toLowerCase(Locale.ROOT);
    if (!KNOWN.contains(name)) {
      return false;
    }
    String value = matcher.group(2).split("\\s", 2)[0]; // as Docker, which ignores what follows
    if (values.put(name, value) != null) {
      throw problem(number, "only one %s parser directive can be used".formatted(name));
    }
    lines.put(name, number);
    return true;
  }

  private char escape() {
    String text = values.getOrDefault("escape", "\\");
    if (!text.equals("\\") && !text.equals("`")) {
      throw problem(
          lines.getOrDefault("escape", 1),
          "invalid escape token '%s' does not match ` or \\".formatted(text));
    }
    return text.charAt(0);
  }

  private Check check() {
    String text = values.get("check");
    try {
      return text == null ? Check.ALL : Check.parse(text);
    } catch (IllegalArgumentException e) {
      throw problem(lines.getOrDefault("check", 1), String.valueOf(e.getMessage()));
    }
  }

  private DockerfileException problem(int number, String message) {
    Span span =
        new Span(new Position(number, 1), new Position(number, source.line(number).length() + 1));
    return DockerfileException.of(new Problem(source, span, message));
  }
}
