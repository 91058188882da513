package gantry.engine.event;

import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/// What happened lately, and what happens.
public interface Events {
  /// Opens a stream; with `since` it begins with what is remembered (at least 256 events) from that
  /// moment on. No event between memory and live is lost or doubled.
  Subscription subscribe(Optional<Instant> since, Predicate<Event> filter);

  /// For events whose cause lies outside the engine, e.g. a reload of the daemon.
  void publish(Event event);

  /// A bounded queue: a reader that is 1024 behind loses events.
  interface Subscription extends AutoCloseable {
    /// The next event; empty after `deadline`. Blocks.
    Optional<Event> next(Optional<Instant> deadline) throws InterruptedException;

    @Override
    void close();
  }
}
