package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.engine.container.ContainerView.Health;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.Status;
import gantry.engine.container.TerminalSize;
import gantry.engine.health.DurationText;
import gantry.engine.health.HealthPlan;
import gantry.engine.health.OnFailure;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Probe;
import gantry.runtime.StdioSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Probes containers that have a health check: one clock for all, on whose thread probes are
/// spawned and their results judged. Nothing on it waits; what may (a row to write, an action on
/// failure) has a thread of its own.
///
/// A result that changes the state, or is a failure, is saved, so that the next engine goes on with
/// it; one more success of a healthy container is only shown. A paused container is not probed, and
/// keeps its state.
///
/// Probes are no events: 3 of them every second and container would push out all that a reader of
/// events wants to see.
final class HealthChecks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);
  private static final int NO_EXIT = -1;

  /// How long a probe may take to end after it was killed, before it is judged as it is.
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(1);

  private final Rooms rooms;
  private final Lifecycle lifecycle;
  private final ScheduledThreadPoolExecutor clock;

  HealthChecks(Rooms rooms, Lifecycle lifecycle) {
    this.rooms = rooms;
    this.lifecycle = lifecycle;
    this.clock =
        new ScheduledThreadPoolExecutor(
            1, work -> Thread.ofPlatform().daemon().name("gantry-health").unstarted(work));
    clock.setRemoveOnCancelPolicy(true);
    clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /// The health of a container that is being started.
  static Optional<Health> starting(ContainerView view) {
    return HealthPlan.of(view.spec()).map(_ -> HealthPlan.starting());
  }

  /// Begins, or with a run that an earlier engine started goes on, to probe; the caller holds
  /// `transition`.
  void begin(Container container, ActiveRun run) {
    ContainerView view = container.view();
    Optional<HealthPlan> plan = HealthPlan.of(view.spec());
    if (plan.isEmpty()) {
      return;
    }
    Check check =
        new Check(
            container, run, plan.get(), view.state().health().orElseGet(HealthPlan::starting));
    container.health = check;
    Instant before =
        check.health.log().isEmpty() ? run.startedAt() : check.health.log().getLast().end();
    Duration pause = check.plan.pause(check.health, run.startedAt(), before);
    check.in(Duration.between(Instant.now(), before.plus(pause)));
  }

  /// Stops probing; the run has ended. The caller holds `transition`.
  static void end(Container container) {
    Check check = container.health;
    if (check != null) {
      container.health = null;
      check.end();
    }
  }

  @Override
  public void close() {
    clock.shutdown();
  }

  /// The check of one run. What is not final belongs to the clock's thread, but for `over`.
  final class Check {
    private final Container container;
    private final ActiveRun run;
    private final HealthPlan plan;
    private volatile Health health;
    private @Nullable Probe probe;
    private @Nullable Attempt attempt;
    private Optional<Path> directory = Optional.empty();
    private volatile boolean over;

    /// Changes of state to be told; taken out with `transition` held, so that they keep their
    /// order.
    private final Queue<String> changes = new ConcurrentLinkedQueue<>();

    private volatile @Nullable Future<?> next;

    Check(Container container, ActiveRun run, HealthPlan plan, Health health) {
      this.container = container;
      this.run = run;
      this.plan = plan;
      this.health = health;
    }

    private void in(Duration pause) {
      if (!over && !clock.isShutdown()) {
        next = clock.schedule(this::probe, Math.max(0, pause.toNanos()), TimeUnit.NANOSECONDS);
      }
    }

    private void end() {
      over = true;
      Future<?> waiting = next;
      if (waiting != null) {
        waiting.cancel(false);
      }
      if (!clock.isShutdown()) {
        clock.execute(
            () -> {
              if (probe != null) {
                probe.close();
                directory.filter(Files::exists).ifPresent(this::removeLater);
              }
            });
      }
    }

    private void removeLater(Path path) {
      rooms.cleaner().execute(() -> Leftovers.removeDirectory(path));
    }

    private boolean paused() {
      return container.view().state().status() != Status.RUNNING;
    }

    private void probe() {
      if (over) {
        return;
      }
      if (paused()) {
        in(plan.interval());
        return;
      }
      if (attempt != null) {
        judge(attempt.exceeded("the last one has not ended yet"));
        return;
      }
      Instant start = Instant.now();
      try {
        Probe prepared = probe;
        if (prepared == null) {
          prepared = prepare();
          probe = prepared;
        }
        attempt = new Attempt(start, prepared.start(HealthPlan.OUTPUT_MAX));
      } catch (RuntimeException e) {
        judge(failed(start, e));
      }
    }

    /// One run of the command. It is judged once: when it has ended, or when it goes on after it
    /// was killed for taking too long, since a process that waits for a device does not end then.
    /// No other is begun before it has ended.
    private final class Attempt {
      private final Instant start;
      private final Probe.Run running;
      private Future<?> alarm;
      private boolean killed;
      private boolean judged;

      Attempt(Instant start, Probe.Run running) {
        this.start = start;
        this.running = running;
        this.alarm = after(plan.timeout(), this::timedOut);
        var _ = running.done().whenCompleteAsync(this::ended, clock);
      }

      private Future<?> after(Duration pause, Runnable work) {
        return clock.schedule(work, pause.toNanos(), TimeUnit.NANOSECONDS);
      }

      private void timedOut() {
        if (paused() && !over) {
          alarm = after(plan.timeout(), this::timedOut);
          return;
        }
        killed = true;
        running.kill();
        alarm =
            after(KILL_PATIENCE, () -> judgeOnce(exceeded("it does not end when it is killed")));
      }

      private void ended(Probe.@Nullable Result result, @Nullable Throwable failure) {
        alarm.cancel(false);
        attempt = null;
        judgeOnce(probed(result, failure));
      }

      private void judgeOnce(Health.Probe probed) {
        if (!judged) {
          judged = true;
          judge(probed);
        }
      }

      private Health.Probe probed(Probe.@Nullable Result result, @Nullable Throwable failure) {
        if (result == null) {
          return failed(start, failure);
        }
        return killed
            ? exceeded(result.output())
            : new Health.Probe(start, result.exit().at(), result.exit().code(), result.output());
      }

      private Health.Probe exceeded(String output) {
        return new Health.Probe(
            start,
            Instant.now(),
            NO_EXIT,
            "Health check exceeded timeout (%s): %s"
                .formatted(DurationText.of(plan.timeout()), output));
      }
    }

    private Probe prepare() {
      ExecSpec spec = command(plan.command());
      String id = Ids.next();
      Path own = rooms.paths().exec(id);
      directory = Optional.of(own);
      return run.runtime()
          .probe(
              run.process(),
              new ExecLaunch(
                  id,
                  run.spec(),
                  ExecService.process(rooms, container.view(), spec, run),
                  new StdioSpec.Pipes(false),
                  own));
    }

    private static Health.Probe failed(Instant start, @Nullable Throwable failure) {
      String message = failure == null ? "cancelled" : String.valueOf(failure.getMessage());
      return new Health.Probe(start, Instant.now(), NO_EXIT, message);
    }

    private void judge(Health.Probe probed) {
      if (over) {
        return;
      }
      Health before = health;
      Health after = plan.after(before, probed, run.startedAt());
      health = after;
      in(plan.pause(after, run.startedAt(), Instant.now()));
      boolean changed = !after.status().equals(before.status());
      if (changed) {
        changes.add(after.status());
      }
      if (changed || probed.exitCode() != 0) {
        Thread.ofVirtual().name("health-" + Ids.abbreviate(container.id)).start(this::record);
      } else {
        container.show(v -> over ? v : Views.health(v, health));
      }
    }

    private void record() {
      String last = "";
      container.transition.lock();
      try {
        if (over || container.run != run) {
          return;
        }
        ContainerView view = container.show(v -> Views.health(v, health));
        lifecycle.saveShown(container);
        for (String state = changes.poll(); state != null; state = changes.poll()) {
          rooms.events().container(view, "health_status: " + state);
          last = state;
        }
      } catch (RuntimeException e) {
        LOG.error("the health of container {} is not on record: {}", container.id, e.getMessage());
      } finally {
        container.transition.unlock();
      }
      if (last.equals(HealthPlan.UNHEALTHY)) {
        act(plan.onFailure());
      }
    }

    private void act(OnFailure action) {
      if (action == OnFailure.NONE) {
        return;
      }
      LOG.warn("container {} is unhealthy: {}", container.name(), action);
      try {
        switch (action) {
          case NONE -> {}
          case KILL -> lifecycle.killUnhealthy(container, run);
          case RESTART -> lifecycle.restart(container, Optional.empty(), Optional.empty());
          case STOP -> lifecycle.stop(container, Optional.empty(), Optional.empty());
        }
      } catch (RuntimeException e) { // it ended by itself, or was removed
        LOG.warn("unhealthy container {}: {}", container.name(), e.getMessage());
      }
    }
  }

  private static ExecSpec command(List<String> words) {
    return new ExecSpec(
        words,
        List.of(),
        "",
        "",
        false,
        false,
        true,
        true,
        false,
        TerminalSize.UNKNOWN,
        Optional.empty());
  }
}
