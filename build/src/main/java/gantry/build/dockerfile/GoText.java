package gantry.build.dockerfile;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Values in the forms of Go's standard library, which Dockerfiles inherited.
final class GoText {
  private static final Pattern PART = Pattern.compile("(\\d*\\.?\\d*)([a-zµμ]+)");
  private static final int LONGEST = 100;

  private GoText() {}

  /// `strconv.ParseBool`.
  static Optional<Boolean> truth(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
      case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /// `%q`: in double quotes, with what would end or hide it escaped.
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> quoted.append(c < ' ' ? "\\x%02x".formatted((int) c) : String.valueOf(c));
      }
    }
    return quoted.append('"').toString();
  }

  /// `time.ParseDuration`: `1m30s`, `1.5h`.
  ///
  /// @throws IllegalArgumentException in Go's words
  static Duration duration(String text) {
    boolean negative = text.startsWith("-");
    String digits = negative || text.startsWith("+") ? text.substring(1) : text;
    if (digits.equals("0")) {
      return Duration.ZERO;
    }
    Matcher part = PART.matcher(digits);
    double nanos = 0;
    int end = 0;
    while (text.length() <= LONGEST && part.find() && part.start() == end) {
      if (part.group(1).isEmpty() || part.group(1).equals(".")) {
        break;
      }
      nanos += Double.parseDouble(part.group(1)) * unit(part.group(2), text);
      end = part.end();
    }
    if (digits.matches("[0-9.]*[0-9][0-9.]*")) {
      throw new IllegalArgumentException("time: missing unit in duration \"%s\"".formatted(text));
    }
    if (end != digits.length() || end == 0 || nanos > Long.MAX_VALUE) {
      throw new IllegalArgumentException("time: invalid duration \"%s\"".formatted(text));
    }
    return Duration.ofNanos((long) (negative ? -nanos : nanos));
  }

  private static double unit(String unit, String text) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs", "μs" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      case "h" -> 3600e9;
      default ->
          throw new IllegalArgumentException(
              "time: unknown unit \"%s\" in duration \"%s\"".formatted(unit, text));
    };
  }
}
