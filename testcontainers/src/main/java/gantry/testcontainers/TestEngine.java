package gantry.testcontainers;

import gantry.daemon.Daemon;
import gantry.daemon.config.DaemonConfig;
import gantry.daemon.config.ListenAddress;
import gantry.engine.Engine;
import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.container.ContainerView;
import gantry.engine.volume.Volumes;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An engine for tests, in this process, that speaks Docker's API on a unix socket.
///
/// Images stay for the next run. Containers, networks and volumes end with it; those of a run that
/// was killed end when the next one begins.
final class TestEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TestEngine.class);
  private static final Path RUN = Path.of("/run");

  private final DataRoot root;
  private final String name;
  private final Path socket;
  private final Daemon daemon;
  private boolean closed;

  private TestEngine(DataRoot root, String name, Path socket, Daemon daemon) {
    this.root = root;
    this.name = name;
    this.socket = socket;
    this.daemon = daemon;
  }

  /// @throws IllegalStateException with the reason when it cannot be started
  static TestEngine start(Settings settings) {
    requireRoot();
    try {
      DataRoot root = DataRoot.take(settings.dataRoots());
      try {
        return start(root, settings);
      } catch (IOException | RuntimeException | Error e) {
        root.close();
        throw e;
      }
    } catch (IOException | EngineException e) {
      throw new IllegalStateException(
          "cannot start the engine for tests in '%s': %s"
              .formatted(settings.dataRoots(), e.getMessage()),
          e);
    }
  }

  private static TestEngine start(DataRoot root, Settings settings) throws IOException {
    String name = name(root.folder());
    Path socket = RUN.resolve(name).resolve("gantry.sock");
    EngineConfig config = EngineConfig.passing(root.folder(), RUN.resolve(name), name);
    Daemon daemon =
        Daemon.start(DaemonConfig.within(new ListenAddress.Unix(socket), config), Engine::open);
    TestEngine started = new TestEngine(root, name, socket, daemon);
    try {
      Engine engine = daemon.awaitEngine();
      clear(engine);
      new Archives(engine.images(), root.folder().resolve("loaded-archives"))
          .load(settings.images());
      return started;
    } catch (CompletionException e) {
      daemon.close();
      throw new IOException(e.getCause() == null ? e.getMessage() : e.getCause().getMessage(), e);
    } catch (IOException | RuntimeException | Error e) {
      started.close();
      throw e;
    }
  }

  private static void requireRoot() {
    try {
      Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      if (!user.equals(0)) {
        throw new IllegalStateException(
            "cannot run containers in this virtual machine as user %s: that needs root; run the tests as root, or set DOCKER_HOST to the socket of a daemon"
                .formatted(user));
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot see whose this process is: " + e.getMessage(), e);
    }
  }

  /// Of an engine's folder under `/run` and of its control group: the same in every run with this
  /// data root, so that what a killed one left there is found.
  private static String name(Path dataRoot) {
    String digest =
        UUID.nameUUIDFromBytes(dataRoot.toString().getBytes(StandardCharsets.UTF_8)).toString();
    return "gantry-testcontainers-" + digest.substring(0, 8);
  }

  Path socket() {
    return socket;
  }

  /// Removes containers, networks and volumes.
  private static void clear(Engine engine) {
    List<Thread> removing =
        engine.containers().list().stream().map(container -> remove(engine, container)).toList();
    for (Thread thread : removing) {
      join(thread);
    }
    engine.networks().prune(network -> true);
    for (Volumes.VolumeView volume : engine.volumes().list()) {
      attempt("volume", volume.name(), () -> engine.volumes().remove(volume.name(), true));
    }
  }

  private static Thread remove(Engine engine, ContainerView container) {
    return Thread.startVirtualThread(
        () ->
            attempt(
                "container",
                container.id(),
                () -> engine.containers().remove(container.id(), true, true)));
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException _) { // what is not removed now is when the next run begins
      Thread.currentThread().interrupt();
    }
  }

  /// One that cannot be removed does not keep the others, and is tried again in the next run.
  private static void attempt(String kind, String name, Runnable removal) {
    try {
      removal.run();
    } catch (EngineException e) {
      LOG.warn("cannot remove {} {}: {}", kind, name, e.getMessage());
    }
  }

  /// Removes all that tests made, and ends the engine.
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (root) { // the lock last: who takes the folder next finds nothing of ours
      boolean empty = clearAtEnd();
      daemon.close();
      if (empty) {
        removeExecRoot();
      }
    } catch (IOException e) {
      LOG.warn("while ending the engine for tests: {}", e.getMessage());
    }
  }

  private boolean clearAtEnd() {
    try {
      Engine engine = daemon.awaitEngine();
      clear(engine);
      return engine.containers().list().isEmpty();
    } catch (RuntimeException e) { // the engine must be closed all the same
      LOG.warn("cannot remove what the tests left: {}", e.getMessage(), e);
      return false;
    }
  }

  private void removeExecRoot() {
    try (OwnedFd run = At.openDirectory(Fd.CWD, RUN.toString())) {
      FileTree.remove(run, name);
    }
  }
}
