package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;

/// Opens containers' root file systems as their programs see them: of a running container through
/// its first process, with all that is mounted there; of another its snapshot, mounted for the
/// time, with its volumes.
final class ContainerRoots {
  private final Rooms rooms;

  ContainerRoots(Rooms rooms) {
    this.rooms = rooms;
  }

  /// A root that is open.
  record Root(OwnedFd fd, Runnable onClose) implements AutoCloseable {
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
