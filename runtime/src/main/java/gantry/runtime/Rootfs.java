package gantry.runtime;

import gantry.linux.Fd;
import java.nio.file.Path;

/// Where a container's root file system is.
public sealed interface Rootfs {

  /// A detached mount (fsmount, open_tree), which becomes the container's root. Borrowed; the
  /// runtime attaches it, so it serves for one start.
  record Mounted(Fd mount) implements Rootfs {}

  /// A directory. Runtimes of others need one.
  record Directory(Path path) implements Rootfs {}
}
