package gantry.engine.image;

import gantry.oci.Digest;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// The images of an engine.
///
/// Where a method takes `image`, that is a digest, a reference, or the beginning of an id.
public interface Images {
  /// What a deletion did: references taken away, and images and layers deleted.
  record Deleted(List<String> untagged, List<String> deleted, long reclaimedBytes) {}

  /// One line of an image's history, newest first; `id` is empty for a layer that is no image.
  record HistoryEntry(
      Optional<Digest> id,
      Optional<Instant> created,
      String createdBy,
      List<String> tags,
      long sizeBytes,
      String comment) {}

  /// What is told while a long operation goes on.
  sealed interface Progress {
    /// `id` short layer id or empty; `status` Docker's word; `current` and `total` bytes, 0
    /// unknown.
    record Layer(String id, String status, long current, long total) implements Progress {}

    /// A line for the user: `Loaded image: busybox:latest`, without line end.
    record Message(String text) implements Progress {}
  }

  /// Receives progress; may block.
  @FunctionalInterface
  interface ProgressSink {
    void accept(Progress progress);
  }

  ImageView find(String image);

  /// The image that a reference stands for now; empty when there is none, and for an id.
  Optional<Digest> idOf(String reference);

  /// Newest first.
  List<ImageView> list();

  List<HistoryEntry> history(String image);

  void tag(String image, String reference);

  Deleted remove(String image, boolean force, boolean prune);

  /// Removes images that no container uses and that pass the filter; `dangling` only those without
  /// a reference.
  Deleted prune(boolean dangling, Predicate<ImageView> filter);

  /// Brings an image here: from the bundled ones while there is no registry client. `NOT_FOUND` in
  /// Docker's words when there is none of that name.
  ImageView pull(String reference, Optional<String> platform, ProgressSink progress);

  /// Reads an archive of `save`, old or new, or an OCI layout.
  void load(InputStream archive, Optional<String> platform, boolean quiet, ProgressSink progress);

  /// Checks that all are there before it writes the first byte; then runs `ready` and writes.
  void save(List<String> images, Optional<String> platform, Runnable ready, OutputStream archive);

  /// Makes an image of one layer out of a tar archive of a root file system.
  Digest importRootfs(
      InputStream tar,
      Optional<String> reference,
      String message,
      List<String> changes,
      Optional<String> platform);

  /// Bytes that all layers take together on disk.
  long layersSizeBytes();

  /// Bytes of `image`'s layers that other images have too.
  long sharedSizeBytes(ImageView image);
}
