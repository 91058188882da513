package gantry.engine.local;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes what nobody needs any more. What cannot be removed now is removed at the next opening.
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  private Leftovers() {}

  /// Removes a directory with all it holds; harmless when it is not there.
  static void removeDirectory(Path directory) {
    try (OwnedFd parent = At.openDirectory(Fd.CWD, String.valueOf(directory.getParent()))) {
      FileTree.remove(parent, String.valueOf(directory.getFileName()));
    } catch (SyscallException e) {
      if (e.errno() != Errno.ENOENT) {
        LOG.warn(
            "cannot remove {}: {}; it is tried again at the next start", directory, e.getMessage());
      }
    }
  }
}
