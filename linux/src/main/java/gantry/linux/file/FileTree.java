package gantry.linux.file;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Whole trees of directories, by descriptor, made and removed although somebody hostile may have
/// filled them.
///
/// Removal: who could write into a tree can have nested it a million deep, or swap a directory for
/// a link while it is removed. So every step opens one component without following links or
/// crossing mounts, and nothing is ever done by a longer path. What lies deeper than [#DEPTH] is
/// first moved up to the top of the tree, which bounds the descriptors and the stack.
public final class FileTree {
  private static final int DEPTH = 48;
  private static final int LINKS = 40; // as the kernel's own limit, MAXSYMLINKS

  private FileTree() {}

  /// Removes `name`, one component, and everything beneath it; does nothing if it is not there.
  ///
  /// Never follows a link, and never leaves the mount that `dir` is on: a mount point fails with
  /// `EXDEV` before anything behind it is touched.
  public static void remove(Fd dir, String name) {
    if (name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("expected a name of one component, got '" + name + "'");
    }
    if (!removedAsFile(dir, name)) {
      removeDirectory(dir, name, Optional.empty());
    }
  }

  /// Removes everything beneath a directory that is open for reading, and leaves the directory.
  public static void removeContents(Fd dir) {
    empty(dir, new Top(dir), 0);
  }

  /// The directory whose tree is removed, with the number of the next directory moved up into it.
  private static final class Top {
    private final Fd dir;
    private int moved;

    Top(Fd dir) {
      this.dir = dir;
    }

    void take(Fd from, String name) {
      while (true) {
        try {
          At.renameNoReplace(from, name, dir, ".gantry-removed-" + moved++);
          return;
        } catch (SyscallException e) {
          if (!e.is(Errno.EEXIST)) {
            throw e;
          }
        }
      }
    }
  }

  private static void empty(Fd dir, Top top, int depth) {
    List<DirectoryEntry> entries = new ArrayList<>();
    boolean removed = true;
    while (removed) { // names may appear behind the position, so until a pass finds none
      removed = false;
      FileControl.seek(dir, 0);
      while (Directory.readSome(dir, entries)) {
        for (DirectoryEntry entry : entries) {
          removeEntry(dir, entry, top, depth);
        }
        removed |= !entries.isEmpty();
        entries.clear();
      }
    }
  }

  private static void removeEntry(Fd dir, DirectoryEntry entry, Top top, int depth) {
    if (entry.type() != FileType.DIRECTORY && removedAsFile(dir, entry.name())) {
      return;
    }
    if (depth < DEPTH) {
      removeDirectory(dir, entry.name(), Optional.of(new Nesting(top, depth + 1)));
    } else {
      top.take(dir, entry.name());
    }
  }

  private record Nesting(Top top, int depth) {}

  private static void removeDirectory(Fd parent, String name, Optional<Nesting> nesting) {
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    int resolve = Resolve.NO_XDEV | Resolve.NO_SYMLINKS;
    try (OwnedFd dir = At.openat2(parent, name, flags, 0, resolve)) {
      Nesting here = nesting.orElseGet(() -> new Nesting(new Top(dir), 0));
      empty(dir, here.top(), here.depth());
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
    At.rmdirIfExists(parent, name);
  }

  /// Whether `name` is gone, having been no directory; the kernel says `EISDIR` else.
  private static boolean removedAsFile(Fd dir, String name) {
    try {
      At.unlinkIfExists(dir, name);
      return true;
    } catch (SyscallException e) {
      if (!e.is(Errno.EISDIR)) {
        throw e;
      }
      return false;
    }
  }

  /// Makes the directories of `path` that are missing, with the permissions `mode` less the umask,
  /// and opens the last as `O_PATH`. The path is one inside of `root` as [At#openInRoot] sees it; a
  /// link to nowhere is followed and what it names is made, as a process inside of the root would
  /// have to.
  public static OwnedFd makeDirectories(Fd root, String path, int mode) {
    return makeDirectories(root, path, mode, made -> {});
  }

  /// As above; `made` is shown each directory that was missing, as `O_PATH`, parents first.
  public static OwnedFd makeDirectories(Fd root, String path, int mode, Consumer<Fd> made) {
    return new Maker(root, mode, made).make(path, LINKS);
  }

  private record Maker(Fd root, int mode, Consumer<Fd> made) {
    private OwnedFd make(String path, int links) {
      Optional<OwnedFd> there =
          At.openInRootIfExists(root, path.isEmpty() ? "/" : path, O_PATH | O_DIRECTORY);
      if (there.isPresent()) {
        return there.get();
      }
      String name = lastName(path);
      String parentPath = path.substring(0, path.lastIndexOf(name));
      try (OwnedFd parent = make(parentPath, links)) {
        if (name.equals(".") || name.equals("..")) {
          return At.openInRoot(root, path, O_PATH | O_DIRECTORY);
        }
        boolean missing = At.mkdirIfAbsent(parent, name, mode);
        if (!missing && At.stat(parent, name).symlink()) {
          return behindLink(parentPath, At.readlink(parent, name), links - 1);
        }
        OwnedFd directory = At.open(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        if (missing) {
          shown(directory);
        }
        return directory;
      }
    }

    private void shown(OwnedFd directory) {
      try {
        made.accept(directory);
      } catch (RuntimeException e) {
        directory.close();
        throw e;
      }
    }

    private OwnedFd behindLink(String parentPath, String target, int links) {
      if (links == 0) {
        throw new SyscallException("mkdirat", Errno.ELOOP, parentPath);
      }
      String path = target.startsWith("/") ? target : parentPath + "/" + target;
      return make(path, links);
    }
  }

  private static String lastName(String path) {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(path.lastIndexOf('/', end - 1) + 1, end);
  }
}
