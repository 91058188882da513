package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import gantry.linux.file.OpenFlags;
import gantry.linux.mount.Depth;
import gantry.linux.mount.MountChange;
import gantry.linux.mount.MountFlags;
import gantry.linux.mount.Mounts;
import gantry.linux.mount.Propagation;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The root of a container that does not run: its snapshot, with its volumes and binds mounted in
/// it, in a mount namespace that nobody else is in. Nothing appears in the host's table.
final class StoppedRoot {
  private StoppedRoot() {}

  /// Open root, and the namespace that it lives in, where there is one.
  record Opened(OwnedFd root, Optional<OwnedFd> namespace) implements AutoCloseable {
    @Override
    public void close() {
      root.close();
      namespace.ifPresent(OwnedFd::close);
    }
  }

  static Opened open(Rooms rooms, ContainerView view) {
    OwnedFd snapshot = rooms.images().snapshots().mountBriefly(view.id());
    List<ContainerView.MountPoint> mounts =
        view.mounts().stream()
            .filter(mount -> mount.type().equals("bind") || mount.type().equals("volume"))
            .filter(mount -> Files.exists(Path.of(mount.source())))
            .toList();
    if (mounts.isEmpty()) {
      return new Opened(snapshot, Optional.empty());
    }
    try (snapshot) {
      return NamespaceThread.unshared(
          Set.of(Namespace.MOUNT),
          () -> attach(snapshot, rooms.paths().container(view.id()), mounts));
    }
  }

  /// On a thread in a mount namespace of its own.
  private static Opened attach(
      OwnedFd snapshot, Path place, List<ContainerView.MountPoint> mounts) {
    Mounts.change(Fd.CWD, "/", Depth.TREE, MountChange.propagating(Propagation.PRIVATE));
    List<OwnedFd> sources =
        mounts.stream().map(mount -> Mounts.copy(Fd.CWD, mount.source(), Depth.TREE)).toList();
    Mounts.attach(snapshot, Fd.CWD, place.toString());
    OwnedFd root = At.open(Fd.CWD, place.toString(), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
    for (int i = 0; i < mounts.size(); i++) {
      try (OwnedFd source = sources.get(i)) {
        attach(root, source, mounts.get(i));
      }
    }
    return new Opened(root, Optional.of(Namespace.MOUNT.ofThread()));
  }

  private static void attach(Fd root, OwnedFd source, ContainerView.MountPoint mount) {
    if (!mount.writable()) {
      Mounts.change(source, Depth.TREE, MountChange.setting(MountFlags.RDONLY));
    }
    try (OwnedFd target = target(root, mount.destination(), At.stat(source).directory())) {
      Mounts.attach(source, target, "");
    }
  }

  private static OwnedFd target(Fd root, String path, boolean directory) {
    if (directory) {
      return FileTree.makeDirectories(root, path, 0755);
    }
    Path clean = Path.of(path);
    try (OwnedFd parent = FileTree.makeDirectories(root, String.valueOf(clean.getParent()), 0755)) {
      At.openIfExists(parent, String.valueOf(clean.getFileName()), OpenFlags.O_PATH)
          .orElseGet(
              () ->
                  At.open(
                      parent,
                      String.valueOf(clean.getFileName()),
                      OpenFlags.O_RDONLY | OpenFlags.O_CREAT,
                      0644))
          .close();
    }
    return At.openInRoot(root, path, OpenFlags.O_PATH);
  }
}
