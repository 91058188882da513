package gantry.image;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Adds up the lengths of the files in a tree, each once, that may change meanwhile. For one thread
/// and one tree.
public final class Usage {
  private final Set<Long> linked = new HashSet<>();
  private long sizeBytes;

  private Usage() {}

  /// Bytes of everything in a directory that is open for reading, all on one file system.
  public static long bytes(Fd dir) {
    Usage usage = new Usage();
    usage.add(dir);
    return usage.sizeBytes;
  }

  private void add(Fd dir) {
    for (DirectoryEntry entry : Directory.list(dir)) {
      Optional<FileStat> stat = At.statIfExists(dir, entry.name());
      stat.ifPresent(s -> add(dir, entry.name(), s));
    }
  }

  private void add(Fd dir, String name, FileStat stat) {
    if (stat.directory()) {
      try (OwnedFd below = At.openDirectory(dir, name)) {
        add(below);
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
          throw e; // else it went while it was looked at
        }
      }
    } else if (stat.links() < 2 || linked.add(stat.inode())) {
      sizeBytes += stat.sizeBytes();
    }
  }
}
