package gantry.image.tar;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_EXCL;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_RDONLY;
import static gantry.linux.file.OpenFlags.O_WRONLY;

import gantry.image.tar.TarEntry.Kind;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileTree;
import gantry.linux.file.FileType;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Xattr;
import gantry.linux.process.IdMap;
import gantry.linux.process.IdMaps;
import gantry.oci.Digest.Algorithm;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes the files of an archive under a directory.
///
/// However the archive is made, and whatever somebody does in the directory meanwhile, nothing
/// outside of it is touched: a path is only ever walked by `openat2(RESOLVE_IN_ROOT)` from the
/// directory, and a file is made and changed by one name in its open parent. Links in the middle of
/// a path are followed as a process would whose root is the directory. `..` in a name is refused.
///
/// A file takes the place of what is there, a directory merges with a directory. Order of metadata:
/// owner, attributes, permissions, times; a directory's times come last of all.
///
/// For one thread and one archive.
public final class Extractor implements AutoCloseable {
  private static final String WHITEOUT = ".wh.";
  private static final String WHITEOUT_META = ".wh..wh.";
  private static final String OPAQUE_MARK = ".wh..wh..opq";
  private static final String OPAQUE = "trusted.overlay.opaque";
  private static final byte[] YES = "y".getBytes(StandardCharsets.US_ASCII);
  private static final int DIRECTORIES_MAX = 1 << 20;
  private static final int FILES_MAX = 10_000_000;

  /// How to go about it.
  ///
  /// @param layer the archive is a layer: `.wh.` names take files of lower layers away, and become
  ///   what overlayfs has for that
  /// @param keepKinds refuse to put a directory in the place of a file, or the reverse
  /// @param owner gives everything to this owner, rather than to the archive's
  /// @param maps those of the user namespace in which owners are meant
  public record Options(
      boolean layer, boolean keepKinds, Optional<Owner> owner, Optional<IdMaps> maps) {
    /// Owners are as the archive has them.
    public Options(boolean layer, boolean keepKinds, Optional<Owner> owner) {
      this(layer, keepKinds, owner, Optional.empty());
    }

    /// A layer of an image, for an overlay.
    public static final Options LAYER = new Options(true, false, Optional.empty());

    /// Plain files.
    public static final Options FILES = new Options(false, false, Optional.empty());
  }

  /// A user and a group by number.
  public record Owner(int uid, int gid) {}

  /// What was made.
  ///
  /// @param sizeBytes of all regular files
  /// @param impliedDirectories made because something in them was, though the archive does not have
  ///   them; parents before children
  /// @param rootImplied whether the archive says nothing of the directory itself
  public record Extracted(long sizeBytes, List<String> impliedDirectories, boolean rootImplied) {}

  /// Sees what is extracted, and may refuse it.
  public interface Watcher {
    /// An entry that comes next.
    ///
    /// @throws TarException if it must not be made: that ends the extraction
    void next(TarEntry entry);

    /// A regular file with all its content and metadata, still open.
    ///
    /// @param sha256 of its content; empty for a file with holes
    void written(Fd file, Optional<byte[]> sha256);
  }

  private record Times(String path, TimeSpec accessed, TimeSpec modified) {}

  private final Fd root;
  private final String base;
  private final Options options;
  private final ParentCache parents;
  private final List<Times> directoryTimes = new ArrayList<>();
  private final List<String> implied = new ArrayList<>();
  private boolean rootImplied = true;
  private long sizeBytes;
  private int files;
  private Optional<Watcher> watcher = Optional.empty();

  /// Extracts under the directory `root`, which stays the caller's.
  public Extractor(Fd root, Options options) {
    this(root, "", options);
  }

  /// Extracts into the directory `base` of `root`: links that are met on the way are followed as a
  /// process would whose root is `root`, so that one of them may lead out of `base`, but not out of
  /// `root`. The names of the archive themselves may not.
  ///
  /// @param base a path below the root: `/var/tmp`
  public Extractor(Fd root, String base, Options options) {
    this.root = root;
    this.base = EntryPath.normalized(base);
    this.options = options;
    this.parents = new ParentCache(root);
  }

  /// Shows `watcher` what is extracted from now on; contents are hashed for it on their way.
  public void watch(Watcher watcher) {
    this.watcher = Optional.of(watcher);
  }

