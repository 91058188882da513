package gantry.image;

import gantry.image.tar.Compression;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarException;
import gantry.image.tar.TarReader;
import gantry.linux.OwnedFd;
import gantry.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The files of an image archive, taken in as they come: what they mean is said at the end of the
/// archive only. Small ones are kept in memory, large ones are written to the blob store under no
/// name yet; what looks like a layer is unpacked and synced in the background while the archive is
/// read on.
///
/// For one thread. Closing it drops what nobody took.
final class ArchiveParts implements AutoCloseable {
  private static final int SMALL_BYTES = 256 * 1024;
  private static final long SMALL_TOTAL_BYTES = 32 << 20;
  private static final int FILES_MAX = 20_000;
  private static final int LARGE_MAX = 4_000;
  private static final String BLOB_PREFIX = "blobs/sha256/";
  private static final int LINKS_MAX = 16;
  private static final int TAR_MAGIC = 257;

  private final ImageStore store;
  private final Assembly assembly;
  private final LayerUnpacker unpacker;
  private final LoadProgress progress;
  private final ExecutorService background =
      Executors.newFixedThreadPool(
          2, work -> Thread.ofPlatform().daemon().name("image-load").unstarted(work));
  private final Map<String, Part> parts = new HashMap<>();
  private final Map<String, String> links = new HashMap<>();
  private final List<Large> large = new ArrayList<>();
  private long smallBytes;

  ArchiveParts(ImageStore store, Assembly assembly, LayerUnpacker unpacker, LoadProgress progress) {
    this.store = store;
    this.assembly = assembly;
    this.unpacker = unpacker;
    this.progress = progress;
  }

  /// One file of the archive.
  abstract static sealed class Part {
    private final String name;
    private final Digest digest;
    private final long sizeBytes;

    Part(String name, Digest digest, long sizeBytes) {
      this.name = name;
      this.digest = digest;
      this.sizeBytes = sizeBytes;
    }

    String name() {
      return name;
    }

    Digest digest() {
      return digest;
    }

    long sizeBytes() {
      return sizeBytes;
    }
  }

  private static final class Small extends Part {
    private final byte[] bytes;

    Small(String name, byte[] bytes) {
      super(name, Digest.sha256(bytes), bytes.length);
      this.bytes = bytes;
    }
  }

  private static final class Large extends Part {
    private final BlobWriter writer;
    private final CompletableFuture<Void> synced;
    private Optional<CompletableFuture<LayerUnpacker.Unpacked>> unpacked;

    Large(
        String name,
        BlobWriter writer,
        CompletableFuture<Void> synced,
        Optional<CompletableFuture<LayerUnpacker.Unpacked>> unpacked) {
      super(name, writer.digest(), writer.sizeBytes());
      this.writer = writer;
      this.synced = synced;
      this.unpacked = unpacked;
    }
  }

  /// A blob that the store had before.
  private static final class Stored extends Part {
    Stored(String name, Digest digest, long sizeBytes) {
      super(name, digest, sizeBytes);
    }
  }

