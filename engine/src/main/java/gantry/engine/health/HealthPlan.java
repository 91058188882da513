package gantry.engine.health;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView.Health;
import gantry.engine.container.ContainerView.Health.Probe;
import gantry.engine.container.Healthcheck;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How one container is checked, with nothing left open; and what the results come to, by Docker's
/// rules:
///
/// - one success makes it healthy, `retries` failures in a row make it unhealthy;
/// - failures of a container that starts, within its start period, do not count;
/// - until it is healthy or its start period is over, probes come at the start interval.
///
/// @param command what is executed
/// @param interval from the end of a probe to the next one
public record HealthPlan(
    List<String> command,
    Duration interval,
    Duration timeout,
    Duration startPeriod,
    Duration startInterval,
    int retries,
    OnFailure onFailure) {
  public static final String STARTING = "starting";
  public static final String HEALTHY = "healthy";
  public static final String UNHEALTHY = "unhealthy";

  /// Of a probe's output.
  public static final int OUTPUT_MAX = 4096;

  private static final int PROBES_KEPT = 5;
  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration START_INTERVAL = Duration.ofSeconds(5);
  private static final int RETRIES = 3;

  /// The plan of a merged spec; empty for a container without a check.
  public static Optional<HealthPlan> of(ContainerSpec spec) {
    return spec.healthcheck()
        .flatMap(
            check ->
                command(check, spec.program().shell())
                    .map(
                        command ->
                            new HealthPlan(
                                command,
                                or(check.interval(), INTERVAL),
                                or(check.timeout(), TIMEOUT),
                                check.startPeriod(),
                                or(check.startInterval(), START_INTERVAL),
                                check.retries() > 0 ? check.retries() : RETRIES,
                                OnFailure.of(spec.labels()))));
  }

  private static Optional<List<String>> command(Healthcheck check, List<String> shell) {
    List<String> test = check.test();
    if (test.size() < 2) { // NONE, or nothing
      return Optional.empty();
    }
    List<String> words = test.subList(1, test.size());
    return switch (test.getFirst()) {
      case "CMD" -> Optional.of(words);
      case "CMD-SHELL" -> {
        List<String> command = new ArrayList<>(shell.isEmpty() ? List.of("/bin/sh", "-c") : shell);
        command.addAll(words);
        yield Optional.of(command);
      }
      default -> Optional.empty();
    };
  }

  private static Duration or(Duration given, Duration otherwise) {
    return given.isZero() ? otherwise : given;
  }

  /// Of a container that has just started.
  public static Health starting() {
    return new Health(STARTING, 0, List.of());
  }

  /// Of a container that runs no more: nothing answers there, as Docker has it.
  public static Health ended(Health last) {
    return new Health(UNHEALTHY, last.failingStreak(), last.log());
  }

  /// How long to wait from now, the start or the end of a probe, to the next one.
  public Duration pause(Health health, Instant startedAt, Instant now) {
    boolean starting =
        health.status().equals(STARTING) && now.isBefore(startedAt.plus(startPeriod));
    return starting ? startInterval : interval;
  }

  /// The health after one more probe.
  public Health after(Health before, Probe probe, Instant startedAt) {
    List<Probe> log = new ArrayList<>(before.log());
    log.add(probe);
    List<Probe> kept = List.copyOf(log.subList(Math.max(0, log.size() - PROBES_KEPT), log.size()));
    if (probe.exitCode() == 0) {
      return new Health(HEALTHY, 0, kept);
    }
    boolean excused =
        before.status().equals(STARTING) && probe.start().isBefore(startedAt.plus(startPeriod));
    if (excused) {
      return new Health(STARTING, before.failingStreak(), kept);
    }
    int streak = before.failingStreak() + 1;
    return new Health(streak >= retries ? UNHEALTHY : before.status(), streak, kept);
  }
}
