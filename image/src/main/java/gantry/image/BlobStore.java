package gantry.image;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_EXCL;
import static gantry.linux.file.OpenFlags.O_RDONLY;
import static gantry.linux.file.OpenFlags.O_RDWR;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileTree;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/// Blobs by digest, in `<data-root>/blobs/sha256/<hex>`: bytes that are all there and verified, or
/// not there at all. Thread-safe.
///
/// Spec: OCI image-spec 1.1, `image-layout.md`.
public final class BlobStore implements AutoCloseable {
  private static final int DOCUMENT_MAX_BYTES = 16 << 20;
  private static final byte[] LAYOUT =
      "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.US_ASCII);

  private final OwnedFd blobs;
  private final OwnedFd ingest;
  private final AtomicLong names = new AtomicLong();

  private BlobStore(OwnedFd blobs, OwnedFd ingest) {
    this.blobs = blobs;
    this.ingest = ingest;
  }

  /// Opens the blobs of a data root, and removes what was left of writers.
  static BlobStore open(Fd dataRoot) {
    if (At.mkdirIfAbsent(dataRoot, "blobs", 0700)) {
      writeLayout(dataRoot);
    }
    FileTree.remove(dataRoot, "ingest");
    At.mkdir(dataRoot, "ingest", 0700);
    try (OwnedFd parent = At.openDirectory(dataRoot, "blobs")) {
      At.mkdirIfAbsent(parent, "sha256", 0700);
      FileControl.sync(parent);
      FileControl.sync(dataRoot);
      return new BlobStore(
          At.openDirectory(parent, "sha256"), At.openDirectory(dataRoot, "ingest"));
    }
  }

  private static void writeLayout(Fd dataRoot) {
    try (OwnedFd file = At.open(dataRoot, "oci-layout", O_RDWR | O_CREAT, 0600)) {
      FileIo.writeFully(file, LAYOUT);
    }
  }

  Fd directory() {
    return blobs;
  }

  /// Begins a new blob; the caller closes it.
  public BlobWriter write() {
    String name = Long.toString(names.incrementAndGet());
    OwnedFd file = At.open(ingest, name, O_RDWR | O_CREAT | O_EXCL, 0600);
    return new BlobWriter(this, ingest, name, file);
  }

  /// Stores a small blob.
  Descriptor put(String mediaType, byte[] bytes) {
    try (BlobWriter writer = write()) {
      writer.write(bytes, 0, bytes.length);
      return Descriptor.of(mediaType, writer.commit(Optional.empty()), bytes.length);
    }
  }

  public boolean has(Digest digest) {
    return stored(digest) && At.exists(blobs, digest.hex());
  }

  private static boolean stored(Digest digest) {
    return digest.algorithm() == Digest.Algorithm.SHA256;
  }

  /// Size of a blob that is here, in bytes.
  public Optional<Long> sizeBytes(Digest digest) {
    return stored(digest)
        ? At.statIfExists(blobs, digest.hex()).map(FileStat::sizeBytes)
        : Optional.empty();
  }

  /// Opens a blob for reading; the caller owns it.
  ///
  /// @throws ImageException `NOT_FOUND`
  public OwnedFd open(Digest digest) {
    Optional<OwnedFd> file =
        stored(digest) ? At.openIfExists(blobs, digest.hex(), O_RDONLY) : Optional.empty();
    return file.orElseThrow(
        () ->
            new ImageException(
                ImageException.Kind.NOT_FOUND, "blob " + digest + " is not in the store"));
  }

  /// All bytes of a small blob: a manifest or config, 16 MiB at most.
  public byte[] bytes(Digest digest) {
    try (OwnedFd file = open(digest)) {
      return FileIo.readAll(file, DOCUMENT_MAX_BYTES);
    }
  }

  /// Makes the names of all blobs durable that were committed before.
  void sync() {
    FileControl.sync(blobs);
  }

  /// The digests of all blobs.
  Set<Digest> list() {
    Set<Digest> digests = new HashSet<>();
    try (OwnedFd dir = At.open(blobs, ".", O_RDONLY | O_DIRECTORY)) {
      for (DirectoryEntry entry : Directory.list(dir)) {
        if (entry.name().matches("[0-9a-f]{64}")) {
          digests.add(Digest.ofSha256(entry.name()));
        }
      }
    }
    return digests;
  }

  /// Removes a blob, if it is there.
  void delete(Digest digest) {
    At.unlinkIfExists(blobs, digest.hex());
  }

  @Override
  public void close() {
    blobs.close();
    ingest.close();
  }
}
