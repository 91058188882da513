package gantry.cli.format;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/// Numbers as Go's `strconv`, `time` and `fmt` read and write them, error words included.
public final class GoNumbers {

  private static final long SECOND = 1_000_000_000L;

  private GoNumbers() {}

  /// `strconv.ParseBool`.
  public static boolean parseBool(String value) {
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> throw failed("ParseBool", value, "invalid syntax");
    };
  }

  /// `strconv.ParseInt` with base 0: decimal, `0x`, `0o`, `0b` and a leading `0` for octal.
  public static long parseInt(String value, int bits) {
    BigInteger number = parseBase0(value, "ParseInt", true);
    if (number.bitLength() >= bits) {
      throw failed("ParseInt", value, "value out of range");
    }
    return number.longValueExact();
  }

  /// `strconv.ParseUint` with base 0.
  public static long parseUint(String value, int bits) {
    BigInteger number = parseBase0(value, "ParseUint", false);
    if (number.bitLength() > bits) {
      throw failed("ParseUint", value, "value out of range");
    }
    return number.longValue();
  }

  private static BigInteger parseBase0(String value, String function, boolean signed) {
    String digits = value;
    boolean negative = false;
    if (signed && !digits.isEmpty() && (digits.charAt(0) == '-' || digits.charAt(0) == '+')) {
      negative = digits.charAt(0) == '-';
      digits = digits.substring(1);
    }
    int base = 10;
    if (digits.length() > 1 && digits.charAt(0) == '0') {
      char mark = Character.toLowerCase(digits.charAt(1));
      base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
      digits = digits.substring(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
    }
    if (digits.isEmpty() || digits.charAt(0) == '-' || digits.charAt(0) == '+') {
      throw failed(function, value, "invalid syntax");
    }
    try {
      BigInteger number = new BigInteger(digits, base);
      return negative ? number.negate() : number;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(failed(function, value, "invalid syntax").getMessage(), e);
    }
  }

  private static IllegalArgumentException failed(String function, String value, String why) {
    return new IllegalArgumentException(
        "strconv." + function + ": parsing \"" + value + "\": " + why);
  }

  /// Decimal CPUs, `1.5`, as billionths; finer than that is refused.
  public static long parseNanoCpus(String value) {
    BigDecimal cpus;
    int slash = value.indexOf('/');
    try {
      cpus =
          slash < 0
              ? new BigDecimal(value)
              : new BigDecimal(value.substring(0, slash))
                  .divide(new BigDecimal(value.substring(slash + 1)), MathContext.DECIMAL64);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("failed to parse " + value + " as a rational number", e);
    }
    BigDecimal nanos = cpus.movePointRight(9);
    try {
      return nanos.toBigIntegerExact().longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("value is too precise", e);
    }
  }

  /// `time.ParseDuration`: `1h2m3.5s`, `300ms`, `-5s`; the result in nanoseconds.
  public static long parseDurationNanos(String value) {
    String rest = value;
    boolean negative = rest.startsWith("-");
    if (negative || rest.startsWith("+")) {
      rest = rest.substring(1);
    }
    if (rest.equals("0")) {
      return 0;
    }
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("time: invalid duration \"" + value + "\"");
    }
    BigDecimal nanos = BigDecimal.ZERO;
    int at = 0;
    while (at < rest.length()) {
      int unitAt = at;
      while (unitAt < rest.length()
          && (Character.isDigit(rest.charAt(unitAt)) || rest.charAt(unitAt) == '.')) {
        unitAt++;
      }
      int end = unitAt;
      while (end < rest.length()
          && !Character.isDigit(rest.charAt(end))
          && rest.charAt(end) != '.') {
        end++;
      }
      if (unitAt == at || rest.substring(at, unitAt).equals(".")) {
        throw new IllegalArgumentException("time: invalid duration \"" + value + "\"");
      }
      nanos =
          nanos.add(
              new BigDecimal(rest.substring(at, unitAt))
                  .multiply(BigDecimal.valueOf(unit(rest.substring(unitAt, end), value))));
      at = end;
    }
    long result = nanos.longValue();
    return negative ? -result : result;
  }

  private static long unit(String unit, String value) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs", "μs" -> 1_000;
      case "ms" -> 1_000_000;
      case "s" -> SECOND;
      case "m" -> 60 * SECOND;
      case "h" -> 3600 * SECOND;
      case "" ->
          throw new IllegalArgumentException("time: missing unit in duration \"" + value + "\"");
      default ->
          throw new IllegalArgumentException(
              "time: unknown unit \"" + unit + "\" in duration \"" + value + "\"");
    };
  }

  /// `fmt`'s `%.<precision>g`: so many significant digits, no trailing zeros, an exponent when the
  /// number is too long for them.
  public static String formatG(double value, int precision) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded =
        new BigDecimal(value).round(new MathContext(precision, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (exponent < -4 || exponent >= precision) {
      BigDecimal digits = rounded.movePointLeft(exponent).stripTrailingZeros();
      int size = Math.abs(exponent);
      return digits.toPlainString()
          + "e"
          + (exponent < 0 ? "-" : "+")
          + (size < 10 ? "0" : "")
          + size;
    }
    return rounded.stripTrailingZeros().toPlainString();
  }

  /// `fmt`'s `%.<places>f`.
  public static String formatF(double value, int places) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN).toPlainString();
  }

  /// `strconv.Quote` for text that is mostly printable.
  public static String quote(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    text.codePoints().forEach(c -> appendQuoted(quoted, c));
    return quoted.append('"').toString();
  }

  private static void appendQuoted(StringBuilder quoted, int c) {
    switch (c) {
      case '"' -> quoted.append("\\\"");
      case '\\' -> quoted.append("\\\\");
      case 7 -> quoted.append("\\a");
      case '\b' -> quoted.append("\\b");
      case '\f' -> quoted.append("\\f");
      case '\n' -> quoted.append("\\n");
      case '\r' -> quoted.append("\\r");
      case '\t' -> quoted.append("\\t");
      case 11 -> quoted.append("\\v");
      default -> {
        if (c < 0x20 || c == 0x7f) {
          quoted
              .append("\\x")
              .append(Character.forDigit(c >> 4, 16))
              .append(Character.forDigit(c & 15, 16));
        } else {
          quoted.appendCodePoint(c);
        }
      }
    }
  }
}
