package gantry.linux.cgroup;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/// Asks again and again, in growing intervals up to 10 ms, until something is so or time is up.
final class Patience {
  private static final long FIRST_NANOS = 100_000;
  private static final long LONGEST_NANOS = 10_000_000;

  private final Duration duration;

  Patience(Duration duration) {
    this.duration = duration;
  }

  /// Whether it came to be so.
  boolean until(BooleanSupplier condition) {
    long end = System.nanoTime() + duration.toNanos();
    long pause = FIRST_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0 || !slept(pause)) {
        return false;
      }
      pause = Math.min(pause * 2, LONGEST_NANOS);
    }
    return true;
  }

  private static boolean slept(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(nanos));
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
