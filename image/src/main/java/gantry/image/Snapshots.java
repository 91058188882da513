package gantry.image;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileTree;
import gantry.linux.mount.Depth;
import gantry.linux.mount.MountChange;
import gantry.linux.mount.MountFlags;
import gantry.linux.mount.Mounts;
import gantry.linux.mount.OverlayMount;
import gantry.linux.mount.Propagation;
import gantry.linux.process.IdMaps;
import gantry.linux.process.NamespaceThread;
import gantry.oci.Digest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Snapshots: *committed* ones are layers, unpacked once and never changed; *active* ones are
/// writable and stand on a stack of committed ones, one for each container, by a key of the
/// caller's (the container's id).
///
/// An active snapshot is mounted as an overlay that appears nowhere: a detached mount, as a
/// descriptor. It keeps the layers it stands on, whatever becomes of the image. Thread-safe; calls
/// on the same key are the caller's to order.
///
/// ```
/// snapshots/<name>/fs             a layer, as the database says
/// snapshots/active/<key>/upper    what the container changed
/// snapshots/active/<key>/work     overlayfs's own
/// snapshots/active/<key>/brief-work the same for mounts that are never synced, once there was one
/// snapshots/active/<key>/stack    a symbolic link whose text is the chain ID: no write to the database
///                                 on the way of a container's creation. Made last, so that a snapshot
///                                 without it was never finished
/// snapshots/empty                 the lowest layer of an image without any
/// ```
public final class Snapshots implements AutoCloseable {
  private static final String BRIEF_WORK = "brief-work";
  private static final String NO_LAYERS = "-";

  private final OwnedFd directory;
  private final OwnedFd activeDirectory;
  private final Trash trash;
  private final ReentrantLock lock;
  private final Supplier<Catalog> catalog;
  private final Runnable unused;
  private final Map<String, Optional<Digest>> active = new ConcurrentHashMap<>();

  private Snapshots(
      OwnedFd directory,
      OwnedFd activeDirectory,
      Trash trash,
      ReentrantLock lock,
      Supplier<Catalog> catalog,
      Runnable unused) {
    this.directory = directory;
    this.activeDirectory = activeDirectory;
    this.trash = trash;
    this.lock = lock;
    this.catalog = catalog;
    this.unused = unused;
  }

  /// Opens the snapshots of a data root, and clears away active ones that were not finished.
  ///
  /// @param lock under which layers are collected
  /// @param unused hears that the last snapshot on a stack was removed whose image is gone
  static Snapshots open(
      Fd dataRoot, Trash trash, ReentrantLock lock, Supplier<Catalog> catalog, Runnable unused) {
    At.mkdirIfAbsent(dataRoot, "snapshots", 0710);
    OwnedFd directory = At.openDirectory(dataRoot, "snapshots");
    At.mkdirIfAbsent(directory, "active", 0710);
    At.mkdirIfAbsent(directory, "empty", 0755);
    Snapshots snapshots =
        new Snapshots(
            directory, At.openDirectory(directory, "active"), trash, lock, catalog, unused);
    snapshots.readActive();
    return snapshots;
  }

  private void readActive() {
    try (OwnedFd listed = At.open(activeDirectory, ".", O_RDONLY | O_DIRECTORY)) {
      for (DirectoryEntry entry : Directory.list(listed)) {
        Optional<String> stack = readStack(entry.name());
        if (stack.isPresent()) {
          String text = stack.get();
          active.put(
              entry.name(),
              text.equals(NO_LAYERS) ? Optional.empty() : Optional.of(Digest.parse(text)));
        } else {
          trash.take(activeDirectory, entry.name());
        }
      }
    }
  }

