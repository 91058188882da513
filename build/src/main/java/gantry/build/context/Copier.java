package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_PATH;

import gantry.build.BuildException;
import gantry.build.context.Selection.Item;
import gantry.image.tar.Extractor.Owner;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileTree;
import gantry.linux.file.TimeSpec;
import java.util.Optional;
import java.util.OptionalInt;

/// Puts files of a [Selection] into the files of an image, as COPY and ADD do.
///
/// ```java
/// try (OwnedFd root = …) { // of the step's snapshot, or an empty directory for --link
///   new Copier(root, CopyOptions.PLAIN).copy(selection, "/app/");
/// }
/// ```
///
/// - A source that is a directory gives its contents; the destination is made if it is not there,
///   and gets the directory's time, not its owner or permissions.
/// - A source that is a file goes into a destination that is a directory or ends with a slash, else
///   takes its name. Of several that take one name the last stays.
/// - Directories that are missing on the way are made with 0755, or as `--chmod` says in octal, for
///   root or as `--chown` says.
/// - Links in the destination are followed within the root, also to where nothing is yet; those
///   that a copied directory meets are in the way if they stand for one of its directories, and are
///   replaced if they stand for one of its files.
/// - A directory merges with one that is there, whose owner and permissions change if it is not the
///   destination itself. A file replaces a file. Neither replaces the other.
/// - Hard links within one source stay such; holes stay holes.
///
/// A file that is not what it was when it was selected ends the copying, with
/// [BuildException.Kind#CHANGED]. What is copied till then stays.
///
/// For one thread. Source: BuildKit's behaviour, as of Docker 28.5.
public final class Copier {
  private static final int MODE = 0755;
  private static final int LINKS_MAX = 40; // as the kernel's own, MAXSYMLINKS

  private final Fd root;
  private final CopyOptions options;

  /// Copies below `root`, a directory that nobody else writes to meanwhile; it stays the caller's.
  public Copier(Fd root, CopyOptions options) {
    this.root = root;
    this.options = options;
  }

  /// Copies everything, in the order of the sources.
  ///
  /// @param destination absolute, and with a slash at the end if it is to be a directory; `..` does
  ///   not lead out of the root
  /// @throws BuildException `INVALID` if the destination is in the way; `CHANGED` as above
  public void copy(Selection selection, String destination) {
    String path = cleaned(destination);
    for (Item item : selection.items()) {
      try {
        copy(selection.tree(), item, path);
      } catch (SyscallException e) {
        throw failed(item, path, e);
      }
    }
  }

  private static RuntimeException failed(Item item, String destination, SyscallException e) {
    return e.is(Errno.ENOTDIR)
        ? BuildException.invalid("mkdir %s: not a directory".formatted(destination))
        : new BuildException(
            e.is(Errno.ELOOP) || e.is(Errno.ENAMETOOLONG)
                ? BuildException.Kind.INVALID
                : BuildException.Kind.INTERNAL,
            "cannot copy '%s' to '%s': %s"
                .formatted(SourceTree.shown(item.node().path()), destination, e.getMessage()),
            e);
  }

  /// With `..` taken away before any link is followed, as Docker does; a slash at the end stays,
  /// and a dot there is one.
  private static String cleaned(String destination) {
    boolean directory =
        destination.isEmpty() || destination.endsWith("/") || destination.endsWith("/.");
    String path = TreePath.clean(destination);
    return directory && !path.isEmpty() ? "/" + path + "/" : "/" + path;
  }

  private void copy(SourceTree tree, Item item, String destination) {
    if (options.archives() == CopyOptions.Archives.UNPACKED && item.node().stat().regular()) {
      Optional<ArchiveSource> archive = ArchiveSource.recognise(tree, item.node());
      if (archive.isPresent()) {
        try (ArchiveSource source = archive.get()) {
          unpack(source, destination);
        }
        return;
      }
    }
    if (item.directory()) {
      copyContents(tree, item, destination);
    } else {
      copyFile(tree, item, destination);
    }
  }

  private void unpack(ArchiveSource archive, String destination) {
    // the mode is not for archives, nor for the directory they come into
    makeDirectories(destination, OptionalInt.empty()).close();
    archive.unpack(root, destination, options.owner());
  }

  private void copyContents(SourceTree tree, Item item, String destination) {
    makeDirectories(TreePath.parent(destination), octal()).close();
    checkNoFile(destination);
    try (OwnedFd target = makeDirectories(destination, octal());
        EntryCopier copier = new EntryCopier(tree, target, destination, options)) {
      item.entries().forEach(copier::copy);
      copier.finish();
      TimeSpec time = options.time(item.node().stat().modified());
      At.utimes(target, "", time, time);
    }
  }

  private void checkNoFile(String destination) {
    try (OwnedFd there = At.openInRootIfExists(root, destination, O_PATH).orElse(null)) {
      if (there != null && !At.stat(there).directory()) {
        throw BuildException.invalid("cannot copy to non-directory: " + destination);
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOTDIR)) {
        throw e;
      }
      throw BuildException.invalid(
          "cannot copy to non-directory: " + destination.replaceAll("/$", ""));
    }
  }

  private void copyFile(SourceTree tree, Item item, String destination) {
    if (destination.endsWith("/")) {
      makeDirectories(destination, octal()).close();
    }
    try (Place place = place(destination, item.name());
        EntryCopier copier = new EntryCopier(tree, place.directory(), place.path(), options)) {
      copier.copyAs(place.name(), item.node());
    }
  }

  /// A name in an open directory, which has this path.
  private record Place(OwnedFd directory, String path, String name) implements AutoCloseable {
    @Override
    public void close() {
      directory.close();
    }
  }

  /// Where a file goes: into the directory that the path leads to, or to the end of the links that
  /// begin there.
  private Place place(String destination, String name) {
    String path = destination;
    for (int i = 0; i < LINKS_MAX; i++) {
      Optional<OwnedFd> directory = directory(path);
      if (directory.isPresent()) {
        return new Place(directory.get(), path, name);
      }
      String last = TreePath.name(path);
      String parentPath = TreePath.parent(path);
      OwnedFd parent = makeDirectories(parentPath, octal());
      Optional<FileStat> there = At.statIfExists(parent, last);
      if (there.isEmpty() || !there.get().symlink()) {
        return new Place(parent, parentPath, last);
      }
      try (parent) {
        String target = At.readlink(parent, last);
        path = withoutSlash(target.startsWith("/") ? target : parentPath + "/" + target);
      }
    }
    throw new SyscallException("openat2", Errno.ELOOP, destination);
  }

  private static String withoutSlash(String path) {
    int end = path.length();
    while (end > 1 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  private Optional<OwnedFd> directory(String path) {
    try {
      return At.openInRootIfExists(root, path, O_PATH | O_DIRECTORY);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private OptionalInt octal() {
    return options.mode().map(ModeChange::absolute).orElse(OptionalInt.empty());
  }

  private OwnedFd makeDirectories(String path, OptionalInt mode) {
    return FileTree.makeDirectories(root, path, MODE, made -> finishMade(made, mode));
  }

  private void finishMade(Fd made, OptionalInt mode) {
    Owner owner = options.owner().orElse(EntryCopier.ROOT);
    At.chown(made, "", owner.uid(), owner.gid());
    At.chmod(made, mode.orElse(MODE)); // whatever the umask is
  }
}
