package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.engine.container.MountSpec;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.OpenFlags;
import java.util.List;
import java.util.Optional;

/// Gives empty volumes the content that the image has at their place, on first use.
final class Seeding {
  private final Rooms rooms;

  Seeding(Rooms rooms) {
    this.rooms = rooms;
  }

  /// Fills the volumes of a container that is being made.
  void seed(ContainerView view) {
    List<ContainerView.MountPoint> volumes =
        view.mounts().stream()
            .filter(mount -> mount.type().equals("volume") && copies(view, mount))
            .toList();
    if (volumes.isEmpty()) {
      return;
    }
    try (OwnedFd root = rooms.images().snapshots().mountBriefly(view.id())) {
      for (ContainerView.MountPoint volume : volumes) {
        seed(view.id(), root, volume);
      }
    }
  }

  private static boolean copies(ContainerView view, ContainerView.MountPoint mount) {
    return view.spec().mounts().stream()
        .filter(spec -> spec.target().equals(mount.destination()))
        .noneMatch(spec -> spec instanceof MountSpec.Volume volume && !volume.copy());
  }

  private void seed(String container, Fd root, ContainerView.MountPoint volume) {
    Optional<OwnedFd> content =
        At.openInRootIfExists(
            root, volume.destination(), OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
    if (content.isEmpty()) {
      return;
    }
    String user = "seed-" + container;
    try (OwnedFd source = content.get()) {
      rooms.volumes().mounts().use(user, List.of(volume.name()));
      try (OwnedFd target = At.openDirectory(Fd.CWD, volume.source())) {
        if (At.stat(source).directory() && Directory.list(target).isEmpty()) {
          TreeCopy.copy(source, target);
        }
      }
    } finally {
      rooms.volumes().mounts().release(user);
    }
  }
}
