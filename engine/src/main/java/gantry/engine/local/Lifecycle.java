package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.container.ExitStatus;
import gantry.engine.container.Status;
import gantry.engine.health.HealthPlan;
import gantry.engine.log.remote.Shipper;
import gantry.linux.process.Signal;
import gantry.runtime.Exit;
import gantry.runtime.LaunchException;
import gantry.runtime.ProcessRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The life of containers: start, stop, the end of a program and what follows from it, removal.
///
/// ```
/// CREATED ──start──▶ RUNNING ⇄ PAUSED
///    ▲ failed          │ exit
///    └──────           ▼
///          EXITED ◀── RESTARTING (policy) ──▶ RUNNING
///             └──remove──▶ REMOVING ──▶ gone
/// ```
///
/// Each arrow is taken with the container's `transition` lock held, which is never held while
/// waiting for an exit. The row in the database is written before a new state is shown, and shown
/// before its event is told. At an exit: output to its end, state saved, waiters woken, attachments
/// ended, `die` told; then, away from everybody's way, cgroup and files are removed, which the next
/// start of the container waits for.
final class Lifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

  /// How long output is read on after the program ended, when somebody else holds its pipes open.
  private static final Duration OUTPUT_GRACE = Duration.ofSeconds(2);

  /// How long a removed container's output is sent on to where its log driver wants it.
  private static final Duration LAST_WORDS = Duration.ofSeconds(10);

  private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
  private static final int DEFAULT_STOP_SECONDS = 10;
  private static final int NOT_FOUND = 127;
  private static final int NOT_EXECUTABLE = 126;
  private static final int START_FAILED = 128;

  private final Rooms rooms;
  private final Launcher launcher;
  private final HealthChecks health;
  private volatile boolean closing;

  /// Whoever deals with an end holds the reading side; closing takes the other one for good, and
  /// what ends then is dealt with at the next opening.
  private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();

  Lifecycle(Rooms rooms, Launcher launcher) {
    this.rooms = rooms;
    this.launcher = launcher;
    this.health = new HealthChecks(rooms, this);
  }

  // ---- start

  void start(Container container) {
    container.transition.lock();
    try {
      ContainerView view = container.view();
      switch (view.state().status()) {
        case RUNNING, RESTARTING ->
            throw new EngineException(
                ErrorKind.UNCHANGED, "container " + view.name() + " is already running");
        case PAUSED ->
            throw new EngineException(
                ErrorKind.CONFLICT, "cannot start a paused container, try unpause instead");
        case REMOVING, DEAD ->
            throw new EngineException(
                ErrorKind.CONFLICT, "container is marked for removal and cannot be started");
        case CREATED, EXITED -> {}
      }
      if (container.removing.get()) {
        throw new EngineException(
            ErrorKind.CONFLICT, "container is marked for removal and cannot be started");
      }
      container.lastDelay = Duration.ZERO;
      container.show(v -> Views.restartCount(Views.manuallyStopped(v, false), 0));
      launch(container);
    } finally {
      container.transition.unlock();
      if (container.removeAfterFailure) {
        removeNow(container, true);
      }
    }
  }

  /// Starts the program; the caller holds `transition`.
  private void launch(Container container) {
    container.cleanup.join();
    Launcher.Launched launched;
    try {
      launched = launcher.launch(container);
    } catch (RuntimeException e) {
      failed(container, e);
      throw e;
    }
    container.exitIsFinal = false;
    container.startedBefore = true;
    ContainerView view = running(container.view(), launched);
    ActiveRun run;
    try {
      save(container, view, Optional.of(launched.process().record()));
      run = launcher.follow(container, launched);
    } catch (RuntimeException e) {
      launcher.undo(container, launched);
      failed(container, e);
      throw e;
    }
    container.run = run;
    container.show(_ -> view);
    launcher.started(view);
    rooms.events().volumesMounted(view);
    rooms.networks().tellConnected(view);
    rooms.events().container(view, "start");
    watch(container, run);
  }

  private static ContainerView running(ContainerView before, Launcher.Launched launched) {
    int pid = launched.process().pid();
    ContainerView.State running =
        new ContainerView.State(
            Status.RUNNING,
            pid,
            0,
            false,
            "",
            Optional.of(launched.startedAt()),
            before.state().finishedAt(),
            HealthChecks.starting(before));
    Optional<String> namespace = Optional.of("/proc/" + pid + "/ns/net");
    ContainerView placed = Views.networks(before, launched.place().endpoints(), namespace);
    return Views.state(Views.publishedPorts(placed, launched.place().ports()), running);
  }

  /// Follows a run to its end, and looks after its health; the caller holds `transition`, or nobody
  /// else knows the container yet.
  void watch(Container container, ActiveRun run) {
    health.begin(container, run);
    container.output.shipper().ifPresent(Shipper::start);
    CompletableFuture<Void> _ =
        run.process()
            .exited()
            .thenAccept(
                exit -> {
                  CompletableFuture<Void> output = run.output().ended();
                  if (!output.isDone()) {
                    CompletableFuture.delayedExecutor(
                            OUTPUT_GRACE.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(run.output()::finish);
                  }
                  CompletableFuture<Void> _ =
                      output.thenRun(
                          () ->
                              Thread.ofVirtual()
                                  .name("exit-" + Ids.abbreviate(container.id))
                                  .start(() -> ended(container, run, exit)));
                });
  }

  /// A start failed: Docker's exit codes, by what it was.
  private void failed(Container container, RuntimeException failure) {
    int code = START_FAILED;
    if (failure.getCause() instanceof LaunchException launch) {
      code =
          switch (launch.kind()) {
            case COMMAND_NOT_FOUND -> NOT_FOUND;
            case COMMAND_NOT_EXECUTABLE -> NOT_EXECUTABLE;
            case CONFIG, NOT_RUNNING, SYSTEM -> START_FAILED;
          };
    }
    ContainerView before = container.view();
    ContainerView.State old = before.state();
    Status status = container.startedBefore ? Status.EXITED : Status.CREATED;
    ContainerView.State state =
        new ContainerView.State(
            status,
            0,
            code,
            false,
            String.valueOf(failure.getMessage()),
            old.startedAt(),
            container.startedBefore ? Optional.of(Instant.now()) : old.finishedAt(),
            Optional.empty());
    ContainerView view =
        Views.state(
            Views.networks(before, LocalNetworks.cleared(before.networks()), Optional.empty()),
            state);
    save(container, view, Optional.empty());
    container.streams.end();
    container.showExit(_ -> view, code);
    container.removeAfterFailure = before.spec().autoRemove();
  }

  // ---- the end of a program

  private void ended(Container container, ActiveRun run, Exit exit) {
    if (!open.readLock().tryLock()) {
      return;
    }
    try {
      endedWhileOpen(container, run, exit);
    } finally {
      open.readLock().unlock();
    }
  }

  private void endedWhileOpen(Container container, ActiveRun run, Exit exit) {
    boolean remove;
    container.transition.lock();
    try {
      if (container.run != run) {
        return;
      }
      remove = end(container, run, exit);
    } catch (RuntimeException e) {
      LOG.error("the end of container {} is not on record: {}", container.id, e.getMessage(), e);
      return;
    } finally {
      container.transition.unlock();
      run.ended().complete(null);
    }
    if (remove) {
      removeNow(container, true);
    }
  }

  /// Deals with the end; true when the container is to be removed now.
  private boolean end(Container container, ActiveRun run, Exit exit) {
    ContainerView before = container.view();
    boolean oomKilled =
        exit.code() == 128 + Signal.KILL.number()
            && rooms.groups().hadOomKill(run.process().record().cgroup());
    Instant finished = exit.lost() ? Instant.now() : exit.at();
    Duration ran = Duration.between(run.startedAt(), finished);
    boolean restart =
        !closing
            && !container.removing.get()
            && !container.restartWanted
            && Restarts.wanted(
                before.spec().restartPolicy(),
                new Restarts.Ended(exit.code(), before.restartCount(), container.exitIsFinal));
    container.exitIsFinal = false;
    container.run = null;
    HealthChecks.end(container);
    ContainerView.State state =
        new ContainerView.State(
            restart ? Status.RESTARTING : Status.EXITED,
            0,
            exit.code(),
            oomKilled,
            "",
            before.state().startedAt(),
            Optional.of(finished),
            before.state().health().map(HealthPlan::ended));
    container.execs.killAll();
    ContainerView left =
        Views.networks(before, LocalNetworks.cleared(before.networks()), Optional.empty());
    ContainerView view = Views.state(left, state);
    CompletableFuture<Void> cleanup = new CompletableFuture<>();
    container.cleanup = cleanup;
    save(container, view, Optional.empty());
    if (oomKilled) {
      rooms.events().container(view, "oom");
    }
    container.streams.end();
    container.showExit(_ -> view, exit.code());
    rooms.networks().leave(before);
    rooms.volumes().mounts().release(container.id);
    rooms.events().volumesUnmounted(before);
    rooms
        .events()
        .container(
            view,
            "die",
            "execDuration",
            Long.toString(Math.max(0, ran.toSeconds())),
            "exitCode",
            Integer.toString(exit.code()));
    cleanUp(container.id, run, cleanup);
    if (restart) {
      restartLater(container, ran);
    }
    return !restart && before.spec().autoRemove() && !container.restartWanted && !closing;
  }

  /// Removes what the run leaves behind, away from everybody's way.
  private void cleanUp(String id, ActiveRun run, CompletableFuture<Void> done) {
    rooms
        .cleaner()
        .execute(
            () -> {
              try {
                ProcessRecord record = run.process().record();
                run.process().close();
                run.runtime().delete(record);
                Leftovers.removeDirectory(rooms.paths().run(id));
              } catch (RuntimeException e) {
                LOG.warn("leftovers of container {}: {}", id, e.getMessage(), e);
              } finally {
                done.complete(null);
              }
            });
  }

  // ---- restart by policy

  private void restartLater(Container container, Duration ran) {
    Duration length = Restarts.delay(container.lastDelay, ran);
    container.lastDelay = length;
    RestartDelay delay = new RestartDelay(length);
    container.restartDelay = delay;
    Thread.ofVirtual()
        .name("restart-" + Ids.abbreviate(container.id))
        .start(
            () -> {
              try {
                delay.cancelled().get(delay.length().toMillis(), TimeUnit.MILLISECONDS);
              } catch (TimeoutException _) { // nobody gave it up
                restartNow(container, delay);
              } catch (InterruptedException | ExecutionException _) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void restartNow(Container container, RestartDelay delay) {
    if (!open.readLock().tryLock()) {
      return;
    }
    try {
      restartWhileOpen(container, delay);
    } finally {
      open.readLock().unlock();
    }
  }

  private void restartWhileOpen(Container container, RestartDelay delay) {
    container.transition.lock();
    try {
      if (container.restartDelay != delay
          || container.view().state().status() != Status.RESTARTING
          || closing) {
        return;
      }
      container.restartDelay = null;
      container.show(v -> Views.restartCount(v, v.restartCount() + 1));
      launch(container);
    } catch (RuntimeException e) {
      LOG.warn("container {} is not started again: {}", container.name(), e.getMessage());
    } finally {
      container.transition.unlock();
    }
  }

  /// Starts a container again when the engine was opened.
  void startAtOpening(Container container) {
    container.transition.lock();
    try {
      launch(container);
    } catch (RuntimeException e) {
      LOG.warn("container {} is not started again: {}", container.name(), e.getMessage());
    } finally {
      container.transition.unlock();
    }
  }

  /// Gives up a restart that is to come; true when there was one.
  private boolean giveUpRestart(Container container) {
    container.transition.lock();
    try {
      RestartDelay delay = container.restartDelay;
      if (delay == null || container.view().state().status() != Status.RESTARTING) {
        return false;
      }
      delay.cancelled().complete(null);
      container.restartDelay = null;
      ContainerView before = container.view();
      ContainerView.State old = before.state();
      ContainerView view =
          Views.manuallyStopped(
              Views.state(
                  before,
                  new ContainerView.State(
                      Status.EXITED,
                      0,
                      old.exitCode(),
                      old.oomKilled(),
                      old.error(),
                      old.startedAt(),
                      old.finishedAt(),
                      old.health())),
              true);
      save(container, view, Optional.empty());
      container.showExit(_ -> view, old.exitCode());
      return true;
    } finally {
      container.transition.unlock();
    }
  }

  // ---- stop and kill

  void stop(Container container, Optional<String> signal, Optional<Duration> timeout) {
    if (!container.view().state().running()) {
      throw new EngineException(
          ErrorKind.UNCHANGED, "container " + container.name() + " is already stopped");
    }
    stopNow(container, signal, timeout);
    rooms.events().container(container.view(), "stop");
    if (container.view().spec().autoRemove()
        && container.view().state().status() == Status.EXITED) {
      removeAfterStop(container);
    }
  }

  /// A container in its restart delay has no exit to come that would remove it.
  private void removeAfterStop(Container container) {
    if (!container.removing.get() && !container.restartWanted) {
      removeNow(container, true);
    }
  }

  /// Stops a program, or gives up the restart that is to come. Between looking and doing the one
  /// may become the other.
  private void stopNow(Container container, Optional<String> signal, Optional<Duration> timeout) {
    while (!giveUpRestart(container)) {
      Optional<ActiveRun> run = markStopped(container);
      if (run.isPresent()) {
        stopRunning(container, run.get(), signal, timeout);
        return;
      }
      if (!container.view().state().running()) {
        return;
      }
    }
  }

  private void stopRunning(
      Container container, ActiveRun run, Optional<String> signal, Optional<Duration> timeout) {
    ContainerView view = container.view();
    Signal first =
        signal
            .filter(s -> !s.isEmpty())
            .map(s -> signal(view, s))
            .orElseGet(() -> stopSignal(view));
    Duration patience =
        timeout.orElseGet(
            () ->
                Duration.ofSeconds(view.spec().stopTimeoutSeconds().orElse(DEFAULT_STOP_SECONDS)));
    send(container, run, first);
    if (!awaitEnd(run, patience)) {
      send(container, run, Signal.KILL);
      if (!awaitEnd(run, KILL_PATIENCE)) {
        throw new EngineException(
            ErrorKind.INTERNAL,
            "cannot stop container: %s: it did not end within %d s of SIGKILL; look for a process in uninterruptible sleep"
                .formatted(view.id(), KILL_PATIENCE.toSeconds()));
      }
    }
  }

  /// Notes that the end of the run that is, if there is one, is what the user wants.
  private Optional<ActiveRun> markStopped(Container container) {
    container.transition.lock();
    try {
      ActiveRun run = container.run;
      if (run != null) {
        container.exitIsFinal = true;
        ContainerView view = Views.manuallyStopped(container.view(), true);
        save(container, view, record(container));
        container.show(_ -> view);
      }
      return Optional.ofNullable(run);
    } finally {
      container.transition.unlock();
    }
  }

  private static Signal stopSignal(ContainerView view) {
    return view.spec().stopSignal().map(Signal::parse).orElse(Signal.TERM);
  }

  private static Signal signal(ContainerView view, String text) {
    try {
      return Signal.parse(text);
    } catch (IllegalArgumentException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "cannot kill container: %s: invalid signal: %s".formatted(view.name(), text),
          e);
    }
  }

  /// True when the run ended in time; a negative patience never ends.
  private static boolean awaitEnd(ActiveRun run, Duration patience) {
    try {
      if (patience.isNegative()) {
        run.ended().get();
      } else {
        run.ended().get(patience.toNanos(), TimeUnit.NANOSECONDS);
      }
      return true;
    } catch (TimeoutException _) { // that is the answer
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(
          ErrorKind.UNAVAILABLE, "interrupted while waiting for a container to end", e);
    } catch (ExecutionException impossible) { // never completed so
      throw new AssertionError(impossible);
    }
  }

  /// Sends a signal and tells of it; what would end a frozen program thaws it.
  private void send(Container container, ActiveRun run, Signal signal) {
    rooms.events().container(container.view(), "kill", "signal", Integer.toString(signal.number()));
    boolean _ = run.process().signal(signal.number()); // told first: the end must not overtake it
    ContainerView view = container.view();
    boolean ends =
        signal.equals(Signal.KILL) || signal.equals(Signal.TERM) || signal.equals(stopSignal(view));
    if (ends && view.state().status() == Status.PAUSED) {
      run.runtime().resume(run.process());
    }
  }

  void kill(Container container, String text) {
    ContainerView view = container.view();
    Signal signal = text.isEmpty() ? Signal.KILL : signal(view, text);
    if (giveUpRestart(container)) {
      return;
    }
    ActiveRun run = container.run;
    if (!view.state().running() || run == null) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "cannot kill container: %s: container %s is not running"
              .formatted(view.name(), view.id()));
    }
    boolean isFinal =
        signal.equals(Signal.KILL)
            || view.spec().stopSignal().isEmpty()
            || signal.equals(stopSignal(view));
    if (isFinal) {
      Optional<ActiveRun> _ = markStopped(container);
    }
    send(container, run, signal);
    if (signal.equals(Signal.KILL)) {
      boolean _ = awaitEnd(run, KILL_PATIENCE);
    }
  }

  /// Kills a run that is unhealthy; what follows is its policy's decision.
  void killUnhealthy(Container container, ActiveRun run) {
    if (container.run == run) {
      send(container, run, Signal.KILL);
    }
  }

  void restart(Container container, Optional<String> signal, Optional<Duration> timeout) {
    container.restartWanted = true;
    try {
      if (container.view().state().running()) {
        stopNow(container, signal, timeout);
        rooms.events().container(container.view(), "stop");
      }
      start(container);
    } finally {
      container.restartWanted = false;
    }
    rooms.events().container(container.view(), "restart");
  }

  // ---- pause

  void pause(Container container) {
    container.transition.lock();
    try {
      ContainerView view = container.view();
      ActiveRun run = running(container);
      if (view.state().status() == Status.PAUSED) {
        throw new EngineException(
            ErrorKind.CONFLICT, "Container %s is already paused".formatted(view.id()));
      }
      run.runtime().pause(run.process());
      showStatus(container, Status.PAUSED);
      rooms.events().container(container.view(), "pause");
    } finally {
      container.transition.unlock();
    }
  }

  void unpause(Container container) {
    container.transition.lock();
    try {
      ContainerView view = container.view();
      ActiveRun run = container.run;
      if (view.state().status() != Status.PAUSED || run == null) {
        throw new EngineException(
            ErrorKind.INTERNAL, "Container %s is not paused".formatted(view.id()));
      }
      run.runtime().resume(run.process());
      showStatus(container, Status.RUNNING);
      rooms.events().container(container.view(), "unpause");
    } finally {
      container.transition.unlock();
    }
  }

  /// The run of a container; `CONFLICT` in Docker's words when there is none.
  static ActiveRun running(Container container) {
    ContainerView view = container.view();
    ActiveRun run = container.run;
    if (view.state().status() == Status.RESTARTING) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "Container %s is restarting, wait until the container is running".formatted(view.id()));
    }
    if (run == null || !view.state().running()) {
      throw new EngineException(
          ErrorKind.CONFLICT, "container %s is not running".formatted(view.id()));
    }
    return run;
  }

  private void showStatus(Container container, Status status) {
    ContainerView before = container.view();
    ContainerView.State old = before.state();
    ContainerView view =
        Views.state(
            before,
            new ContainerView.State(
                status,
                old.pid(),
                old.exitCode(),
                old.oomKilled(),
                old.error(),
                old.startedAt(),
                old.finishedAt(),
                old.health()));
    save(container, view, record(container));
    container.show(_ -> view);
  }

  // ---- removal

  void remove(Container container, boolean force, boolean removeVolumes) {
    ContainerView view = container.view();
    if (view.state().running() && !force) {
      String state =
          switch (view.state().status()) {
            case PAUSED -> "container is paused and must be unpaused first";
            case RESTARTING ->
                "container is restarting: stop the container before removing or force remove";
            default -> "container is running: stop the container before removing or force remove";
          };
      throw new EngineException(
          ErrorKind.CONFLICT, "cannot remove container \"%s\": %s".formatted(view.name(), state));
    }
    if (!container.removing.compareAndSet(false, true)) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "removal of container %s is already in progress".formatted(view.name()));
    }
    removeMarked(container, removeVolumes);
  }

  /// Removes as after an exit; harmless when somebody else removes it.
  void removeNow(Container container, boolean removeVolumes) {
    if (container.removing.compareAndSet(false, true)) {
      try {
        removeMarked(container, removeVolumes);
      } catch (RuntimeException e) {
        LOG.error("container {} is not removed: {}", container.name(), e.getMessage(), e);
      }
    }
  }

  private void removeMarked(Container container, boolean removeVolumes) {
    try {
      boolean _ = giveUpRestart(container);
      Optional<ActiveRun> run = markStopped(container);
      if (run.isPresent()) {
        send(container, run.get(), Signal.KILL);
        if (!awaitEnd(run.get(), KILL_PATIENCE)) {
          throw new EngineException(
              ErrorKind.INTERNAL,
              "cannot remove container \"%s\": could not kill: it did not end within %d s of SIGKILL"
                  .formatted(container.name(), KILL_PATIENCE.toSeconds()));
        }
      }
      removeEnded(container, removeVolumes);
    } catch (RuntimeException e) {
      container.removing.set(false);
      throw Failures.of("cannot remove container \"" + container.name() + "\"", e);
    }
  }

  /// The row goes first, durably; then the name is free, then everybody is told.
  private void removeEnded(Container container, boolean removeVolumes) {
    ContainerView view;
    container.transition.lock();
    try {
      view = container.view();
      rooms.records().delete(container.id);
      container.show(v -> Views.state(v, gone(v.state())));
      rooms.containers().free(view.name(), view.id());
      rooms.containers().remove(container);
    } finally {
      container.transition.unlock();
    }
    container.streams.end();
    cleanAfterRemoval(container, view);
    if (removeVolumes) {
      view.mounts().stream()
          .filter(mount -> mount.type().equals("volume") && rooms.volumes().anonymous(mount.name()))
          .forEach(mount -> rooms.volumes().removeUnused(mount.name()));
    }
    rooms.events().container(view, "destroy");
    container.showRemoved("");
  }

  private static ContainerView.State gone(ContainerView.State state) {
    return new ContainerView.State(
        Status.REMOVING,
        0,
        state.exitCode(),
        state.oomKilled(),
        state.error(),
        state.startedAt(),
        state.finishedAt(),
        state.health());
  }

  private void cleanAfterRemoval(Container container, ContainerView view) {
    CompletableFuture<Void> sent =
        container
            .output
            .shipper()
            .map(shipper -> shipper.lastWords(LAST_WORDS.toMillis()))
            .orElseGet(() -> CompletableFuture.completedFuture(null));
    CompletableFuture<Void> _ =
        CompletableFuture.allOf(container.cleanup, sent)
            .thenRunAsync(
                () -> {
                  try {
                    rooms.images().snapshots().remove(view.id());
                    Leftovers.removeDirectory(rooms.paths().container(view.id()));
                  } catch (RuntimeException e) {
                    LOG.warn("leftovers of container {}: {}", view.id(), e.getMessage(), e);
                  }
                },
                rooms.cleaner());
  }

  // ---- waiting

  CompletableFuture<ExitStatus> await(
      Container container, gantry.engine.container.WaitCondition condition) {
    return switch (condition) {
      case NOT_RUNNING -> container.notRunning();
      case NEXT_EXIT -> container.nextExit();
      case REMOVED -> container.removed();
    };
  }

  // ---- closing

  /// No restarts and automatic removals from now on: the engine is being closed.
  void closing() {
    closing = true;
    health.close();
  }

  /// Waits for those who deal with ends; nothing is done about an end any more after that.
  void closed() {
    open.writeLock().lock();
    rooms.containers().all().forEach(c -> c.output.shipper().ifPresent(Shipper::stop));
  }

  /// Stops a container because the engine is closed: it is to run again at the next opening if its
  /// policy says so.
  void stopAtClosing(Container container, Duration patience) {
    ActiveRun run = container.run;
    if (run == null) {
      return;
    }
    try {
      send(container, run, stopSignal(container.view()));
      if (!awaitEnd(run, patience)) {
        send(container, run, Signal.KILL);
        boolean _ = awaitEnd(run, KILL_PATIENCE);
      }
    } catch (RuntimeException e) {
      LOG.warn("container {} is not stopped: {}", container.name(), e.getMessage());
    }
  }

  // ---- the record

  private static Optional<ProcessRecord> record(Container container) {
    ActiveRun run = container.run;
    return Optional.ofNullable(run).map(r -> r.process().record());
  }

  private void save(Container container, ContainerView view, Optional<ProcessRecord> process) {
    rooms.records().run(container.id, runOf(container, view, process));
  }

  static ContainerRecords.Run runOf(
      Container container, ContainerView view, Optional<ProcessRecord> process) {
    return new ContainerRecords.Run(
        view.state(),
        view.restartCount(),
        view.manuallyStopped(),
        container.startedBefore,
        process,
        view.networks());
  }

  /// Saves what a container is doing as it is shown.
  void saveShown(Container container) {
    save(container, container.view(), record(container));
  }
}
