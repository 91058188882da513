package gantry.build.solve;

import gantry.build.BuildException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/// The stages of one build that are being built, each once, on a thread of its own, from the moment
/// that somebody needs it. The first failure ends all of them.
final class Stages implements AutoCloseable {
  /// Builds a stage.
  @FunctionalInterface
  interface Work {
    StageState build() throws InterruptedException;
  }

  private final IntFunction<Work> work;
  private final Map<Integer, CompletableFuture<StageState>> begun =
      new HashMap<>(); // guarded by this
  private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("build-stage-", 0).factory());

  /// @param work builds the stage of that number
  Stages(IntFunction<Work> work) {
    this.work = work;
  }

  /// Begins these, if that has not happened.
  synchronized void begin(List<Integer> stages) {
    for (int stage : stages) {
      CompletableFuture<StageState> _ = begun(stage);
    }
  }

  private synchronized CompletableFuture<StageState> begun(int stage) {
    return begun.computeIfAbsent(
        stage,
        _ -> {
          CompletableFuture<StageState> result = new CompletableFuture<>();
          Work begins = work.apply(stage);
          threads.execute(() -> build(begins, result));
          return result;
        });
  }

  private void build(Work begins, CompletableFuture<StageState> result) {
    try {
      result.complete(begins.build());
    } catch (InterruptedException | RuntimeException | Error e) {
      failure.complete(e);
      result.completeExceptionally(e);
    }
  }

  /// A stage's result, for another stage.
  StageState needed(int stage) throws InterruptedException {
    try {
      return begun(stage).get();
    } catch (ExecutionException _) {
      throw new InterruptedException("stage " + stage + " failed"); // which is told where it did
    }
  }

  /// The result of the whole build; throws what failed first, when all that was begun has ended.
  StageState target(int stage) {
    CompletableFuture<StageState> result = begun(stage);
    try {
      Object _ = CompletableFuture.anyOf(result, failure).get();
    } catch (ExecutionException _) { // told below
    } catch (InterruptedException _) {
      close();
      Thread.currentThread().interrupt();
      throw new BuildException(BuildException.Kind.CANCELLED, "the build was cancelled");
    }
    Optional<Throwable> failed = Optional.ofNullable(failure.getNow(null));
    if (failed.isEmpty()) {
      return result.join();
    }
    close();
    throw switch (failed.get()) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default ->
          new BuildException(
              BuildException.Kind.CANCELLED, "the build was cancelled", failed.get());
    };
  }

  /// Waits until all have ended.
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted(); // what they hold must be let go of first
    if (!threads.isShutdown()) {
      threads.shutdownNow(); // one interrupt each: they may be at work removing what they made
    }
    threads.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
