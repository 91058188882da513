package gantry.build.solve;

import gantry.build.BaseImages;
import gantry.build.BuildEvent;
import gantry.build.BuildListener;
import gantry.build.BuildRequest;
import gantry.build.Builds;
import gantry.build.StepRunner;
import gantry.build.cache.CacheDirectories;
import gantry.build.cache.StepCache;
import gantry.build.context.ContextLimits;
import gantry.build.context.Contexts;
import gantry.build.context.DigestMemory;
import gantry.image.ImageStore;
import gantry.image.Lease;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.state.Database;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;

/// The builder of an engine: opens what builds share, and begins each.
public final class Builder implements Builds, AutoCloseable {
  private final Shared shared;
  private final CacheView view;

  /// What all builds of an engine have in common.
  ///
  /// @param commands as many run at once
  record Shared(
      ImageStore images,
      StepCache steps,
      CacheDirectories directories,
      Contexts contexts,
      StepRunner runner,
      BaseImages bases,
      StepWork.Running running,
      Semaphore commands) {
    /// What files were found to contain.
    DigestMemory digests() {
      return contexts.memory();
    }
  }

  private Builder(Shared shared) {
    this.shared = shared;
    this.view = new CacheView(shared.steps, shared.directories, shared.images, shared.running);
  }

  /// Opens the builder of a data root, and removes what builds left there that were cut off.
  public static Builder open(
      ImageStore images, Database database, Path dataRoot, StepRunner runner, BaseImages bases) {
    return new Builder(
        new Shared(
            images,
            StepCache.open(database, images),
            CacheDirectories.open(database, dataRoot),
            contexts(dataRoot),
            runner,
            bases,
            new StepWork.Running(),
            new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()))));
  }

  /// Makes the folder of what is made for one build alone, empty.
  private static Contexts contexts(Path dataRoot) {
    try (OwnedFd root = At.openDirectory(Fd.CWD, dataRoot.toString());
        OwnedFd build = At.openDirectory(root, "build")) {
      return Contexts.open(build, ContextLimits.DEFAULT);
    }
  }

  @Override
  public Built build(BuildRequest request, BuildListener listener) {
    Progress progress = new Progress(listener);
    try (Lease lease = shared.images.lease();
        Build build = new Build(shared, request, progress, lease)) {
      return build.run();
    } finally {
      progress.closed();
    }
  }

  @Override
  public List<BuildEvent.Warned> check(BuildRequest request) {
    try (Lease lease = shared.images.lease();
        Build build = new Build(shared, request, new Progress(_ -> {}), lease)) {
      return build.check();
    }
  }

  @Override
  public List<CacheRecord> cache() {
    return view.all();
  }

  @Override
  public Pruned prune(Predicate<CacheRecord> which, long keepBytes) {
    return view.prune(which, keepBytes);
  }

  @Override
  public void close() {
    shared.contexts.close();
    shared.directories.close();
  }
}