  /// Reads a whole archive, and the stream to its end.
  void read(InputStream stream) {
    TarReader tar = TarReader.of(stream);
    for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
      TarEntry entry = next.get();
      if (parts.size() + links.size() >= FILES_MAX) {
        throw new TarException("'%s': more than %d files".formatted(entry.name(), FILES_MAX));
      }
      String path = entry.path();
      switch (entry.kind()) {
        case FILE -> parts.put(path, take(path, entry, tar));
        case SYMBOLIC_LINK, HARD_LINK -> links.put(path, entry.linkPath());
        case DIRECTORY -> {}
        case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
            throw new TarException("'%s': an image archive has no devices".formatted(entry.name()));
      }
    }
    tar.drain();
  }

  private Part take(String path, TarEntry entry, TarReader tar) {
    Optional<Digest> named = digestIn(path);
    if (named.isPresent() && assembly.keep(named.get())) {
      return new Stored(path, named.get(), store.blobs().sizeBytes(named.get()).orElseThrow());
    }
    long size = tar.remaining();
    Part part;
    if (size <= SMALL_BYTES && smallBytes + size <= SMALL_TOTAL_BYTES) {
      smallBytes += size;
      part = new Small(path, tar.readAll(SMALL_BYTES));
    } else {
      part = write(path, size, tar);
    }
    if (named.isPresent() && !named.get().equals(part.digest())) {
      throw new TarException("'%s' has digest %s".formatted(entry.name(), part.digest()));
    }
    return part;
  }

  private static Optional<Digest> digestIn(String path) {
    String hex = path.startsWith(BLOB_PREFIX) ? path.substring(BLOB_PREFIX.length()) : "";
    return hex.matches("[0-9a-f]{64}") ? Optional.of(Digest.ofSha256(hex)) : Optional.empty();
  }

  private Large write(String path, long size, TarReader tar) {
    if (large.size() >= LARGE_MAX) {
      throw new TarException("'%s': more than %d large files".formatted(path, LARGE_MAX));
    }
    String id = shortId(path);
    BlobWriter writer = store.blobs().write();
    try {
      writer.writeAll(tar::read, current -> progress.layer(id, current, size));
      CompletableFuture<Void> synced = CompletableFuture.runAsync(writer::sync, background);
      Large part = new Large(path, writer, synced, unpackEarly(writer));
      large.add(part);
      return part;
    } catch (RuntimeException | Error e) {
      writer.close();
      throw e;
    }
  }

  /// What people see of a layer before its digest is known: the digest or old id in its name.
  private static String shortId(String path) {
    for (String component : path.split("[/.]", -1)) {
      if (component.matches("[0-9a-f]{64}")) {
        return component.substring(0, 12);
      }
    }
    return path.substring(0, Math.min(12, path.length()));
  }

  private Optional<CompletableFuture<LayerUnpacker.Unpacked>> unpackEarly(BlobWriter writer) {
    Digest digest = writer.digest();
    boolean known =
        store.catalog().layers().values().stream().anyMatch(l -> l.blob().digest().equals(digest));
    if (known || !looksLikeLayer(writer)) {
      return Optional.empty();
    }
    return Optional.of(
        CompletableFuture.supplyAsync(
            () -> unpacker.unpack(writer.file(), writer.sizeBytes(), digest), background));
  }

  private static boolean looksLikeLayer(BlobWriter writer) {
    byte[] head = new byte[TAR_MAGIC + 5];
    int length = gantry.linux.file.FileIo.pread(writer.file(), head, 0, head.length, 0);
    return Compression.of(head, length) != Compression.NONE
        || new String(head, TAR_MAGIC, 5, StandardCharsets.ISO_8859_1).equals("ustar");
  }

  /// The paths of its files.
  Set<String> paths() {
    return Collections.unmodifiableSet(parts.keySet());
  }

  /// The file of that path, links followed.
  Optional<Part> find(String path) {
    String at = path;
    for (int i = 0; i < LINKS_MAX; i++) {
      Part part = parts.get(at);
      if (part != null) {
        return Optional.of(part);
      }
      String target = links.get(at);
      if (target == null) {
        return Optional.empty();
      }
      at = target;
    }
    throw new TarException("'%s': symbolic links lead in a circle".formatted(path));
  }

  /// The blob of an image layout with this digest: in the archive, or here before.
  Optional<Part> find(Digest digest) {
    String path = "blobs/" + digest.algorithm() + "/" + digest.hex();
    Optional<Part> part = find(path);
    if (part.isPresent() || !assembly.keep(digest)) {
      return part;
    }
    return store.blobs().sizeBytes(digest).map(size -> new Stored(path, digest, size));
  }

  /// All bytes of a document.
  byte[] bytes(Part part, int limit) {
    if (part.sizeBytes() > limit) {
      throw new TarException(
          "'%s': %d bytes are more than the %d allowed"
              .formatted(part.name(), part.sizeBytes(), limit));
    }
    return switch (part) {
      case Small small -> small.bytes;
      case Large l -> gantry.linux.file.FileIo.readAll(rewound(l.writer), limit);
      case Stored stored -> store.blobs().bytes(stored.digest());
    };
  }

  private static gantry.linux.Fd rewound(BlobWriter writer) {
    gantry.linux.file.FileControl.seek(writer.file(), 0);
    return writer.file();
  }

  /// Makes the file a blob of the store, and keeps it.
  void store(Part part) {
    if (assembly.keep(part.digest())) {
      return;
    }
    switch (part) {
      case Small small -> store.blobs().put("", small.bytes);
      case Large l -> {
        join(l.synced);
        l.writer.commit(Optional.empty());
      }
      case Stored stored ->
          throw new ImageException(
              ImageException.Kind.CONFLICT,
              "blob " + stored.digest() + " was removed while the archive was read; try again");
    }
  }

  /// What a stored layer is packed by.
  Compression compression(Part part) {
    byte[] head = new byte[Compression.MAGIC_MAX];
    try (OwnedFd blob = store.blobs().open(part.digest())) {
      return Compression.of(head, gantry.linux.file.FileIo.pread(blob, head, 0, head.length, 0));
    }
  }

  /// The digest of what a stored layer unpacks to.
  Digest diffId(Part part) {
    Compression compression = compression(part);
    if (compression == Compression.NONE) {
      return part.digest();
    }
    MessageDigest hash = Digest.Algorithm.SHA256.newHash();
    try (OwnedFd blob = store.blobs().open(part.digest());
        InputStream bytes = compression.unpack(new FdInputStream(blob))) {
      byte[] buffer = new byte[SMALL_BYTES];
      for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
        hash.update(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new TarException("layer '%s': %s".formatted(part.name(), e.getMessage()), e);
    }
    return Digest.of(Digest.Algorithm.SHA256, hash);
  }

  /// The files of a stored layer; those that were unpacked while the archive was read, the first
  /// time.
  LayerUnpacker.Unpacked unpack(Part part) {
    try {
      if (part instanceof Large l && l.unpacked.isPresent()) {
        CompletableFuture<LayerUnpacker.Unpacked> early = l.unpacked.get();
        LayerUnpacker.Unpacked unpacked = join(early);
        l.unpacked = Optional.empty();
        return unpacked;
      }
      try (OwnedFd blob = store.blobs().open(part.digest())) {
        return unpacker.unpack(blob, part.sizeBytes(), part.digest());
      }
    } catch (TarException e) {
      throw new TarException("layer '%s': %s".formatted(part.name(), e.getMessage()), e);
    } catch (java.io.UncheckedIOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new TarException("layer '%s': %s".formatted(part.name(), cause.getMessage()), e);
    }
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    background.close(); // waits: nothing may be at work with a file that is closed
    for (Large part : large) {
      part.unpacked
          .filter(future -> !future.isCompletedExceptionally())
          .ifPresent(future -> store.discard(future.join().directory()));
      part.writer.close();
    }
  }
}
