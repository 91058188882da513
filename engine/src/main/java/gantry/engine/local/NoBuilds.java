package gantry.engine.local;

import gantry.build.BuildEvent;
import gantry.build.BuildListener;
import gantry.build.BuildRequest;
import gantry.build.Builds;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import java.util.List;
import java.util.function.Predicate;

/// The builds of an engine that cannot build yet: there never were any.
final class NoBuilds implements Builds {
  private static EngineException none() {
    return new EngineException(
        ErrorKind.NOT_IMPLEMENTED,
        "gantry does not build images yet: build with another tool, save the image as an archive, and load it with `docker load`");
  }

  @Override
  public Built build(BuildRequest request, BuildListener listener) {
    request.context().close();
    throw none();
  }

  @Override
  public List<BuildEvent.Warned> check(BuildRequest request) {
    request.context().close();
    throw none();
  }

  @Override
  public List<CacheRecord> cache() {
    return List.of();
  }

  @Override
  public Pruned prune(Predicate<CacheRecord> which, long keepBytes) {
    return new Pruned(List.of(), 0);
  }
}
