package gantry.engine.local;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_WRONLY;

import gantry.build.Secret;
import gantry.build.StepRunner;
import gantry.image.Snapshots;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.mount.Depth;
import gantry.linux.mount.FileSystemContext;
import gantry.linux.mount.MountChange;
import gantry.linux.mount.Mounts;
import gantry.linux.mount.Propagation;
import gantry.linux.process.IdMaps;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What the commands of builds see besides their image and their container's record, by container.
/// It is in memory only, as secrets must be, so it is lost with the process; so are the containers,
/// which the next opening removes. Thread-safe.
final class StepMounts {
  /// What one command sees.
  ///
  /// @param variables secrets in its environment, by name
  record Seen(List<StepRunner.Mount> mounts, Map<String, Secret> variables) {
    static final Seen NOTHING = new Seen(List.of(), Map.of());
  }

  private final Map<String, Seen> byContainer = new ConcurrentHashMap<>();

  void put(String container, Seen seen) {
    byContainer.put(container, seen);
  }

  void remove(String container) {
    byContainer.remove(container);
  }

  Seen of(String container) {
    return byContainer.getOrDefault(container, Seen.NOTHING);
  }

  /// The key of the snapshot that takes what a container writes to its mount number `index`.
  static String key(String container, int index) {
    return container + "-mount-" + index;
  }

  /// The file of a secret as a detached mount, in a file system of memory that is nowhere else; the
  /// caller owns it. Kernels before 6.15 copy mounts that are in a table alone: so in that of a
  /// namespace that nobody else is in.
  static OwnedFd file(
      StepRunner.Mount.SecretFile secret, String place, Optional<Snapshots.Mapping> mapping) {
    return NamespaceThread.unshared(
        Set.of(Namespace.MOUNT),
        () -> {
          Mounts.change(Fd.CWD, "/", Depth.TREE, MountChange.propagating(Propagation.PRIVATE));
          try (FileSystemContext tmpfs = FileSystemContext.open("tmpfs").set("mode", "0700");
              OwnedFd root = tmpfs.mount(0)) {
            Mounts.attach(root, Fd.CWD, place);
            write(root, secret, mapping.map(Snapshots.Mapping::maps));
            return Mounts.copy(root, "secret", Depth.ONE);
          }
        });
  }

  private static void write(Fd root, StepRunner.Mount.SecretFile secret, Optional<IdMaps> maps) {
    try (OwnedFd file = At.open(root, "secret", O_WRONLY | O_CREAT, 0600)) {
      FileIo.writeFully(file, secret.content().bytes());
      int uid =
          maps.map(m -> m.uids().outside(secret.uid()).orElse(m.rootUid())).orElse(secret.uid());
      int gid =
          maps.map(m -> m.gids().outside(secret.gid()).orElse(m.rootGid())).orElse(secret.gid());
      At.chown(file, "", uid, gid);
      At.chmod(file, secret.mode());
    }
  }
}
