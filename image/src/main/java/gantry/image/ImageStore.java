package gantry.image;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileControl;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.History;
import gantry.oci.Platform;
import gantry.oci.Reference;
import gantry.state.Database;
import gantry.state.StateException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The images of a data root: in `blobs/` what they consist of, in `snapshots/` their layers
/// unpacked, in the database what they are called.
///
/// Answers from memory; what it changes is on the disk when the call returns. Thread-safe. Every
/// failure is an [ImageException] in Docker's words where its clients match them.
///
/// All that is known is one immutable [Catalog]. A change is made under the one lock: a new
/// catalog, a durable transaction that writes the difference, then the new one is published, then
/// what nothing needs any more is thrown away. Long work (a load) happens outside of the lock; what
/// it relies on it pins.
///
/// Layers are unpacked without syncing. Each remembers the boot that it was unpacked in, until a
/// sync of the file system is known to have covered it; one of another boot is unpacked again when
/// the store is opened.
public final class ImageStore implements AutoCloseable {
  private static final int PREFIX_MIN = 4;

  private final OwnedFd dataRoot;
  private final Database database;
  private final BlobStore blobs;
  private final Trash trash;
  private final LayerSync layerSync;
  private final ReentrantLock lock = new ReentrantLock();
  private final Pins pins = new Pins(); // guarded by lock
  private final String boot;
  private final Drafts drafts = new Drafts();
  private final Snapshots snapshots;
  private final LayerUnpacker unpacker;
  private volatile Catalog catalog;

  private ImageStore(OwnedFd dataRoot, Database database) {
    this.dataRoot = dataRoot;
    this.database = database;
    this.boot = bootId();
    this.trash = Trash.open(dataRoot);
    this.blobs = BlobStore.open(dataRoot);
    this.catalog = Tables.read(database, blobs);
    this.snapshots =
        Snapshots.open(dataRoot, trash, lock, () -> this.catalog, this::collectLayersLater);
    this.unpacker = new LayerUnpacker(snapshots.directory());
    this.layerSync = new LayerSync(this::syncLayers);
  }

  /// Opens the images of `dataRoot`, and removes what an earlier process left unfinished.
  public static ImageStore open(Path dataRoot, Database database) {
    return Failures.explained(
        "cannot open the images of '" + dataRoot + "'",
        () -> {
          Tables.migrate(database);
          OwnedFd root = At.open(Fd.CWD, dataRoot.toString(), O_RDONLY | O_DIRECTORY);
          ImageStore store = new ImageStore(root, database);
          store.repairLayers();
          store.snapshots.removeUnknown();
          store.collectLater(store::collectGarbage);
          return store;
        });
  }

