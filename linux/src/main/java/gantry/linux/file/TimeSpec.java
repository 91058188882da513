package gantry.linux.file;

import java.time.Instant;

/// A point in time as file systems keep it: seconds since 1970 (negative before), and 0 to
/// 999,999,999 nanoseconds.
public record TimeSpec(long seconds, int nanos) {
  public TimeSpec {
    if (nanos < 0 || nanos > 999_999_999) {
      throw new IllegalArgumentException("nanoseconds are 0 to 999999999, got " + nanos);
    }
  }

  public static TimeSpec of(Instant instant) {
    return new TimeSpec(instant.getEpochSecond(), instant.getNano());
  }

  /// The same as an [Instant].
  ///
  /// @throws java.time.DateTimeException beyond the years that [Instant] knows, a billion either
  ///   way
  public Instant toInstant() {
    return Instant.ofEpochSecond(seconds, nanos);
  }
}
