package gantry.engine.local;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// The time between an end and the start that the restart policy wants; two are never equal.
final class RestartDelay {
  private final Duration length;
  private final CompletableFuture<Void> cancelled = new CompletableFuture<>();

  RestartDelay(Duration length) {
    this.length = length;
  }

  Duration length() {
    return length;
  }

  /// Completed to give the restart up.
  CompletableFuture<Void> cancelled() {
    return cancelled;
  }
}
