package gantry.build.solve;

import gantry.build.BuildRequest;
import java.time.Instant;
import java.util.Optional;

/// The times that a build writes into its image.
final class Clock {
  private final Optional<Instant> epoch;
  private final boolean rewrites;

  Clock(BuildRequest request) {
    this.epoch = request.sourceDateEpoch();
    this.rewrites = request.rewriteTimestamps();
  }

  /// What the image says of itself.
  Instant now() {
    return epoch.orElseGet(Instant::now);
  }

  /// The time of something that was made at `time`.
  Instant of(Instant time) {
    return epoch.orElse(time);
  }

  /// What files get that are newer.
  Optional<Instant> latest() {
    return epoch.filter(_ -> rewrites);
  }
}
