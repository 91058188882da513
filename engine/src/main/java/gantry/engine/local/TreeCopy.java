package gantry.engine.local;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Transfer;

/// Copies a directory's content into another directory: files, links, device nodes, with owners,
/// permissions and times. Names are only ever resolved one at a time under open directories.
final class TreeCopy {
  private TreeCopy() {}

  /// Copies what is in `from` into `to`, and gives `to` the owner and permissions of `from`.
  static void copy(Fd from, Fd to) {
    for (DirectoryEntry entry : Directory.list(from)) {
      copyEntry(from, entry.name(), to);
    }
    FileStat stat = At.stat(from);
    At.chown(to, ".", stat.uid(), stat.gid());
    At.chmod(to, stat.permissions());
    At.utimes(to, ".", stat.accessed(), stat.modified());
  }

  private static void copyEntry(Fd from, String name, Fd to) {
    FileStat stat = At.stat(from, name);
    switch (stat.type()) {
      case DIRECTORY -> {
        At.mkdir(to, name, 0700);
        try (OwnedFd source =
                At.open(
                    from, name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW);
            OwnedFd target =
                At.open(
                    to, name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW)) {
          copy(source, target);
        }
        return;
      }
      case REGULAR -> copyFile(from, name, to, stat);
      case SYMLINK -> At.symlink(At.readlink(from, name), to, name);
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> At.mknod(to, name, stat.mode(), stat.special());
      case SOCKET, UNKNOWN -> {
        return; // nobody can listen on a copied socket
      }
    }
    At.chown(to, name, stat.uid(), stat.gid());
    if (!stat.symlink()) {
      At.chmod(to, name, stat.permissions()); // after chown, which takes set-user-ID away
    }
    At.utimes(to, name, stat.accessed(), stat.modified());
  }

  private static void copyFile(Fd from, String name, Fd to, FileStat stat) {
    try (OwnedFd source = At.open(from, name, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW);
        OwnedFd target =
            At.open(to, name, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0600)) {
      long _ = Transfer.copy(source, target, stat.sizeBytes());
    }
  }
}
