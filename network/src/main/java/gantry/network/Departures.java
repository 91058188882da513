package gantry.network;

import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.RouteSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Devices that are about to vanish with their container's namespace.
///
/// The kernel takes some 30 ms to remove a device, most of it holding the lock that every change of
/// a device needs; but it removes the devices of all namespaces that end meanwhile in one go. So
/// the kernel is left to it, and a device is removed by hand only when something keeps the
/// namespace alive.
final class Departures implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Departures.class);
  private static final Duration FIRST_LOOK = Duration.ofMillis(40);
  private static final Duration INTERVAL = Duration.ofMillis(80);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final RouteSocket devices;
  private final Runnable quiet;
  private final Set<String> pending = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("network-departures").daemon().factory());

  /// @param quiet run whenever nothing is left to wait for
  Departures(RouteSocket devices, Runnable quiet) {
    this.devices = devices;
    this.quiet = quiet;
  }

  /// Sees to it that the device goes, and runs `gone` then.
  void add(String device, Runnable gone) {
    pending.add(device);
    schedule(new Departure(device, gone, System.nanoTime() + PATIENCE.toNanos()), FIRST_LOOK);
  }

  /// Whether all that was added is gone.
  boolean done() {
    return pending.isEmpty();
  }

  /// Waits until nothing is on its way, or for twice as long as one device may take.
  void await() {
    long deadline = System.nanoTime() + 2 * PATIENCE.toNanos();
    while (!done() && System.nanoTime() < deadline && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(FIRST_LOOK.toNanos() / 4);
    }
  }

  /// Does what may need something of a device that is on its way, such as its address: again while
  /// it fails and devices are on their way, for as long as one may take.
  <T> T retry(Supplier<T> attempt) {
    long deadline = System.nanoTime() + 2 * PATIENCE.toNanos();
    while (true) {
      boolean settled = done();
      try {
        return attempt.get();
      } catch (NetworkException e) {
        boolean passes =
            e.kind() == NetworkException.Kind.FORBIDDEN // taken
                || e.kind() == NetworkException.Kind.UNAVAILABLE; // none is free
        if (settled || !passes || System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(FIRST_LOOK.toNanos() / 4);
      }
    }
  }

  /// Stops looking: what is still there goes with its namespace.
  @Override
  public void close() {
    thread.shutdownNow();
  }

  private record Departure(String device, Runnable gone, long deadline) {}

  private void schedule(Departure departure, Duration delay) {
    try {
      var _ = thread.schedule(() -> look(departure), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      // closed: nobody will ask for the address any more
    }
  }

  private void look(Departure departure) {
    try {
      Optional<Link> link = devices.link(departure.device);
      if (link.isPresent() && System.nanoTime() < departure.deadline) {
        schedule(departure, INTERVAL);
        return;
      }
      link.ifPresent(present -> devices.deleteIfPresent(present.index()));
    } catch (RuntimeException e) {
      LOG.warn("cannot remove device {}: {}", departure.device, e.getMessage());
    }
    departure.gone.run();
    if (pending.size() == 1) { // this one: who sees none pending sees all tidy
      runQuiet();
    }
    pending.remove(departure.device);
  }

  private void runQuiet() {
    try {
      quiet.run();
    } catch (RuntimeException e) {
      LOG.warn("cannot tidy up: {}", e.getMessage());
    }
  }
}
