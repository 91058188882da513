package gantry.engine;

import gantry.build.Builds;
import gantry.engine.container.Containers;
import gantry.engine.event.Events;
import gantry.engine.image.Images;
import gantry.engine.network.NetworkCatalogue;
import gantry.engine.system.EngineSystem;
import gantry.engine.volume.Volumes;

/// A container engine in this process: what the daemon serves over HTTP, and what a Java program
/// can use with no daemon at all.
///
/// Every call may be made from any thread, virtual ones included; calls block until what they name
/// is done. Failures are [EngineException]s.
public interface Engine extends AutoCloseable {
  /// Opens the engine whose state is in `config`'s folders; repairs what a crash left behind, finds
  /// the containers that still run. One engine at a time can have a data root open.
  static Engine open(EngineConfig config) {
    return gantry.engine.local.LocalEngine.open(config);
  }

  Containers containers();

  Images images();

  NetworkCatalogue networks();

  Volumes volumes();

  Events events();

  /// Makes images of Dockerfiles.
  Builds builds();

  EngineSystem system();

  EngineConfig config();

  /// Lets go of everything; stops the containers first unless `liveRestore` is set.
  @Override
  void close();
}
