package gantry.build.solve;

import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildException;
import gantry.build.cache.Inputs;
import gantry.build.cache.StepCache;
import gantry.build.cache.StepRecord;
import gantry.image.Layer;
import gantry.image.Lease;
import gantry.oci.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;

/// Gets the results of one build's steps: from the cache, from another step of the same inputs that
/// is being done at this moment, or by doing the work. Thread-safe.
final class StepWork {
  /// Makes a step's layer.
  @FunctionalInterface
  interface Work {
    /// The stack after the step; retained under `retainAs` if it has layers.
    List<Layer> layers(String retainAs) throws InterruptedException;
  }

  /// One step that can change files.
  ///
  /// @param place which step of which stage, whatever its inputs are
  /// @param below number of layers before it
  /// @param parent key of the step before it
  /// @param cached whether a result may be taken from the cache
  record Step(
      Vertex vertex,
      Inputs inputs,
      String place,
      int below,
      Optional<Digest> parent,
      boolean cached) {}

  /// A step's result.
  ///
  /// @param key by which the cache has it
  /// @param created when it was made
  record Result(List<Layer> layers, Digest key, Instant created, boolean hit) {}

  /// What all builds of an engine are doing, by key.
  static final class Running {
    private final ConcurrentMap<Digest, CompletableFuture<Optional<Digest>>> byKey =
        new ConcurrentHashMap<>();

    boolean has(Digest key) {
      return byKey.containsKey(key);
    }
  }

  private final StepCache cache;
  private final Running running;
  private final Lease lease;
  private final Progress progress;
  private final boolean required;
  private final boolean explain;
  private final Set<Digest> used = new HashSet<>(); // guarded by itself

  /// @param required fails where a step is not in the cache
  StepWork(
      StepCache cache,
      Running running,
      Lease lease,
      Progress progress,
      boolean required,
      boolean explain) {
    this.cache = cache;
    this.running = running;
    this.lease = lease;
    this.progress = progress;
    this.required = required;
    this.explain = explain;
  }

  /// Keys of all records that this build used or made.
  Set<Digest> used() {
    synchronized (used) {
      return Set.copyOf(used);
    }
  }

  /// Gets a step's result, telling of it on the way.
  Result perform(Step step, Work work) throws InterruptedException {
    Digest key = step.inputs().key();
    Result result = perform(step, key, work);
    synchronized (used) {
      used.add(key);
    }
    return result;
  }

  private Result perform(Step step, Digest key, Work work) throws InterruptedException {
    while (true) {
      CompletableFuture<Optional<Digest>> mine = new CompletableFuture<>();
      CompletableFuture<Optional<Digest>> other = running.byKey.putIfAbsent(key, mine);
      if (other == null) {
        return worked(step, key, work, mine);
      }
      Optional<List<Layer>> shared = await(other);
      if (shared.isPresent()) {
        return hit(step, key, shared.get());
      } // it failed there: perhaps not here, where it will be told
    }
  }

  private Optional<List<Layer>> fromCache(Digest key) {
    Optional<StepRecord> record = cache.find(key);
    if (record.isEmpty()) {
      return Optional.empty();
    }
    return record.get().result().isEmpty()
        ? Optional.of(List.of())
        : lease.keep(record.get().result().get());
  }

  private Result hit(Step step, Digest key, List<Layer> layers) {
    if (explain) {
      progress.explained(step.vertex(), true, List.of("nothing that it is made of changed"));
    }
    progress.finished(step.vertex(), new Outcome.Cached(key));
    return new Result(layers, key, created(key), true);
  }

  private Instant created(Digest key) {
    return cache.find(key).map(StepRecord::created).orElseGet(Instant::now);
  }

  private Optional<List<Layer>> await(CompletableFuture<Optional<Digest>> other)
      throws InterruptedException {
    try {
      Optional<Digest> chain = other.get();
      return chain.isEmpty() ? Optional.of(List.of()) : lease.keep(chain.get());
    } catch (ExecutionException _) {
      return Optional.empty();
    }
  }

  private Result worked(Step step, Digest key, Work work, CompletableFuture<Optional<Digest>> mine)
      throws InterruptedException {
    Instant begun = Instant.now();
    try {
      Optional<List<Layer>> kept = step.cached() ? fromCache(key) : Optional.empty();
      if (kept.isPresent()) {
        mine.complete(chain(kept.get()));
        return hit(step, key, kept.get());
      }
      explainMiss(step);
      List<Layer> layers = work.layers(StepCache.retainedAs(key));
      record(step, key, layers);
      mine.complete(chain(layers));
      progress.finished(
          step.vertex(), new Outcome.Built(key, Duration.between(begun, Instant.now())));
      return new Result(layers, key, created(key), false);
    } catch (RuntimeException | Error | InterruptedException e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      running.byKey.remove(key, mine);
    }
  }

  private void explainMiss(Step step) {
    if (!explain && !required) {
      return;
    }
    List<String> reasons =
        step.cached()
            ? cache.explainMiss(step.place(), step.inputs())
            : List.of("the cache was not to be used for it");
    progress.explained(step.vertex(), false, reasons);
    if (required) {
      throw BuildException.invalid(
          "step '%s' (line %d) is not in the cache, and the build was to use the cache alone: %s"
              .formatted(
                  step.vertex().instruction(), step.vertex().line(), String.join("; ", reasons)));
    }
  }

  private static Optional<Digest> chain(List<Layer> layers) {
    return layers.isEmpty() ? Optional.empty() : Optional.of(layers.getLast().chainId());
  }

  private void record(Step step, Digest key, List<Layer> layers) {
    Instant now = Instant.now();
    long size = layers.size() == step.below() ? 0 : layers.getLast().sizeBytes();
    cache.add(
        new StepRecord(
            key,
            chain(layers),
            step.parent(),
            step.place(),
            step.vertex().name(),
            size,
            now,
            now,
            1),
        step.inputs());
  }
}
