package gantry.image;

import gantry.oci.Digest;
import gantry.oci.Platform;
import gantry.oci.Reference;
import gantry.state.Database;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// The images of a data root: in `blobs/` what they consist of, in `snapshots/` their layers
/// unpacked, in the database what they are called.
///
/// Answers from memory; what it changes is on the disk when the call returns. Thread-safe. Every
/// failure is an [ImageException] in Docker's words where its clients match them.
@SuppressWarnings("DoNotCallSuggester") // the behaviour follows
public final class ImageStore implements AutoCloseable {
  private ImageStore() {}

  /// Opens the images of `dataRoot`, and removes what an earlier process left unfinished.
  public static ImageStore open(Path dataRoot, Database database) {
    throw new UnsupportedOperationException();
  }

  public BlobStore blobs() {
    throw new UnsupportedOperationException();
  }

  public Snapshots snapshots() {
    throw new UnsupportedOperationException();
  }

  /// The image that `text` means: its id or a digest, a reference, or the beginning of its id (at
  /// least 4 hex characters, with or without `sha256:`).
  ///
  /// @throws ImageException `NOT_FOUND`: `No such image: x:latest`; `INVALID`: `invalid reference
  ///   format`
  public Image find(String text) {
    throw new UnsupportedOperationException();
  }

  /// The image of this id.
  public Optional<Image> byId(Digest id) {
    throw new UnsupportedOperationException();
  }

  /// The image of this very reference.
  public Optional<Image> byReference(Reference reference) {
    throw new UnsupportedOperationException();
  }

  /// All images, the newest first.
  public List<Image> list() {
    throw new UnsupportedOperationException();
  }

  /// How an image came to be, the newest step first.
  public List<HistoryEntry> history(Image image) {
    throw new UnsupportedOperationException();
  }

  /// Puts a reference on an image, taking it from another that had it; that one's id is returned.
  public Optional<Digest> tag(Image image, Reference reference) {
    throw new UnsupportedOperationException();
  }

  /// Takes a reference away, or removes an image, with Docker's rules: by reference only that goes,
  /// and the image with its last one; by id all of them, if they are of one repository or `force`.
  ///
  /// @param prune also remove parents that nothing else needs
  /// @throws ImageException `CONFLICT` in Docker's words
  public Deletion remove(String text, boolean force, boolean prune, ImageUse use) {
    throw new UnsupportedOperationException();
  }

  /// Removes the images that `which` names and that no container uses.
  public Deletion prune(Predicate<Image> which, ImageUse use) {
    throw new UnsupportedOperationException();
  }

  /// Reads an archive: of `docker save`, old or new, or an OCI image layout; compressed or not.
  /// Nothing of it is kept when it is bad. Returns the images in the archive's order.
  ///
  /// @param platform which one to take of several; the host's if empty
  public List<Image> load(InputStream archive, Optional<Platform> platform, LoadProgress progress) {
    throw new UnsupportedOperationException();
  }

  /// An archive that is ready to be written.
  @FunctionalInterface
  public interface Saving {
    /// Writes the archive and leaves `out` open.
    void to(OutputStream out);
  }

  /// Looks all of them up, and answers what will write them as one archive: OCI layout and `docker
  /// load` format at once. A name without tag means all tags of that repository.
  public Saving save(List<String> names, Optional<Platform> platform) {
    throw new UnsupportedOperationException();
  }

  /// Makes an image of one layer of the tar of a root file system, compressed or not.
  public Image importRootfs(InputStream tar, ImportRequest request) {
    throw new UnsupportedOperationException();
  }

  /// Makes an image of what an active snapshot changed.
  public Image commit(CommitRequest request) {
    throw new UnsupportedOperationException();
  }

  /// Bytes of all layers together, each counted once.
  public long layersSizeBytes() {
    throw new UnsupportedOperationException();
  }

  /// Bytes of the image's layers that other images have too.
  public long sharedSizeBytes(Image image) {
    throw new UnsupportedOperationException();
  }

  /// Removes blobs and layers that no image and no active snapshot needs; returns the bytes given
  /// back. Whatever else is going on may go on. Call it once after a start, when the snapshots of
  /// all known containers are prepared; afterwards it runs by itself.
  public long collectGarbage() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
