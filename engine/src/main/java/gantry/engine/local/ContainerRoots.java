package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.process.IdMaps;
import gantry.linux.process.NamespaceThread;
import java.util.Optional;

/// Opens containers' root file systems as their programs see them: of a running container through
/// its first process, with all that is mounted there; of another its snapshot, mounted for the
/// time, with its volumes.
final class ContainerRoots {
  private final Rooms rooms;

  ContainerRoots(Rooms rooms) {
    this.rooms = rooms;
  }

  /// A root that is open.
  ///
  /// @param maps through which files' owners are seen: of a running container in a user namespace;
  ///   on the disk they are those of inside
  record Root(OwnedFd fd, Optional<IdMaps> maps, Runnable onClose) implements AutoCloseable {
    /// Runs `task` as who may create files there.
    <T> T creating(NamespaceThread.Task<T, RuntimeException> task) {
      return maps.isEmpty()
          ? task.call()
          : NamespaceThread.owning(maps.get().rootUid(), maps.get().rootGid(), task);
    }

    @Override
    public void close() {
      fd.close();
      onClose.run();
    }
  }

  /// Opens the root of a container, running or not. The container does not start while the root of
  /// one that does not run is open: a snapshot is mounted once at a time.
  Root open(Container container) {
    ContainerView view = container.view();
    int pid = view.state().pid();
    if (pid > 0) {
      return new Root(
          At.open(Fd.CWD, "/proc/" + pid + "/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY),
          UserMapping.ofProcess(pid),
          () -> {});
    }
    container.transition.lock();
    try {
      if (container.view().state().pid() > 0) {
        container.transition.unlock();
        return open(container);
      }
      container.cleanup.join();
      String user = "files-" + view.id();
      StoppedRoot.Opened opened = stopped(view, user);
      return new Root(
          opened.root(),
          Optional.empty(),
          () -> {
            opened.close();
            rooms.volumes().mounts().release(user);
            container.transition.unlock();
          });
    } catch (RuntimeException e) {
      if (container.transition.isHeldByCurrentThread()) {
        container.transition.unlock();
      }
      throw Failures.of("cannot open the files of container " + container.name(), e);
    }
  }

  private StoppedRoot.Opened stopped(ContainerView view, String user) {
    rooms.volumes().mounts().use(user, view.volumeNames());
    try {
      return StoppedRoot.open(rooms, view);
    } catch (RuntimeException e) {
      rooms.volumes().mounts().release(user);
      throw e;
    }
  }
}
