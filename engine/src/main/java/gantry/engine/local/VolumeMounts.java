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
///
/// A mount over the network may take for ever: it holds up those who want the same volume, by that
/// volume's lock, and nobody else.
final class VolumeMounts {
  /// Who uses a volume, guarded by the lock; kept, once made, for as long as the engine is open.
  private static final class Users {
    private final ReentrantLock changing = new ReentrantLock();
    private final Set<String> names = new HashSet<>();
  }

  private final EnginePaths paths;
  private final Function<String, Optional<VolumeOptions>> options;
  private final Map<String, Users> users = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> used = new ConcurrentHashMap<>(); // by user

  /// @param options of the volume of a name; empty for a plain directory
  VolumeMounts(EnginePaths paths, Function<String, Optional<VolumeOptions>> options) {
    this.paths = paths;
    this.options = options;
  }

  /// Has these volumes mounted until `user` releases what it uses; all of them, or none.
  void use(String user, Collection<String> volumes) {
    try {
      for (String name : volumes) {
        options.apply(name).ifPresent(of -> add(user, name, () -> mount(name, of)));
      }
    } catch (RuntimeException e) {
      release(user);
      throw e;
    }
  }

  private void add(String user, String name, Runnable mount) {
    Users all = users.computeIfAbsent(name, _ -> new Users());
    all.changing.lock();
    try {
      mount.run();
      all.names.add(user);
      used.computeIfAbsent(user, _ -> ConcurrentHashMap.newKeySet()).add(name);
    } finally {
      all.changing.unlock();
    }
  }

  /// Unmounts what nobody uses but `user`.
  void release(String user) {
    Set<String> volumes = used.remove(user);
    if (volumes != null) {
      volumes.forEach(name -> leave(user, name));
    }
  }

  private void leave(String user, String name) {
    Users all = users.computeIfAbsent(name, _ -> new Users());
    all.changing.lock();
    try {
      all.names.remove(user);
      if (all.names.isEmpty()) {
        unmount(name);
      }
    } finally {
      all.changing.unlock();
    }
  }

  /// After the engine was opened: `running` use their volumes, and nobody else does.
  void repair(Map<String, List<String>> running) {
    running.forEach(
        (user, volumes) ->
            volumes.stream()
                .filter(name -> options.apply(name).isPresent())
                .forEach(name -> add(user, name, () -> {})));
  }

  /// Takes away what is mounted on a volume, unless somebody uses it.
  void clear(String name) {
    if (users.containsKey(name)) {
      leave("", name);
    } else {
      unmount(name); // without an entry: a plain directory, or one that was never used
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