  private Optional<String> readStack(String key) {
    try {
      return Optional.of(At.readlink(activeDirectory, key + "/stack"));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.EINVAL)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// Removes directories of layers that the catalog does not know: left of an unfinished load.
  void removeUnknown() {
    Set<String> known = new java.util.HashSet<>(Set.of("active", "empty"));
    catalog.get().layers().values().forEach(layer -> known.add(layer.directory()));
    try (OwnedFd listed = At.open(directory, ".", O_RDONLY | O_DIRECTORY)) {
      for (DirectoryEntry entry : Directory.list(listed)) {
        if (!known.contains(entry.name())) {
          trash.take(directory, entry.name());
        }
      }
    }
  }

  Fd directory() {
    return directory;
  }

  /// The stacks that active snapshots stand on.
  Collection<Digest> stacks() {
    return active.values().stream().flatMap(Optional::stream).toList();
  }

  /// Makes an active snapshot on top of an image. Nothing is synced. If one of that key exists on
  /// the same stack, it is left as it is.
  ///
  /// @throws ImageException `NOT_FOUND` when the image was removed meanwhile
  public void prepare(String key, Image image) {
    checkKey(key);
    Optional<Digest> stack = image.chainId();
    lock.lock();
    try {
      if (stack.equals(active.get(key))) {
        return;
      }
      if (stack.isPresent() && !catalog.get().layers().containsKey(stack.get())) {
        throw new ImageException(ImageException.Kind.NOT_FOUND, "No such image: " + image.id());
      }
      active.put(key, stack);
    } finally {
      lock.unlock();
    }
    try {
      make(key, stack);
    } catch (SyscallException e) {
      remove(key);
      throw Failures.of("cannot make the files of container " + shortKey(key), e);
    }
  }

  private static void checkKey(String key) {
    if (key.isEmpty() || key.startsWith(".") || key.indexOf('/') >= 0) {
      throw new IllegalArgumentException("no key of a snapshot: '" + key + "'");
    }
  }

  private static String shortKey(String key) {
    return key.substring(0, Math.min(12, key.length()));
  }

  private void make(String key, Optional<Digest> stack) {
    if (!At.mkdirIfAbsent(activeDirectory, key, 0710)) {
      trash.take(activeDirectory, key); // of another stack
      At.mkdir(activeDirectory, key, 0710);
    }
    At.mkdir(activeDirectory, key + "/upper", 0755);
    At.mkdir(activeDirectory, key + "/work", 0700);
    inheritRoot(key + "/upper", stack);
    At.symlink(stack.map(Digest::toString).orElse(NO_LAYERS), activeDirectory, key + "/stack");
  }

  /// The upper directory's own owner and permissions are those of the container's `/`.
  private void inheritRoot(String upper, Optional<Digest> stack) {
    FileStat root =
        stack
            .map(chain -> catalog.get().layers().get(chain))
            .map(layer -> At.stat(directory, layer.directory() + "/fs"))
            .orElseGet(() -> At.stat(directory, "empty"));
    if (root.uid() != 0 || root.gid() != 0) {
      At.chown(activeDirectory, upper, root.uid(), root.gid());
    }
    At.chmod(activeDirectory, upper, root.permissions());
  }

  /// Whether there is an active snapshot of that key.
  public boolean exists(String key) {
    return active.containsKey(key);
  }

  /// The keys of all active snapshots.
  public Set<String> keys() {
    return Set.copyOf(active.keySet());
  }

  /// Removes an active snapshot, if it is there. Its name is gone when this returns, its files go
  /// in the background.
  public void remove(String key) {
    checkKey(key);
    trash.take(activeDirectory, key);
    Optional<Digest> stack = active.remove(key);
    if (stack != null && stack.isPresent() && !imageHas(stack)) {
      unused.run();
    }
  }

  private boolean imageHas(Optional<Digest> stack) {
    return catalog.get().images().values().stream().anyMatch(i -> i.chainId().equals(stack));
  }

  /// The snapshot's files as a detached overlay mount; the caller owns it. Two at the same time of
  /// one snapshot are not allowed by the kernel's rules: hold one, and open what is needed through
  /// it.
  public OwnedFd mount(String key) {
    return mount(key, "work", UnaryOperator.identity());
  }

  /// As [#mount], for a container in a user namespace: who is root there is root in the files,
  /// whose owners on the disk are those of inside. Layers are shared with all other containers.
  public OwnedFd mount(String key, Mapping mapping) {
    try {
      return mapped(
          mapping, snapshots -> overlay(snapshots, key, "work", UnaryOperator.identity()));
    } catch (SyscallException e) {
      throw Failures.of("cannot mount the files of container " + shortKey(key), e);
    }
  }

  /// A user namespace.
  ///
  /// @param namespace stays the caller's
  /// @param maps what it maps
  public record Mapping(Fd namespace, IdMaps maps) {}

  /// Mounts with a copy of our directory in which ids are mapped. The kernel stacks what is mounted
  /// in the caller's namespace, so the copy is, in one of the thread's own. Overlayfs creates its
  /// whiteouts as who mounts it, who must be somebody in the mapping.
  private OwnedFd mapped(Mapping mapping, Function<Fd, OwnedFd> mount) {
    return NamespaceThread.apartOwning(
        mapping.maps.rootUid(),
        mapping.maps.rootGid(),
        () -> {
          Mounts.change(Fd.CWD, "/", Depth.TREE, MountChange.propagating(Propagation.PRIVATE));
          String place = At.readlink(Fd.CWD, directory.procPath());
          try (OwnedFd copy = Mounts.copy(Fd.CWD, place, Depth.ONE)) {
            Mounts.change(copy, Depth.ONE, MountChange.mapping(mapping.namespace));
            Mounts.attach(copy, Fd.CWD, place);
            return mount.apply(copy);
          }
        });
  }

  /// As [#mount], for us to look at files of a container that does not run, or to change some.
  ///
  /// The end of an ordinary overlay waits until all of the disk below it is synced, whoever wrote
  /// that; this one's does not, and what was written goes to the disk when the kernel sees fit. The
  /// mark by which overlayfs knows such a mount again, and refuses another one, stays in a work
  /// directory that is made anew each time.
  public OwnedFd mountBriefly(String key) {
    stackOf(key);
    try (OwnedFd snapshot = At.openDirectory(activeDirectory, key)) {
      if (!At.mkdirIfAbsent(snapshot, BRIEF_WORK, 0700)) {
        FileTree.remove(snapshot, BRIEF_WORK);
        At.mkdir(snapshot, BRIEF_WORK, 0700);
      }
    } catch (SyscallException e) {
      throw Failures.of("cannot mount the files of container " + shortKey(key), e);
    }
    return mount(key, BRIEF_WORK, OverlayMount::forgetful);
  }

  private OwnedFd mount(String key, String workDirectory, UnaryOperator<OverlayMount> options) {
    try {
      return overlay(directory, key, workDirectory, options);
    } catch (SyscallException e) {
      throw Failures.of("cannot mount the files of container " + shortKey(key), e);
    }
  }

  private OwnedFd overlay(
      Fd snapshots, String key, String workDirectory, UnaryOperator<OverlayMount> options) {
    Optional<Digest> stack = stackOf(key);
    String own = "active/" + key + "/";
    try (Opened opened = new Opened();
        OwnedFd upper = At.open(snapshots, own + "upper", O_PATH | O_DIRECTORY);
        OwnedFd work = At.open(snapshots, own + workDirectory, O_PATH | O_DIRECTORY)) {
      OverlayMount overlay = overlay(snapshots, opened, stack, stack.isEmpty()).upper(upper, work);
      return options.apply(overlay).mount(0);
    }
  }

  /// The files of an image, read-only, as a detached mount; the caller owns it.
  public OwnedFd view(Image image) {
    return view(image.chainId());
  }

  OwnedFd view(Optional<Digest> stack) {
    try {
      return view(directory, stack);
    } catch (SyscallException e) {
      throw Failures.of("cannot mount the files of an image", e);
    }
  }

  /// As [#view], for a container in a user namespace.
  public OwnedFd view(Image image, Mapping mapping) {
    try {
      return mapped(mapping, snapshots -> view(snapshots, image.chainId()));
    } catch (SyscallException e) {
      throw Failures.of("cannot mount the files of an image", e);
    }
  }

  private OwnedFd view(Fd snapshots, Optional<Digest> stack) {
    try (Opened opened = new Opened()) {
      if (stack.isEmpty()) {
        OwnedFd empty = Mounts.copy(snapshots, "empty", Depth.ONE);
        Mounts.change(empty, Depth.ONE, MountChange.setting(MountFlags.RDONLY));
        return empty;
      }
      return overlay(snapshots, opened, stack, true).mount(MountFlags.RDONLY);
    }
  }

  private static final class Opened implements AutoCloseable {
    private final List<OwnedFd> all = new ArrayList<>();

    OwnedFd add(OwnedFd fd) {
      all.add(fd);
      return fd;
    }

    @Override
    public void close() {
      all.forEach(OwnedFd::close);
    }
  }

  /// The options are those that keep an overlay simple: no file of it refers to another by way of
  /// attributes.
  ///
  /// @param withEmpty adds an empty lowest layer: one lower directory alone cannot be mounted
  ///   without an upper
  private OverlayMount overlay(
      Fd snapshots, Opened opened, Optional<Digest> stack, boolean withEmpty) {
    OverlayMount overlay = new OverlayMount();
    for (StoredLayer layer : catalog.get().stack(stack)) {
      overlay.lower(
          opened.add(At.open(snapshots, layer.directory() + "/fs", O_PATH | O_DIRECTORY)));
    }
    if (withEmpty) {
      overlay.lower(opened.add(At.open(snapshots, "empty", O_PATH | O_DIRECTORY)));
    }
    return overlay
        .option("index", "off")
        .option("metacopy", "off")
        .option("redirect_dir", "nofollow");
  }

  Optional<Digest> stackOf(String key) {
    Optional<Digest> stack = active.get(key);
    if (stack == null) {
      throw new ImageException(
          ImageException.Kind.NOT_FOUND, "container " + shortKey(key) + " has no files");
    }
    return stack;
  }

  /// What differs from the image, in order of path, parents before children.
  public List<Change> changes(String key) {
    Optional<Digest> stack = stackOf(key);
    try (OwnedFd upper = openUpper(key);
        OwnedFd lower = view(stack)) {
      return new UpperDifference(upper, lower).changes();
    } catch (SyscallException e) {
      throw Failures.of("cannot compare the files of container " + shortKey(key), e);
    }
  }

  /// What a container changed, as overlayfs keeps it; the caller owns it.
  OwnedFd openUpper(String key) {
    return At.open(activeDirectory, key + "/upper", O_RDONLY | O_DIRECTORY);
  }

  /// Moves what was changed away, to `<name>/fs`, and lets the snapshot go on without; returns that
  /// name, of which nobody knows.
  String takeUpper(String key) {
    String name = Names.random();
    At.mkdir(directory, name, 0700);
    At.rename(activeDirectory, key + "/upper", directory, name + "/fs");
    At.mkdir(activeDirectory, key + "/upper", 0755);
    inheritRoot(key + "/upper", stackOf(key));
    return name;
  }

  /// Bytes of the files that the snapshot itself holds: each file once, however many names it has.
  public long usageBytes(String key) {
    stackOf(key);
    try (OwnedFd upper = openUpper(key)) {
      return Usage.bytes(upper);
    } catch (SyscallException e) {
      throw Failures.of("cannot measure the files of container " + shortKey(key), e);
    }
  }

  @Override
  public void close() {
    activeDirectory.close();
    directory.close();
  }
}