  /// Reads the archive to its end.
  ///
  /// @throws TarException naming the entry that cannot be made, and why
  public Extracted extract(TarReader tar) {
    for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
      TarEntry entry = next.get();
      if (++files > FILES_MAX) {
        throw new TarException("'%s': more than %d entries".formatted(entry.name(), FILES_MAX));
      }
      watcher.ifPresent(w -> w.next(entry));
      try {
        place(entry, tar);
      } catch (SyscallException e) {
        throw failed(entry, e);
      }
    }
    setDirectoryTimes();
    return new Extracted(sizeBytes, List.copyOf(implied), rootImplied);
  }

  /// What is the archive's fault is said of the archive; a full disk is not.
  private static RuntimeException failed(TarEntry entry, SyscallException e) {
    return switch (e.errno()) {
      case ENOTDIR,
          ELOOP,
          ENAMETOOLONG,
          EISDIR,
          EXDEV,
          EFBIG,
          EINVAL,
          ENOENT,
          EMLINK,
          ERANGE,
          E2BIG ->
          new TarException("cannot extract '%s': %s".formatted(entry.name(), e.getMessage()), e);
      default -> e;
    };
  }

  private void place(TarEntry entry, TarReader tar) {
    String inside = EntryPath.normalized(entry.name());
    if (inside.isEmpty()) {
      placeRoot(entry);
      return;
    }
    String path = below(inside);
    String name = EntryPath.last(path);
    if (options.layer() && name.startsWith(WHITEOUT)) {
      whiteOut(EntryPath.parent(path), name, entry);
      return;
    }
    Fd parent = parent(EntryPath.parent(path));
    switch (entry.kind()) {
      case DIRECTORY -> placeDirectory(parent, path, name, entry);
      case FILE -> placeFile(parent, path, name, entry, tar);
      case HARD_LINK -> placeLink(parent, path, name, entry);
      case SYMBOLIC_LINK -> placeSymbolicLink(parent, path, name, entry);
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> placeNode(parent, path, name, entry);
    }
  }

  private String below(String inside) {
    return base.isEmpty() ? inside : base + "/" + inside;
  }

  private void placeRoot(TarEntry entry) {
    if (entry.kind() != Kind.DIRECTORY) {
      throw new TarException("'%s': the root must be a directory".formatted(entry.name()));
    }
    try (OwnedFd dir = At.openInRoot(root, "/" + base, O_RDONLY | O_DIRECTORY)) {
      setMetadata(dir, entry);
    }
    rootImplied = false;
    rememberTimes(base, entry);
  }

  private void placeDirectory(Fd parent, String path, String name, TarEntry entry) {
    boolean whiteout = false;
    if (!At.mkdirIfAbsent(parent, name, 0700)) {
      FileStat there = At.stat(parent, name);
      if (!there.directory()) {
        checkKinds(
            !options.keepKinds(),
            entry,
            "cannot overwrite non-directory '%s' with directory '%s'",
            path);
        whiteout = isWhiteout(there);
        At.unlink(parent, name);
        At.mkdir(parent, name, 0700);
      }
    }
    OwnedFd dir = At.openDirectory(parent, name);
    parents.put(path, dir);
    if (whiteout) {
      Xattr.set(dir, OPAQUE, YES); // what it replaces stays hidden
    }
    setMetadata(dir, entry);
    rememberTimes(path, entry);
  }

  private static void checkKinds(boolean allowed, TarEntry entry, String message, String path) {
    if (!allowed) {
      throw new TarException(message.formatted("/" + path, entry.name()));
    }
  }

  private void rememberTimes(String path, TarEntry entry) {
    if (directoryTimes.size() == DIRECTORIES_MAX) {
      throw new TarException(
          "'%s': more than %d directories".formatted(entry.name(), DIRECTORIES_MAX));
    }
    directoryTimes.add(
        new Times(path, entry.accessed().orElse(entry.modified()), entry.modified()));
  }

  private void placeFile(Fd parent, String path, String name, TarEntry entry, TarReader tar) {
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    try (OwnedFd file =
        making(parent, path, name, entry, () -> At.open(parent, name, flags, 0600))) {
      Optional<MessageDigest> hash =
          watcher.filter(w -> entry.data().isEmpty()).map(w -> Algorithm.SHA256.newHash());
      tar.copyTo(file, entry, hash);
      setMetadata(file, entry);
      At.utimes(file, "", entry.accessed().orElse(entry.modified()), entry.modified());
      watcher.ifPresent(w -> w.written(file, hash.map(MessageDigest::digest)));
    }
    sizeBytes += entry.sizeBytes();
  }

  private void placeLink(Fd parent, String path, String name, TarEntry entry) {
    String target = linkTarget(entry);
    if (target.equals(path)) {
      return; // to itself: it is there, or the next lines could not find it
    }
    Optional<OwnedFd> targetDir =
        At.openInRootIfExists(root, "/" + EntryPath.parent(target), O_PATH | O_DIRECTORY);
    try (OwnedFd dir = targetDir.orElseThrow(() -> missingTarget(entry))) {
      String targetName = EntryPath.last(target);
      FileStat there = At.statIfExists(dir, targetName).orElseThrow(() -> missingTarget(entry));
      if (there.directory()) {
        throw new TarException(
            "'%s': hard link to the directory '%s'".formatted(entry.name(), entry.linkName()));
      }
      making(
          parent,
          path,
          name,
          entry,
          () -> {
            At.link(dir, targetName, parent, name);
            return true;
          });
    }
  }

  private String linkTarget(TarEntry entry) {
    try {
      String target = EntryPath.normalized(entry.linkName());
      if (!target.isEmpty()) {
        return below(target);
      }
    } catch (TarException _) {
      // said below
    }
    throw new TarException(
        "invalid hardlink '%s' -> '%s': it leads out of the tree"
            .formatted(entry.name(), entry.linkName()));
  }

  private static TarException missingTarget(TarEntry entry) {
    return new TarException(
        "invalid hardlink '%s' -> '%s': no such file in the archive before it"
            .formatted(entry.name(), entry.linkName()));
  }

  private void placeSymbolicLink(Fd parent, String path, String name, TarEntry entry) {
    if (entry.linkName().isEmpty()) {
      throw new TarException("'%s': symbolic link to nothing".formatted(entry.name()));
    }
    making(
        parent,
        path,
        name,
        entry,
        () -> {
          At.symlink(entry.linkName(), parent, name);
          return true;
        });
    chown(parent, name, entry);
    setAttributes(parent, name, entry);
    At.utimes(parent, name, entry.accessed().orElse(entry.modified()), entry.modified());
  }

  private void placeNode(Fd parent, String path, String name, TarEntry entry) {
    FileType type =
        switch (entry.kind()) {
          case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
          case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
          default -> FileType.FIFO;
        };
    making(
        parent,
        path,
        name,
        entry,
        () -> {
          At.mknod(parent, name, type.bits() | 0600, entry.device());
          return true;
        });
    chown(parent, name, entry);
    setAttributes(parent, name, entry);
    try (OwnedFd node = At.open(parent, name, O_PATH | O_NOFOLLOW)) {
      if (!At.stat(node).symlink()) {
        At.chmod(node, entry.permissions());
      }
    }
    At.utimes(parent, name, entry.accessed().orElse(entry.modified()), entry.modified());
  }

  /// Makes a file that is no directory, after taking away what has its name.
  private <T> T making(
      Fd parent, String path, String name, TarEntry entry, java.util.function.Supplier<T> make) {
    try {
      return make.get();
    } catch (SyscallException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
    }
    if (At.stat(parent, name).directory()) {
      checkKinds(
          !options.keepKinds(),
          entry,
          "cannot overwrite directory '%s' with non-directory '%s'",
          path);
      parents.keepOnly(EntryPath.parent(path)); // paths may lead into it by way of links
      FileTree.remove(parent, name);
    } else {
      At.unlinkIfExists(parent, name);
    }
    return make.get();
  }

  private void setMetadata(Fd file, TarEntry entry) {
    chown(file, "", entry);
    setAttributes(file, "", entry);
    At.chmod(file, entry.permissions());
  }

  private void chown(Fd dir, String name, TarEntry entry) {
    Owner owner = options.owner().orElseGet(() -> new Owner(entry.uid(), entry.gid()));
    chown(dir, name, owner);
  }

  private void chown(Fd dir, String name, Owner owner) {
    At.chown(
        dir,
        name,
        outside(owner.uid(), options.maps().map(IdMaps::uids)),
        outside(owner.gid(), options.maps().map(IdMaps::gids)));
  }

  private static int outside(int id, Optional<IdMap> map) {
    return map.isEmpty()
        ? id
        : map.get()
            .outside(id)
            .orElseThrow(
                () ->
                    new TarException(
                        "owner %d has no place in the container's user namespace".formatted(id)));
  }

  /// Overlayfs's own attributes are not an archive's to set: they could point a layer at other
  /// files.
  private static void setAttributes(Fd dir, String name, TarEntry entry) {
    if (entry.attributes().isEmpty()) {
      return;
    }
    entry
        .attributes()
        .forEach(
            (attribute, value) -> {
              if (!attribute.startsWith("trusted.overlay.")
                  && !attribute.startsWith("user.overlay.")) {
                setAttribute(dir, name, attribute, value);
              }
            });
  }

  private static void setAttribute(Fd dir, String name, String attribute, byte[] value) {
    try {
      Xattr.set(dir, name, attribute, value);
    } catch (SyscallException e) {
      boolean unsupported = e.is(Errno.EOPNOTSUPP) || e.is(Errno.EPERM);
      if (!unsupported || attribute.startsWith("security.capability")) {
        throw e; // what the file system or the kind of file cannot hold is left out
      }
    }
  }

  private static boolean isWhiteout(FileStat file) {
    return file.type() == FileType.CHARACTER_DEVICE
        && file.special().major() == 0
        && file.special().minor() == 0;
  }

  private void whiteOut(String parentPath, String name, TarEntry entry) {
    if (name.equals(OPAQUE_MARK)) {
      parent(parentPath);
      try (OwnedFd dir = At.openInRoot(root, "/" + parentPath, O_RDONLY | O_DIRECTORY)) {
        Xattr.set(dir, OPAQUE, YES);
      }
      return;
    }
    if (name.startsWith(WHITEOUT_META)) {
      return; // bookkeeping of AUFS
    }
    String hidden = name.substring(WHITEOUT.length());
    if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
      throw new TarException("'%s': whiteout of nothing".formatted(entry.name()));
    }
    Fd parent = parent(parentPath);
    Optional<FileStat> there = At.statIfExists(parent, hidden);
    if (there.isEmpty()) {
      At.mknod(parent, hidden, FileType.CHARACTER_DEVICE.bits(), new DeviceNumber(0, 0));
    } else if (there.get().directory()) { // of this layer: it hides those below, not their files
      try (OwnedFd dir = At.openDirectory(parent, hidden)) {
        Xattr.set(dir, OPAQUE, YES);
      }
    }
  }

  /// The open directory that entries of `path` go into; what is missing of it is made.
  private Fd parent(String path) {
    if (path.isEmpty()) {
      return root;
    }
    Fd cached = parents.get(path);
    if (cached != null) {
      return cached;
    }
    Optional<OwnedFd> there = open(path);
    OwnedFd dir = there.isPresent() ? there.get() : makeImplied(path);
    parents.put(path, dir);
    return dir;
  }

  private Optional<OwnedFd> open(String path) {
    try {
      return At.openInRootIfExists(root, "/" + path, O_PATH | O_DIRECTORY);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOTDIR) && options.layer()) {
        return Optional.empty(); // perhaps a whiteout that a directory now replaces
      }
      throw e;
    }
  }

  private OwnedFd makeImplied(String path) {
    if (implied.size() == DIRECTORIES_MAX) {
      throw new TarException("'%s': more than %d directories".formatted(path, DIRECTORIES_MAX));
    }
    Fd parent = parent(EntryPath.parent(path));
    String name = EntryPath.last(path);
    boolean whiteout = false;
    if (!At.mkdirIfAbsent(parent, name, 0755)) {
      whiteout = isWhiteout(At.stat(parent, name));
      if (!whiteout) {
        throw new SyscallException("openat2", Errno.ENOTDIR, path);
      }
      At.unlink(parent, name);
      At.mkdir(parent, name, 0755);
    }
    OwnedFd dir = At.openDirectory(parent, name);
    At.chmod(dir, 0755); // whatever the umask is
    if (whiteout) {
      Xattr.set(dir, OPAQUE, YES);
    }
    options.owner().ifPresent(owner -> chown(dir, "", owner));
    implied.add(path);
    return dir;
  }

  private void setDirectoryTimes() {
    for (Times times : directoryTimes.reversed()) {
      try (OwnedFd dir =
          At.openInRoot(root, "/" + times.path(), O_PATH | O_DIRECTORY | nofollow(times))) {
        At.utimes(dir, "", times.accessed(), times.modified());
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
          throw e; // a later entry took the directory's place
        }
      }
    }
  }

  /// The base itself may be reached by a link, a directory of the archive took a link's place.
  private int nofollow(Times times) {
    return times.path().equals(base) ? 0 : O_NOFOLLOW;
  }

  /// Lets go of the directories that it keeps open.
  @Override
  public void close() {
    parents.clear();
  }
}
