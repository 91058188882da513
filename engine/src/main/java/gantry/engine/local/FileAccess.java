package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.Change;
import gantry.engine.container.ContainerView;
import gantry.engine.container.CopyInOptions;
import gantry.engine.container.PathStat;
import gantry.image.Accounts;
import gantry.image.tar.Compression;
import gantry.image.tar.Extractor;
import gantry.image.tar.TarException;
import gantry.image.tar.TarReader;
import gantry.image.tar.TarWriter;
import gantry.image.tar.TreeArchiver;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import gantry.linux.file.OpenFlags;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Files of containers, seen from outside: all paths are resolved by descriptor within the
/// container's root, whatever its links say.
final class FileAccess {
  /// What an image need not have, and every start makes: no change of the user's.
  private static final Set<String> MOUNT_POINTS =
      Set.of(
          "/dev",
          "/dev/console",
          "/dev/pts",
          "/dev/shm",
          "/etc/hostname",
          "/etc/hosts",
          "/etc/mtab",
          "/etc/resolv.conf",
          "/proc",
          "/sys");

  private final Rooms rooms;
  private final ContainerRoots roots;

  FileAccess(Rooms rooms) {
    this.rooms = rooms;
    this.roots = new ContainerRoots(rooms);
  }

  PathStat stat(Container container, String path) {
    try (ContainerRoots.Root root = roots.open(container)) {
      return stat(root.fd(), container, path);
    }
  }

  /// The last part is not followed; what a link leads to is said.
  private static PathStat stat(Fd root, Container container, String path) {
    checkGiven(path);
    try (OwnedFd file = openNoFollow(root, container, path)) {
      FileStat stat = At.stat(file);
      String target = "";
      if (stat.symlink()) {
        target = resolvedLink(path, At.readlink(file, ""));
      }
      String name = lastName(path);
      return new PathStat(name, stat.sizeBytes(), stat.mode(), stat.modified().toInstant(), target);
    }
  }

  private static String resolvedLink(String path, String target) {
    Path from = Path.of("/").resolve(path).normalize();
    Path parent = from.getParent();
    return (parent == null ? Path.of("/") : parent).resolve(target).normalize().toString();
  }

  private static String lastName(String path) {
    Path name = Path.of("/").resolve(path).normalize().getFileName();
    return name == null ? "/" : name.toString();
  }

  private static void checkGiven(String path) {
    if (path.isEmpty()) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, "bad parameter: path cannot be empty");
    }
  }

  private static OwnedFd openNoFollow(Fd root, Container container, String path) {
    boolean directory = path.endsWith("/") || path.endsWith("/.");
    int flags = OpenFlags.O_PATH | (directory ? OpenFlags.O_DIRECTORY : OpenFlags.O_NOFOLLOW);
    try {
      return At.openInRoot(root, absolute(path), flags);
    } catch (SyscallException e) {
      throw missing(container, path, e);
    }
  }

  private static String absolute(String path) {
    return path.startsWith("/") ? path : "/" + path;
  }

  private static EngineException missing(Container container, String path, SyscallException e) {
    return switch (e.errno()) {
      case ENOENT, ENOTDIR, ELOOP ->
          new EngineException(
              ErrorKind.NOT_FOUND,
              "Could not find the file %s in container %s".formatted(path, container.name()),
              e);
      default -> Failures.of("cannot open '" + path + "' in container " + container.name(), e);
    };
  }

  void copyOut(Container container, String path, Consumer<PathStat> ready, OutputStream out) {
    try (ContainerRoots.Root root = roots.open(container)) {
      PathStat stat = stat(root.fd(), container, path);
      ready.accept(stat);
      TarWriter tar = new TarWriter(out);
      TreeArchiver archiver = new TreeArchiver(tar, TreeArchiver.Content.FILES, root.maps());
      Path clean = Path.of(absolute(path)).normalize();
      boolean contents = path.endsWith("/.");
      Path name = clean.getFileName();
      if (contents || name == null) {
        try (OwnedFd directory =
            At.openInRoot(
                root.fd(), clean.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
          archiver.write(directory, ".", contents ? "." : "/");
        }
      } else {
        try (OwnedFd parent =
            At.openInRoot(
                root.fd(),
                String.valueOf(clean.getParent()),
                OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
          archiver.write(parent, name.toString(), name.toString());
        }
      }
      tar.finish();
    } catch (SyscallException e) {
      throw missing(container, path, e);
    }
    rooms.events().container(container.view(), "archive-path");
  }

  void copyIn(Container container, String path, InputStream tar, CopyInOptions options) {
    checkGiven(path);
    ContainerView view = container.view();
    try (ContainerRoots.Root root = roots.open(container);
        OwnedFd target = extractionPoint(root.fd(), container, path)) {
      checkWritable(view, root, target);
      Optional<Extractor.Owner> owner =
          options.ownedByUser() && !view.spec().program().user().isEmpty()
              ? Optional.of(owner(root.fd(), view))
              : Optional.empty();
      try (Extractor extractor =
          new Extractor(
              root.fd(),
              absolute(path),
              new Extractor.Options(false, options.keepKinds(), owner, root.maps()))) {
        Object _ = root.creating(() -> extractor.extract(TarReader.of(Compression.unpacked(tar))));
      }
    } catch (TarException e) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
    } catch (SyscallException e) {
      if (e.errno() == Errno.EROFS) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT, "mounted volume is marked read-only", e);
      }
      throw Failures.of("cannot copy into container " + container.name(), e);
    }
    rooms.events().container(view, "extract-to-dir");
  }

  private static OwnedFd extractionPoint(Fd root, Container container, String path) {
    try {
      return At.openInRoot(root, absolute(path), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENOTDIR) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT, "extraction point is not a directory", e);
      }
      throw missing(container, path, e);
    }
  }

  /// The root of a container that is to be read-only is writable by way of its own mount: by us.
  private static void checkWritable(ContainerView view, ContainerRoots.Root root, Fd target) {
    boolean onRoot = At.stat(root.fd()).mountId() == At.stat(target).mountId();
    if (onRoot && view.spec().isolation().readOnlyRootfs()) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, "container rootfs is marked read-only");
    }
  }

  private static Extractor.Owner owner(Fd root, ContainerView view) {
    Accounts.Account account = Launcher.account(root, view.spec().program().user(), List.of());
    return new Extractor.Owner(account.uid(), account.gid());
  }

  List<Change> changes(Container container) {
    return rooms.images().snapshots().changes(container.id).stream()
        .filter(
            change ->
                change.kind() != gantry.image.Change.Kind.ADDED
                    || !MOUNT_POINTS.contains(change.path()))
        .map(
            change ->
                new Change(
                    switch (change.kind()) {
                      case MODIFIED -> Change.Kind.MODIFIED;
                      case ADDED -> Change.Kind.ADDED;
                      case DELETED -> Change.Kind.DELETED;
                    },
                    change.path()))
        .toList();
  }

  void export(Container container, OutputStream out) {
    try (ContainerRoots.Root root = roots.open(container);
        OwnedFd directory = At.openDirectory(root.fd(), ".")) {
      TarWriter tar = new TarWriter(out);
      new TreeArchiver(tar, TreeArchiver.Content.ONE_MOUNT, root.maps()).writeContents(directory);
      tar.finish();
    } catch (SyscallException e) {
      throw Failures.of("cannot export container " + container.name(), e);
    }
    rooms.events().container(container.view(), "export");
  }
}