  private static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException _) {
      return Names.random(); // no /proc: a boot of its own
    }
  }

  /// Unpacks those layers again that a crash of the machine may have cut off.
  private void repairLayers() {
    Set<Digest> checked = new HashSet<>();
    boolean unsynced = false;
    for (StoredLayer layer : catalog.layers().values()) {
      repair(layer.chainId(), checked);
      unsynced |= layer.boot().isPresent();
    }
    if (unsynced) {
      layerSync.later();
    }
  }

  private void repair(Digest chainId, Set<Digest> checked) {
    StoredLayer layer = catalog.layers().get(chainId);
    if (layer == null || !checked.add(chainId)) {
      return;
    }
    layer.below().ifPresent(below -> repair(below, checked));
    boolean whole = layer.boot().isEmpty() || layer.boot().get().equals(boot);
    if (whole && At.exists(snapshots.directory(), layer.directory() + "/fs")) {
      return;
    }
    try (OwnedFd blob = blobs.open(layer.blob().digest())) {
      LayerUnpacker.Unpacked unpacked =
          unpacker.unpack(blob, layer.blob().sizeBytes(), layer.blob().digest());
      unpacker.inherit(
          unpacked, catalog.stack(layer.below()).stream().map(StoredLayer::directory).toList());
      change(
          before -> {
            Catalog.Change change = before.change();
            change.layers().put(chainId, layer.in(unpacked.directory(), Optional.of(boot)));
            return change.done();
          });
    }
  }

  public BlobStore blobs() {
    return blobs;
  }

  public Snapshots snapshots() {
    return snapshots;
  }

  Catalog catalog() {
    return catalog;
  }

  String boot() {
    return boot;
  }

  /// The image that `text` means: its id or a digest, a reference, or the beginning of its id (at
  /// least 4 hex characters, with or without `sha256:`).
  ///
  /// @throws ImageException `NOT_FOUND`: `No such image: x:latest`; `INVALID`: `invalid reference
  ///   format`
  public Image find(String text) {
    return find(catalog, text);
  }

  private Image find(Catalog catalog, String text) {
    Optional<Digest> digest = digest(text);
    if (digest.isPresent()) {
      return byDigest(catalog, digest.get())
          .or(() -> drafts.byId(digest.get()))
          .orElseThrow(() -> missing(digest.get().toString()));
    }
    Reference reference = reference(text);
    Reference complete = reference.canonical().withDefaultTag();
    return catalog
        .byReference(complete)
        .or(() -> byPrefix(catalog, text))
        .orElseThrow(
            () ->
                missing(
                    reference.digest().isPresent() ? reference.familiar() : complete.familiar()));
  }

  private static Optional<Image> byDigest(Catalog catalog, Digest digest) {
    Optional<Image> image = catalog.byId(digest);
    return image.isPresent()
        ? image
        : catalog.images().values().stream()
            .filter(i -> i.manifest().digest().equals(digest))
            .findFirst();
  }

  private static ImageException missing(String what) {
    return new ImageException(ImageException.Kind.NOT_FOUND, "No such image: " + what);
  }

  private static Optional<Digest> digest(String text) {
    try {
      return Optional.of(text.matches("[0-9a-f]{64}") ? Digest.ofSha256(text) : Digest.parse(text));
    } catch (FormatException _) {
      return Optional.empty(); // then it is a reference, or nothing
    }
  }

  private static Reference reference(String text) {
    try {
      return Reference.parse(text);
    } catch (FormatException e) {
      throw ImageException.invalid(String.valueOf(e.getMessage()), e);
    }
  }

  private static Optional<Image> byPrefix(Catalog catalog, String text) {
    String hex = text.startsWith("sha256:") ? text.substring("sha256:".length()) : text;
    if (hex.length() < PREFIX_MIN || !hex.matches("[0-9a-f]{1,64}")) {
      return Optional.empty();
    }
    List<Image> found = catalog.byPrefix(hex);
    if (found.size() > 1) {
      throw new ImageException(
          ImageException.Kind.NOT_FOUND,
          "No such image: %s: ambiguous reference, it is the beginning of %d image ids"
              .formatted(text, found.size()));
    }
    return found.stream().findFirst();
  }

  /// The image of this id, a draft too.
  public Optional<Image> byId(Digest id) {
    return catalog.byId(id).or(() -> drafts.byId(id));
  }

  /// The image of this very reference.
  public Optional<Image> byReference(Reference reference) {
    return catalog.byReference(reference);
  }

  /// All images, the newest first.
  public List<Image> list() {
    return catalog.images().values().stream()
        .sorted(
            Comparator.comparing((Image i) -> i.config().created().orElse(Instant.EPOCH))
                .reversed()
                .thenComparing(Image::id))
        .toList();
  }

  /// How an image came to be, the newest step first.
  public List<HistoryEntry> history(Image image) {
    List<HistoryEntry> entries = new ArrayList<>();
    int layer = 0;
    for (History step : image.config().history()) {
      boolean hasLayer = !step.emptyLayer() && layer < image.layers().size();
      long size = hasLayer ? image.layers().get(layer++).sizeBytes() : 0;
      entries.addFirst(
          new HistoryEntry(
              Optional.empty(), step.created(), step.createdBy(), List.of(), size, step.comment()));
    }
    Optional<Image> known = byId(image.id()).or(() -> Optional.of(image));
    for (int i = 0; i < entries.size() && known.isPresent(); i++) {
      HistoryEntry entry = entries.get(i);
      entries.set(
          i,
          new HistoryEntry(
              known.map(Image::id),
              entry.created(),
              entry.createdBy(),
              known.get().tags(),
              entry.sizeBytes(),
              entry.comment()));
      known = known.get().parent().flatMap(this::byId);
    }
    return entries;
  }

  /// Puts a reference on an image, taking it from another that had it; that one's id is returned.
  public Optional<Digest> tag(Image image, Reference reference) {
    return Failures.explained(
        "cannot tag '" + reference.familiar() + "'",
        () -> {
          Catalog[] was = new Catalog[1];
          change(
              before -> {
                was[0] = before;
                Image current =
                    before.byId(image.id()).orElseThrow(() -> missing(image.id().toString()));
                return tagged(before, current, reference);
              });
          return Optional.ofNullable(was[0].references().get(reference))
              .filter(id -> !id.equals(image.id()));
        });
  }

  private static Catalog tagged(Catalog before, Image image, Reference reference) {
    Catalog.Change change = before.change();
    change.references().put(reference, image.id());
    change
        .images()
        .put(
            image.id(),
            new Image(
                image.id(),
                image.manifest(),
                image.config(),
                image.layers(),
                image.references(),
                Optional.of(Instant.now()),
                image.parent()));
    return change.done();
  }

  /// Takes a reference away, or removes an image, with Docker's rules: by reference only that goes,
  /// and the image with its last one; by id all of them, if they are of one repository or `force`.
  ///
  /// @param prune also remove parents that nothing else needs
  /// @throws ImageException `CONFLICT` in Docker's words
  public Deletion remove(String text, boolean force, boolean prune, ImageUse use) {
    Map<Digest, List<ImageUse.User>> users = users(withAncestors(find(text)), use);
    return removing(
        "cannot remove image '" + text + "'",
        users,
        removal -> {
          Image image = find(text);
          Optional<Reference> reference = referenceOf(image, text);
          if (reference.isPresent()) {
            removal.byReference(image, reference.get(), text, force, prune);
          } else {
            removal.byId(image, force, prune);
          }
        });
  }

  private List<Image> withAncestors(Image image) {
    List<Image> images = new ArrayList<>();
    Optional<Image> next = Optional.of(image);
    while (next.isPresent()) {
      images.add(next.get());
      next = next.get().parent().flatMap(this::byId);
    }
    return images;
  }

  private static Map<Digest, List<ImageUse.User>> users(Collection<Image> images, ImageUse use) {
    Map<Digest, List<ImageUse.User>> users = new HashMap<>();
    images.forEach(image -> users.put(image.id(), List.copyOf(use.of(image.id()))));
    return users;
  }

  /// The reference by which `text` names the image, empty if it does so by id.
  private static Optional<Reference> referenceOf(Image image, String text) {
    if (digest(text).isPresent()) {
      return Optional.empty();
    }
    Reference reference = reference(text).canonical().withDefaultTag();
    return image.references().contains(reference) ? Optional.of(reference) : Optional.empty();
  }

  private Deletion removing(
      String what,
      Map<Digest, List<ImageUse.User>> users,
      java.util.function.Consumer<Removal> rules) {
    return Failures.explained(
        what,
        () -> {
          Deletion[] deletion = new Deletion[1];
          change(
              before -> {
                Removal removal = new Removal(before, users, stacksInUse());
                rules.accept(removal);
                deletion[0] = removal.deletion();
                return removal.after();
              });
          return deletion[0];
        });
  }

  /// Removes the images that `which` names and that no container uses.
  public Deletion prune(Predicate<Image> which, ImageUse use) {
    List<Image> all = list();
    Map<Digest, List<ImageUse.User>> users = users(all, use);
    return removing(
        "cannot remove images",
        users,
        removal -> {
          List<Image> candidates = new ArrayList<>(all.stream().filter(which).toList());
          while (candidates.removeIf(removal::ifUnused)) {
            // a parent can go when its children are gone
          }
        });
  }

  /// Reads an archive: of `docker save`, old or new, or an OCI image layout; compressed or not.
  /// Nothing of it is kept when it is bad. Returns the images in the archive's order.
  ///
  /// @param platform which one to take of several; the host's if empty
  public List<Image> load(InputStream archive, Optional<Platform> platform, LoadProgress progress) {
    return Failures.explained(
        "cannot load the archive",
        () -> {
          try (ArchiveLoader loader = new ArchiveLoader(this, unpacker, platform, progress)) {
            return loader.load(archive);
          }
        });
  }

  /// An archive that is ready to be written.
  @FunctionalInterface
  public interface Saving {
    /// Writes the archive and leaves `out` open.
    ///
    /// @throws java.io.UncheckedIOException when `out` fails
    void to(OutputStream out);
  }

  /// Looks all of them up, and answers what will write them as one archive: OCI layout and `docker
  /// load` format at once. A name without tag means all tags of that repository.
  ///
  /// @param platform which the images must be for; any if empty
  public Saving save(List<String> names, Optional<Platform> platform) {
    ArchiveSaver saver = new ArchiveSaver(this);
    names.forEach(name -> saver.add(name, platform));
    return saver::write;
  }

  /// Makes an image of one layer of the tar of a root file system, compressed or not.
  public Image importRootfs(InputStream tar, ImportRequest request) {
    return Failures.explained(
        "cannot import the archive",
        () -> new ImageMaker(this, unpacker).importRootfs(tar, request));
  }

  /// Makes an image of what an active snapshot changed.
  public Image commit(CommitRequest request) {
    return Failures.explained(
        "cannot commit the container", () -> new ImageMaker(this, unpacker).commit(request));
  }

  /// Begins a piece of work with layers; the caller closes it.
  public Lease lease() {
    return new Lease(this);
  }

  Drafts drafts() {
    return drafts;
  }

  LayerUnpacker unpacker() {
    return unpacker;
  }

  /// The stack up to `chainId`, the lowest layer first; empty if it is not in the store.
  public Optional<List<Layer>> layers(Digest chainId) {
    Catalog now = catalog;
    if (!now.layers().containsKey(chainId)) {
      return Optional.empty();
    }
    return Optional.of(
        now.stack(Optional.of(chainId)).reversed().stream()
            .map(layer -> layer.layer(layer.blob()))
            .toList());
  }

  /// Adds a layer, durably; whether it is this one that is in the store now, and not one that was
  /// there before.
  ///
  /// @param retainAs a name under which the stack is kept from then on
  boolean add(StoredLayer layer, Optional<String> retainAs) {
    Catalog after =
        change(
            before -> {
              Catalog.Change change = before.change();
              change.layers().putIfAbsent(layer.chainId(), layer);
              retainAs.ifPresent(name -> change.retained().put(name, layer.chainId()));
              return change.done();
            });
    syncLater();
    return layer.equals(after.layers().get(layer.chainId()));
  }

  /// Keeps a stack, whether or not an image has it, until [#release] of the same name; durably.
  public void retain(String name, Digest chainId) {
    change(
        before -> {
          if (!before.layers().containsKey(chainId)) {
            throw new ImageException(
                ImageException.Kind.NOT_FOUND, "layer " + chainId + " is not in the store");
          }
          Catalog.Change change = before.change();
          change.retained().put(name, chainId);
          return change.done();
        });
  }

  /// Lets go of what is kept under these names; what nothing else needs is removed.
  public void release(Collection<String> names) {
    change(
        before -> {
          Catalog.Change change = before.change();
          return change.retained().keySet().removeAll(names) ? change.done() : before;
        });
  }

  /// What is kept without an image, by name.
  public Map<String, Digest> retained() {
    return catalog.retained();
  }

  /// Whether an image or an active snapshot stands on the stack up to `chainId`.
  public boolean used(Digest chainId) {
    Catalog now = catalog;
    Set<Digest> needed =
        new Catalog(now.images(), now.references(), now.layers(), Map.of())
            .neededLayers(snapshots.stacks());
    return needed.contains(chainId);
  }

  /// Bytes of all layers together, each counted once.
  public long layersSizeBytes() {
    return catalog.layers().values().stream().mapToLong(StoredLayer::sizeBytes).sum();
  }

  /// Bytes of the image's layers that other images have too.
  public long sharedSizeBytes(Image image) {
    Set<Digest> others = new HashSet<>();
    for (Image other : catalog.images().values()) {
      if (!other.id().equals(image.id())) {
        other.layers().forEach(layer -> others.add(layer.chainId()));
      }
    }
    return image.layers().stream()
        .filter(layer -> others.contains(layer.chainId()))
        .mapToLong(Layer::sizeBytes)
        .sum();
  }

  /// Removes blobs and layers that no image and no active snapshot needs; returns the bytes of
  /// layers given back. Whatever else is going on may go on. It runs by itself when the store is
  /// opened, and with every removal.
  public long collectGarbage() {
    return Failures.explained(
        "cannot collect garbage",
        () -> {
          lock.lock();
          try {
            long before = layersSizeBytes();
            change(this::withoutUnneededLayers);
            Set<Digest> needed = catalog.neededBlobs();
            for (Digest digest : blobs.list()) {
              if (!needed.contains(digest) && !pins.has(digest)) {
                trash.take(blobs.directory(), digest.hex());
              }
            }
            return before - layersSizeBytes();
          } finally {
            lock.unlock();
          }
        });
  }

  private void collectLayersLater() {
    collectLater(() -> change(this::withoutUnneededLayers));
  }

  private void collectLater(Runnable collection) {
    trash.execute(
        () -> {
          try {
            collection.run();
          } catch (ImageException | StateException | SyscallException _) {
            // a full disk, say: the next removal or start tries again
          }
        });
  }

  private Set<Digest> stacksInUse() {
    Set<Digest> stacks = new HashSet<>(snapshots.stacks());
    stacks.addAll(pins.all());
    return stacks;
  }

  private Catalog withoutUnneededLayers(Catalog from) {
    Set<Digest> needed = from.neededLayers(stacksInUse());
    Catalog.Change change = from.change();
    return change.layers().keySet().retainAll(needed) ? change.done() : from;
  }

  /// Makes what `operator` makes of the catalog be so, durably.
  Catalog change(UnaryOperator<Catalog> operator) {
    lock.lock();
    try {
      Catalog before = catalog;
      Catalog after = withoutUnneededLayers(operator.apply(before));
      if (after.equals(before)) {
        return before;
      }
      database.durably(transaction -> Tables.write(transaction, before, after));
      catalog = after;
      discard(before, after);
      return after;
    } finally {
      lock.unlock();
    }
  }

  private void discard(Catalog before, Catalog after) {
    before
        .layers()
        .forEach(
            (chainId, layer) -> {
              StoredLayer now = after.layers().get(chainId);
              if (now == null || !now.directory().equals(layer.directory())) {
                discard(layer.directory());
              }
            });
    Set<Digest> unneeded = before.neededBlobs();
    unneeded.removeAll(after.neededBlobs());
    unneeded.forEach(this::discardBlob);
  }

  private void discardBlob(Digest digest) {
    if (!pins.has(digest)) {
      trash.take(blobs.directory(), digest.hex());
    }
  }

  /// Throws an unpacked layer away.
  void discard(String directory) {
    trash.take(snapshots.directory(), directory);
  }

  void pin(Pins.Held held, Digest digest) {
    lock.lock();
    try {
      pins.add(held, digest);
    } finally {
      lock.unlock();
    }
  }

  /// Lets go of what was pinned; what of it nothing needs is thrown away.
  void unpin(Pins.Held held) {
    lock.lock();
    try {
      Set<Digest> digests = pins.release(held);
      digests.removeAll(catalog.neededBlobs());
      for (Digest digest : digests) {
        if (blobs.has(digest)) {
          discardBlob(digest);
        }
      }
      change(this::withoutUnneededLayers);
    } finally {
      lock.unlock();
    }
  }

  /// Has new layers synced in the background, when the kernel has written most of them by itself.
  void syncLater() {
    layerSync.later();
  }

  /// Syncs the file system, and notes which layers that covers.
  void syncLayers() {
    Map<Digest, StoredLayer> covered = Map.copyOf(catalog.layers());
    FileControl.syncFileSystem(dataRoot);
    change(
        before -> {
          Catalog.Change change = before.change();
          covered.forEach(
              (chainId, layer) -> {
                if (layer.boot().isPresent() && layer.equals(before.layers().get(chainId))) {
                  change.layers().put(chainId, layer.in(layer.directory(), Optional.empty()));
                }
              });
          return change.done();
        });
  }

  /// Waits until all that was removed is gone from the disk: for tests.
  void drainTrash() {
    trash.drain();
  }

  /// Ends the background work; what it leaves the next start goes on with. The database stays open.
  @Override
  public void close() {
    layerSync.close();
    trash.close();
    snapshots.close();
    blobs.close();
    dataRoot.close();
  }
}
