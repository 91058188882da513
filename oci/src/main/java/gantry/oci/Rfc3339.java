package gantry.oci;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;

/// Times as RFC 3339 has them, in UTC: `2026-11-22T15:14:04.1234Z`.
///
/// By hand: what the JDK has for it interprets a format anew for each time, at a hundred times the
/// cost.
public final class Rfc3339 {
  private Rfc3339() {}

  /// With decimals as far as there are any, to the nanosecond.
  public static String text(Instant time) {
    StringBuilder text = upToSeconds(time);
    int nanos = time.get(ChronoField.NANO_OF_SECOND);
    if (nanos != 0) {
      String digits = Integer.toString(1_000_000_000 + nanos); // a 1 before the nine decimals
      int end = digits.length();
      while (digits.charAt(end - 1) == '0') {
        end--;
      }
      text.append('.').append(digits, 1, end);
    }
    return text.append('Z').toString();
  }

  /// Without decimals.
  public static String seconds(Instant time) {
    return upToSeconds(time).append('Z').toString();
  }

  private static StringBuilder upToSeconds(Instant time) {
    LocalDateTime at = LocalDateTime.ofEpochSecond(time.getEpochSecond(), 0, ZoneOffset.UTC);
    StringBuilder text = new StringBuilder(30);
    int year = at.getYear();
    if (year < 0 || year > 9999) {
      text.append(year < 0 ? '-' : '+'); // as ISO 8601 has it; RFC 3339 has no such years
    }
    padded(text, Math.abs(year), 4).append('-');
    padded(text, at.getMonthValue(), 2).append('-');
    padded(text, at.getDayOfMonth(), 2).append('T');
    padded(text, at.getHour(), 2).append(':');
    padded(text, at.getMinute(), 2).append(':');
    return padded(text, at.getSecond(), 2);
  }

  private static StringBuilder padded(StringBuilder text, int number, int width) {
    String digits = Integer.toString(number);
    return text.repeat('0', Math.max(0, width - digits.length())).append(digits);
  }
}
