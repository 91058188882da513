package gantry.daemon.api;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.oci.Rfc3339;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Times and durations as Go, and so Docker, writes and reads them.
final class GoTime {
  /// What Go writes for a time that never was.
  static final String ZERO = "0001-01-01T00:00:00Z";

  private static final int NANO_DIGITS = 9;
  private static final Pattern UNIX = Pattern.compile("(-?\\d{1,18})(?:\\.(\\d{0,9})\\d*)?");
  private static final Pattern DURATION_PART =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  private GoTime() {}

  /// `RFC3339Nano`: trailing zeros of the fraction left out.
  static String nano(Instant time) {
    return Rfc3339.text(time);
  }

  static String nano(Optional<Instant> time) {
    return time.map(GoTime::nano).orElse(ZERO);
  }

  /// `RFC3339`: whole seconds.
  static String seconds(Instant time) {
    return Rfc3339.seconds(time);
  }

  /// Reads `seconds[.nanoseconds]`, the form of the parameters `since` and `until`; empty for no
  /// text and for 0, which mean no limit.
  static Optional<Instant> unix(String name, String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Matcher matcher = UNIX.matcher(text);
    if (!matcher.matches()) {
      throw invalid(
          "invalid value for '%s': \"%s\" is not a time in seconds[.nanoseconds] since 1970"
              .formatted(name, text));
    }
    String fraction = Optional.ofNullable(matcher.group(2)).orElse("");
    long nanos = Long.parseLong(fraction + "0".repeat(NANO_DIGITS - fraction.length()));
    try {
      Instant time = Instant.ofEpochSecond(Long.parseLong(matcher.group(1)), nanos);
      return time.equals(Instant.EPOCH) ? Optional.empty() : Optional.of(time);
    } catch (DateTimeException | ArithmeticException _) {
      throw invalid("invalid value for '%s': \"%s\" is out of range".formatted(name, text));
    }
  }

  /// Reads what the filter `until` takes: seconds since 1970, a date in one of RFC 3339's forms, or
  /// how long before `now`.
  static Instant moment(String text, Instant now) {
    if (UNIX.matcher(text).matches()) {
      return unix("until", text).orElse(Instant.EPOCH);
    }
    try {
      return duration(text)
          .map(now::minus)
          .or(() -> date(text))
          .orElseThrow(
              () -> invalid("failed to parse value as time or duration: \"%s\"".formatted(text)));
    } catch (DateTimeException | ArithmeticException _) {
      throw invalid("failed to parse value as time or duration: \"%s\"".formatted(text));
    }
  }

  private static Optional<Instant> date(String text) {
    return switch (text) {
      case String t when t.matches("\\d{4}-\\d\\d-\\d\\d") ->
          Optional.of(LocalDate.parse(t).atStartOfDay(ZoneOffset.UTC).toInstant());
      case String t when t.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?") ->
          Optional.of(LocalDateTime.parse(t).toInstant(ZoneOffset.UTC));
      case String t
          when t.matches(
              "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d)") ->
          Optional.of(OffsetDateTime.parse(t).toInstant());
      default -> Optional.empty();
    };
  }

  /// Reads Go's `1h30m`; empty for anything else.
  static Optional<Duration> duration(String text) {
    Matcher part = DURATION_PART.matcher(text);
    BigDecimal nanos = BigDecimal.ZERO;
    int at = 0;
    while (at < text.length()) {
      if (!part.find(at) || part.start() != at) {
        return Optional.empty();
      }
      BigDecimal unit = BigDecimal.valueOf(unit(part.group(2)).getDuration().toNanos());
      nanos = nanos.add(new BigDecimal("0" + part.group(1)).multiply(unit));
      at = part.end();
    }
    if (at == 0 || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(nanos.longValue()));
  }

  private static ChronoUnit unit(String word) {
    return switch (word) {
      case "ns" -> ChronoUnit.NANOS;
      case "us", "µs" -> ChronoUnit.MICROS;
      case "ms" -> ChronoUnit.MILLIS;
      case "s" -> ChronoUnit.SECONDS;
      case "m" -> ChronoUnit.MINUTES;
      default -> ChronoUnit.HOURS;
    };
  }

  /// A duration for people, as `docker ps` shows it: `About a minute`, `3 hours`.
  static String human(Duration duration) {
    long seconds = duration.toSeconds();
    long minutes = duration.toMinutes();
    long hours = Math.round(duration.toSeconds() / 3600.0);
    if (seconds < 1) {
      return "Less than a second";
    } else if (seconds == 1) {
      return "1 second";
    } else if (seconds < 60) {
      return seconds + " seconds";
    } else if (minutes == 1) {
      return "About a minute";
    } else if (minutes < 60) {
      return minutes + " minutes";
    } else if (hours == 1) {
      return "About an hour";
    } else if (hours < 48) {
      return hours + " hours";
    } else if (hours < 24 * 7 * 2) {
      return hours / 24 + " days";
    } else if (hours < 24 * 30 * 2) {
      return hours / 24 / 7 + " weeks";
    } else if (hours < 24 * 365 * 2) {
      return hours / 24 / 30 + " months";
    }
    return duration.toHours() / 24 / 365 + " years";
  }

  private static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }
}
