package gantry.engine.health;

import java.math.BigDecimal;
import java.time.Duration;

/// Durations as Docker's messages have them: `30s`, `1m0s`, `1.5s`, `200ms`.
public final class DurationText {
  private DurationText() {}

  public static String of(Duration duration) {
    if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
      return decimal(BigDecimal.valueOf(duration.toNanos(), 6)) + "ms";
    }
    String seconds = decimal(BigDecimal.valueOf(duration.toNanos() % 60_000_000_000L, 9)) + "s";
    long minutes = duration.toMinutes();
    if (minutes == 0) {
      return seconds;
    }
    return (minutes < 60 ? "" : minutes / 60 + "h") + minutes % 60 + "m" + seconds;
  }

  private static String decimal(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }
}
