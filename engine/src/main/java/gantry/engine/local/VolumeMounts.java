package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Resolve;
import gantry.linux.mount.Mounts;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/// The volumes that are file systems or binds, mounted on their directories while somebody uses
/// them.
///
/// They are the only mounts of the engine in the host's table. A tmpfs volume is one for all
/// containers that have it, also for one that starts after the daemon was killed: only a mount in
/// the table lives on without a process of ours and can be found again.
///
/// Users are the containers that run, and whoever looks at a volume for a moment. Each container
/// has copies of the mounts in its own namespace, so that an unmount takes nothing from it.
final class VolumeMounts {
  private final EnginePaths paths;
  private final Function<String, Optional<VolumeOptions>> options;
  private final ReentrantLock changing = new ReentrantLock();
  private final Map<String, Set<String>> users = new HashMap<>(); // guarded by changing

  /// All that are in `users`: who has nothing mounted waits for nobody whose server is away.
  private final Set<String> holders = ConcurrentHashMap.newKeySet();

  /// @param options of the volume of a name; empty for a plain directory
  VolumeMounts(EnginePaths paths, Function<String, Optional<VolumeOptions>> options) {
    this.paths = paths;
    this.options = options;
  }

  /// Has these volumes mounted until `user` releases what it uses; all of them, or none.
  void use(String user, Collection<String> volumes) {
    List<String> mounted =
        volumes.stream().filter(name -> options.apply(name).isPresent()).toList();
    if (mounted.isEmpty()) {
      return;
    }
    changing.lock();
    try {
      for (String name : mounted) {
        options.apply(name).ifPresent(of -> mount(name, of));
        add(user, name);
      }
    } catch (RuntimeException e) {
      release(user);
      throw e;
    } finally {
      changing.unlock();
    }
  }

  private void add(String user, String volume) {
    users.computeIfAbsent(volume, _ -> new HashSet<>()).add(user);
    holders.add(user);
  }

  /// Unmounts what nobody uses but `user`.
  void release(String user) {
    if (!holders.remove(user)) {
      return;
    }
    changing.lock();
    try {
      List<String> unused =
          users.entrySet().stream()
              .filter(entry -> entry.getValue().remove(user) && entry.getValue().isEmpty())
              .map(Map.Entry::getKey)
              .toList();
      for (String name : unused) {
        users.remove(name);
        unmount(name);
      }
    } finally {
      changing.unlock();
    }
  }

  /// After the engine was opened: `running` use their volumes, and nobody else does.
  void repair(Map<String, List<String>> running) {
    changing.lock();
    try {
      running.forEach(
          (user, volumes) ->
              volumes.stream()
                  .filter(name -> options.apply(name).isPresent())
                  .forEach(name -> add(user, name)));
    } finally {
      changing.unlock();
    }
  }

  /// Takes away what is mounted on a volume that nobody uses.
  void clear(String name) {
    changing.lock();
    try {
      if (!users.containsKey(name)) {
        unmount(name);
      }
    } finally {
      changing.unlock();
    }
  }

  private void unmount(String name) {
    Path directory = paths.volumeData(name);
    while (mounted(directory)) {
      Mounts.detach(directory.toString());
    }
  }

  private static boolean mounted(Path directory) {
    Path parent = directory.getParent();
    int flags = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY;
    try (OwnedFd above = At.openDirectory(Fd.CWD, String.valueOf(parent));
        OwnedFd _ =
            At.openat2(above, String.valueOf(directory.getFileName()), flags, 0, Resolve.NO_XDEV)) {
      return false;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      if (e.is(Errno.EXDEV)) {
        return true;
      }
      throw e;
    }
  }

  private void mount(String name, VolumeOptions of) {
    Path directory = paths.volumeData(name);
    if (mounted(directory)) {
      return;
    }
    try (OwnedFd mount = of.mount()) {
      Mounts.attach(mount, Fd.CWD, directory.toString());
    } catch (SyscallException e) {
      throw new EngineException(
          ErrorKind.INTERNAL,
          "error while mounting volume '%s': failed to mount local volume: mount %s:%s, type: %s, data: %s: %s"
              .formatted(directory, of.device(), directory, of.type(), of.shown(), e.getMessage()),
          e);
    }
  }
}
