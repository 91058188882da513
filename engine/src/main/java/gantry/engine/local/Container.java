package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.engine.container.ExitStatus;
import gantry.engine.log.JsonFileLog;
import gantry.engine.stdio.ContainerStreams;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// One container as this process keeps it: its picture for readers, and what its life hangs on.
///
/// [#transition] is held for every change of state, and for as long as it takes: a start that hangs
/// holds up this container alone. The picture is read without it. Whoever waits for an exit, or
/// sends a signal, must not hold it: the exit needs it. Lock order: `transition`, then `waiting`.
final class Container {
  final String id;
  final ReentrantLock transition = new ReentrantLock();
  final ContainerStreams streams;

  /// Where output is kept; empty where it is not.
  final Optional<JsonFileLog> log;

  /// Whether it may be read, and what carries it elsewhere.
  final ContainerLog output;

  final Execs execs = new Execs();

  private volatile ContainerView view; // written under waiting
  private final ReentrantLock waiting = new ReentrantLock();

  private CompletableFuture<ExitStatus> nextExit = new CompletableFuture<>(); // guarded by waiting
  private final CompletableFuture<ExitStatus> removed = new CompletableFuture<>();

  // Guarded by transition; read by others for a glance.
  volatile @Nullable ActiveRun run;
  volatile HealthChecks.@Nullable Check health; // of that run
  volatile boolean startedBefore;
  volatile @Nullable RestartDelay restartDelay;
  volatile Duration lastDelay = Duration.ZERO; // before the latest restart
  volatile boolean exitIsFinal; // the user asked for the exit that is to come
  volatile boolean restartWanted; // stopped by `restart`, which will start it again
  volatile boolean removeAfterFailure; // its start failed, and it removes itself
  volatile CompletableFuture<Void> cleanup = CompletableFuture.completedFuture(null);

  /// Set once, by whoever removes the container.
  final AtomicBoolean removing = new AtomicBoolean();

  Container(ContainerView view, ContainerStreams streams, ContainerLog output) {
    this.id = view.id();
    this.view = view;
    this.streams = streams;
    this.log = output.file();
    this.output = output;
  }

  ContainerView view() {
    return view;
  }

  /// Shows a new picture to all readers from now on.
  ContainerView show(UnaryOperator<ContainerView> change) {
    waiting.lock();
    try {
      ContainerView changed = change.apply(view);
      view = changed;
      return changed;
    } finally {
      waiting.unlock();
    }
  }

  String name() {
    return view().name();
  }

  /// Completes when the program ends next.
  CompletableFuture<ExitStatus> nextExit() {
    waiting.lock();
    try {
      return nextExit.copy();
    } finally {
      waiting.unlock();
    }
  }

  /// Completes when the container does not run: at once, or with the next exit.
  CompletableFuture<ExitStatus> notRunning() {
    waiting.lock();
    try {
      ContainerView.State state = view().state();
      return state.running() && state.status() != gantry.engine.container.Status.RESTARTING
          ? nextExit.copy()
          : CompletableFuture.completedFuture(new ExitStatus(state.exitCode(), ""));
    } finally {
      waiting.unlock();
    }
  }

  CompletableFuture<ExitStatus> removed() {
    return removed.copy();
  }

  /// Shows the picture of the ended program, and wakes all who waited for the end. Nobody can come
  /// between the two and wait for the end after that.
  void showExit(UnaryOperator<ContainerView> change, int exitCode) {
    CompletableFuture<ExitStatus> ended;
    waiting.lock();
    try {
      view = change.apply(view);
      ended = nextExit;
      nextExit = new CompletableFuture<>();
    } finally {
      waiting.unlock();
    }
    ended.complete(new ExitStatus(exitCode, ""));
  }

  /// Wakes everybody: the container is gone.
  void showRemoved(String error) {
    ExitStatus status = new ExitStatus(view().state().exitCode(), error);
    removed.complete(status);
    waiting.lock();
    try {
      nextExit.complete(status);
    } finally {
      waiting.unlock();
    }
  }
}
