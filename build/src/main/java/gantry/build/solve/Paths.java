package gantry.build.solve;

import gantry.image.tar.Extractor.Owner;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import java.nio.file.Path;
import java.util.Optional;

/// Paths of a stage: made absolute, and made to exist.
final class Paths {
  private Paths() {}

  /// `path` in the directory that a stage works in.
  static String resolve(String workingDirectory, String path) {
    Path base = Path.of(workingDirectory.isEmpty() ? "/" : workingDirectory);
    return Path.of("/").resolve(base).resolve(path).normalize().toString();
  }

  /// Makes what is missing of a directory; links in the path are followed within `root`.
  static void makeDirectories(Fd root, String path, Owner owner) {
    StringBuilder done = new StringBuilder("/");
    OwnedFd at = At.openInRoot(root, "/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
    try {
      for (String name : path.split("/", -1)) {
        if (name.isEmpty()) {
          continue;
        }
        done.append(name);
        OwnedFd next = directory(root, at, done.toString(), name, owner);
        at.close();
        at = next;
        done.append('/');
      }
    } finally {
      at.close();
    }
  }

  private static OwnedFd directory(Fd root, Fd parent, String path, String name, Owner owner) {
    Optional<OwnedFd> there =
        At.openInRootIfExists(root, path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
    if (there.isPresent()) {
      return there.get();
    }
    At.mkdir(parent, name, 0755);
    OwnedFd made = At.openDirectory(parent, name);
    At.chown(made, "", owner.uid(), owner.gid());
    return made;
  }
}
