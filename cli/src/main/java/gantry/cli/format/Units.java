package gantry.cli.format;

import java.math.BigDecimal;

/// Sizes and spans of time for people, as Docker's `go-units` words them.
public final class Units {

  private static final String[] DECIMAL = {"B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  private static final String[] BINARY = {
    "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"
  };

  private Units() {}

  /// Powers of 1000 with `digits` significant digits: `4.43MB`.
  public static String decimalSize(double bytes, int digits) {
    return scaled(bytes, 1000, DECIMAL, digits);
  }

  /// Powers of 1000 with four significant digits: `4.434MB`.
  public static String decimalSize(double bytes) {
    return scaled(bytes, 1000, DECIMAL, 4);
  }

  /// Powers of 1024 with four significant digits: `1.523MiB`.
  public static String binarySize(double bytes) {
    return scaled(bytes, 1024, BINARY, 4);
  }

  private static String scaled(double bytes, double base, String[] names, int digits) {
    double size = bytes;
    int unit = 0;
    while (size >= base && unit < names.length - 1) {
      size /= base;
      unit++;
    }
    return GoNumbers.formatG(size, digits) + names[unit];
  }

  /// A size in bytes from `512`, `64m`, `1.5GiB`: powers of 1024 whatever the spelling of the unit.
  ///
  /// @throws IllegalArgumentException with go-units' words
  public static long parseBytes(String value) {
    int unitAt = value.length();
    while (unitAt > 0
        && !Character.isDigit(value.charAt(unitAt - 1))
        && value.charAt(unitAt - 1) != '.') {
      unitAt--;
    }
    String number = value.substring(0, unitAt);
    String suffix = value.substring(unitAt);
    if (suffix.startsWith(" ")) {
      suffix = suffix.substring(1);
    }
    if (number.isEmpty()) {
      throw new IllegalArgumentException("invalid size: '" + value + "'");
    }
    BigDecimal size;
    try {
      size = new BigDecimal(number.endsWith(".") ? number + "0" : number);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid size: '" + value + "'", e);
    }
    if (size.signum() < 0) {
      throw new IllegalArgumentException("invalid size: '" + value + "'");
    }
    return size.multiply(BigDecimal.valueOf(multiplier(suffix, value))).longValue();
  }

  private static long multiplier(String suffix, String value) {
    if (suffix.isEmpty()) {
      return 1;
    }
    int power = "bkmgtp".indexOf(Character.toLowerCase(suffix.charAt(0)));
    String tail = suffix.substring(1);
    boolean known =
        tail.isEmpty()
            || (power > 0 && (tail.equalsIgnoreCase("b") || tail.equalsIgnoreCase("ib")));
    if (power < 0 || !known) {
      throw new IllegalArgumentException("invalid suffix: '" + suffix + "'");
    }
    return value.isEmpty() ? 0 : 1L << (10 * power);
  }

  /// A span of time in words: `About a minute`, `3 hours`.
  public static String duration(long seconds) {
    long minutes = seconds / 60;
    long hours = Math.round(seconds / 3600.0);
    if (seconds < 1) {
      return "Less than a second";
    }
    if (seconds == 1) {
      return "1 second";
    }
    if (seconds < 60) {
      return seconds + " seconds";
    }
    if (minutes == 1) {
      return "About a minute";
    }
    if (minutes < 60) {
      return minutes + " minutes";
    }
    if (hours == 1) {
      return "About an hour";
    }
    if (hours < 48) {
      return hours + " hours";
    }
    if (hours < 24 * 7 * 2) {
      return hours / 24 + " days";
    }
    if (hours < 24 * 30 * 2) {
      return hours / 24 / 7 + " weeks";
    }
    if (hours < 24 * 365 * 2) {
      return hours / 24 / 30 + " months";
    }
    return (long) (seconds / 3600.0) / 24 / 365 + " years";
  }
}
