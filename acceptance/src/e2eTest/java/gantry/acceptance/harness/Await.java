package gantry.acceptance.harness;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waiting for what happens by itself, with a deadline and a reason.
public final class Await {
  private Await() {}

  /// Returns once `condition` holds; fails after 20 seconds with what was waited for and what was
  /// seen.
  public static void until(String what, Supplier<String> seen, BooleanSupplier condition) {
    until(what, Duration.ofSeconds(20), seen, condition);
  }

  /// The same without more to say.
  public static void until(String what, BooleanSupplier condition) {
    until(what, () -> "", condition);
  }

  /// The same with a deadline of its own.
  public static void until(
      String what, Duration deadline, Supplier<String> seen, BooleanSupplier condition) {
    long end = System.nanoTime() + deadline.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "waited %s in vain for: %s; seen: %s".formatted(deadline, what, seen.get()));
      }
      pause(Duration.ofMillis(20));
    }
  }

  /// Sleeps, and fails when interrupted by a test's deadline.
  public static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: the test took too long", e);
    }
  }
}
