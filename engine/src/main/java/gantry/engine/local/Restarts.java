package gantry.engine.local;

import gantry.engine.container.RestartPolicy;
import java.time.Duration;
import java.util.OptionalInt;

/// When a program that ended is started again, and after how long; Docker's rules.
///
/// The delay begins with 100 ms and doubles with every end, up to a minute; a run of ten seconds or
/// more begins anew.
final class Restarts {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final Duration HEALTHY = Duration.ofSeconds(10);

  private Restarts() {}

  /// How a run ended.
  ///
  /// @param restartCount how often it was started again since the user last started it
  /// @param stoppedByUser whether the user asked for the end
  record Ended(int exitCode, int restartCount, boolean stoppedByUser) {}

  /// Whether the policy wants it started again.
  static boolean wanted(RestartPolicy policy, Ended ended) {
    if (ended.stoppedByUser) {
      return false;
    }
    return switch (policy) {
      case RestartPolicy.No _ -> false;
      case RestartPolicy.Always _, RestartPolicy.UnlessStopped _ -> true;
      case RestartPolicy.OnFailure(OptionalInt maximum) ->
          ended.exitCode != 0 && below(ended.restartCount, maximum);
    };
  }

  /// Whether a container that does not run is started when the engine is opened: `always` means so
  /// even where the user stopped it.
  static boolean wantedAtOpening(RestartPolicy policy, Ended ended) {
    return switch (policy) {
      case RestartPolicy.No _ -> false;
      case RestartPolicy.Always _ -> true;
      case RestartPolicy.UnlessStopped _ -> !ended.stoppedByUser;
      case RestartPolicy.OnFailure(OptionalInt maximum) ->
          !ended.stoppedByUser && ended.exitCode != 0 && below(ended.restartCount, maximum);
    };
  }

  private static boolean below(int count, OptionalInt maximum) {
    return maximum.isEmpty() || maximum.getAsInt() == 0 || count < maximum.getAsInt();
  }

  /// The delay after this one.
  ///
  /// @param previous of the last restart; zero for the first
  /// @param ran how long the run lasted
  static Duration delay(Duration previous, Duration ran) {
    if (previous.isZero() || ran.compareTo(HEALTHY) >= 0) {
      return FIRST;
    }
    Duration doubled = previous.multipliedBy(2);
    return doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
  }
}
