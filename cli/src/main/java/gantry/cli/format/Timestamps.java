package gantry.cli.format;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;

/// Points in time as users give them to `--since` and `--until`.
public final class Timestamps {

  private Timestamps() {}

  /// `value` as the API takes it, `seconds[.nanoseconds]`.
  ///
  /// @param value a span of time before `now` (`42m`), a date with or without time and zone, or
  ///   seconds since 1970
  /// @throws IllegalArgumentException with Docker's words
  public static String parse(String value, Instant now, ZoneId zone) {
    if (value.equals("0")) {
      return value; // the beginning of time, though Go reads it as a span too
    }
    try {
      return text(now.minusNanos(GoNumbers.parseDurationNanos(value)));
    } catch (IllegalArgumentException _) {
      // not a span of time: perhaps a date
    }
    if (value.indexOf('-') > 0) {
      try {
        return text(date(value, zone));
      } catch (DateTimeException e) {
        throw failed(value, e);
      }
    }
    if (value.isEmpty() || !value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.')) {
      throw failed(value, new DateTimeException("not a number"));
    }
    return value;
  }

  private static IllegalArgumentException failed(String value, Exception cause) {
    return new IllegalArgumentException(
        "failed to parse value as time or duration: \"" + value + "\"", cause);
  }

  private static Instant date(String value, ZoneId zone) {
    if (value.indexOf('T') < 0) {
      boolean utc = value.endsWith("Z");
      LocalDate day = LocalDate.parse(utc ? value.substring(0, value.length() - 1) : value);
      return day.atStartOfDay(utc ? ZoneOffset.UTC : zone).toInstant();
    }
    boolean zoned =
        value.endsWith("Z")
            || value.indexOf('+') > 0
            || value.lastIndexOf('-') > value.indexOf('T');
    if (zoned) {
      return OffsetDateTime.parse(value).toInstant();
    }
    DateTimeFormatter flexible =
        new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd'T'HH[:mm[:ss]]")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .parseDefaulting(ChronoField.MINUTE_OF_HOUR, 0)
            .parseDefaulting(ChronoField.SECOND_OF_MINUTE, 0)
            .toFormatter(Locale.ROOT);
    return LocalDateTime.parse(value, flexible).atZone(zone).toInstant();
  }

  private static String text(Instant time) {
    return time.getEpochSecond()
        + "."
        + DateTimeFormatter.ofPattern("nnnnnnnnn", Locale.ROOT)
            .withZone(ZoneOffset.UTC)
            .format(time);
  }
}
