package gantry.engine.log;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/// RFC 3339 times in UTC with nanoseconds, as bytes: of fixed width where lines are shown, without
/// trailing zeros where they are stored.
final class Timestamps {
  /// `2026-11-22T15:14:04.123456789Z`
  static final int FIXED_WIDTH = 30;

  /// Nanoseconds since 1970 in hexadecimal digits, as `local` logs have them.
  static final int HEX_WIDTH = 16;

  private static final int[] NANO_POWERS = {
    1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1
  };

  private Timestamps() {}

  /// Nine decimals always, so that times sort as text.
  static byte[] fixed(Instant time) {
    byte[] out = new byte[FIXED_WIDTH];
    LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    digits(out, 0, 4, utc.getYear());
    out[4] = '-';
    digits(out, 5, 2, utc.getMonthValue());
    out[7] = '-';
    digits(out, 8, 2, utc.getDayOfMonth());
    out[10] = 'T';
    digits(out, 11, 2, utc.getHour());
    out[13] = ':';
    digits(out, 14, 2, utc.getMinute());
    out[16] = ':';
    digits(out, 17, 2, utc.getSecond());
    out[19] = '.';
    digits(out, 20, 9, utc.getNano());
    out[29] = 'Z';
    return out;
  }

  /// The stored form: decimals as far as there are any.
  static byte[] trimmed(Instant time) {
    byte[] fixed = fixed(time);
    int end = 29;
    while (fixed[end - 1] == '0') {
      end--;
    }
    if (fixed[end - 1] == '.') {
      end--;
    }
    byte[] out = java.util.Arrays.copyOf(fixed, end + 1);
    out[end] = 'Z';
    return out;
  }

  /// Nanoseconds since 1970 of the time at `from` until `to`; [Long#MIN_VALUE] for what is no time.
  static long parse(byte[] bytes, int from, int to) {
    if (to - from == HEX_WIDTH) {
      return parseHex(bytes, from);
    }
    if (to - from < 20 || bytes[to - 1] != 'Z' || bytes[from + 10] != 'T') {
      return parseSlowly(bytes, from, to);
    }
    try {
      int year = number(bytes, from, 4);
      int month = number(bytes, from + 5, 2);
      int day = number(bytes, from + 8, 2);
      int hour = number(bytes, from + 11, 2);
      int minute = number(bytes, from + 14, 2);
      int second = number(bytes, from + 17, 2);
      int nanos = 0;
      int decimals = to - 1 - (from + 20);
      if (bytes[from + 19] == '.' && decimals > 0 && decimals <= 9) {
        nanos = number(bytes, from + 20, decimals) * NANO_POWERS[decimals];
      }
      long days = daysSinceEpoch(year, month, day);
      return ((days * 24 + hour) * 60 + minute) * 60_000_000_000L + second * 1_000_000_000L + nanos;
    } catch (NumberFormatException _) { // not our form: perhaps another one of the same standard
      return parseSlowly(bytes, from, to);
    }
  }

  private static long parseHex(byte[] bytes, int from) {
    long value = 0;
    for (int i = from; i < from + HEX_WIDTH; i++) {
      int digit = Character.digit(bytes[i], 16);
      if (digit < 0) {
        return Long.MIN_VALUE;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  static long nanos(Instant time) {
    long seconds = time.getEpochSecond();
    if (seconds > Long.MAX_VALUE / 1_000_000_000L - 1) {
      return Long.MAX_VALUE;
    }
    if (seconds < Long.MIN_VALUE / 1_000_000_000L + 1) {
      return Long.MIN_VALUE + 1;
    }
    return seconds * 1_000_000_000L + time.getNano();
  }

  private static long parseSlowly(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    try {
      return nanos(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException _) { // told by the result
      return Long.MIN_VALUE;
    }
  }

  /// Days of a date of the Gregorian calendar since 1970-01-01, counting years from March.
  private static long daysSinceEpoch(int year, int month, int day) {
    long y = month <= 2 ? year - 1L : year;
    long era = Math.floorDiv(y, 400L);
    long yearOfEra = y - era * 400;
    long dayOfYear = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146_097 + dayOfEra - 719_468;
  }

  private static int number(byte[] bytes, int from, int count) {
    int value = 0;
    for (int i = from; i < from + count; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw new NumberFormatException();
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private static void digits(byte[] out, int from, int count, int value) {
    int rest = value;
    for (int i = from + count - 1; i >= from; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }
}
