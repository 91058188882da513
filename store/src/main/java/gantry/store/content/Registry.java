package gantry.store.content;

import com.fasterxml.jackson.core.JsonProcessingException;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.ImageConfig;
import gantry.oci.Json;
import gantry.oci.MediaType;
import gantry.store.content.StoreException.Code;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Repositories with their blobs, manifests and tags, as who pushes and who pulls see them.
///
/// A blob belongs to the repositories that it was pushed or mounted to, however often it is stored:
/// once. It goes when the last of them lets go of it. Whatever was answered is durable.
/// Thread-safe.
public final class Registry implements AutoCloseable {
  private static final String DESCRIPTION = "org.opencontainers.image.description";
  private static final int DESCRIPTION_MAX = 300;
  private static final int CONFIG_MAX_BYTES = 4 << 20;
  private static final int UPLOAD_ID_BYTES = 16;

  private final BlobStorage blobs;
  private final Metadata metadata;
  private final Policy policy;
  private final DigestLocks locks = new DigestLocks();
  private final Holds holds = new Holds();
  private final ManifestCache cache = new ManifestCache();
  private final Map<String, UploadSession> sessions = new ConcurrentHashMap<>();
  private final SecureRandom random = new SecureRandom();

  /// Owns `blobs` and `metadata`, which are closed with it.
  public Registry(BlobStorage blobs, Metadata metadata, Policy policy) {
    this.blobs = blobs;
    this.metadata = metadata;
    this.policy = policy;
  }

  public Metadata metadata() {
    return metadata;
  }

  BlobStorage blobs() {
    return blobs;
  }

  // ---- blobs

  /// Size of a blob of this repository; a client that may push is taken to be about to use it.
  public Optional<Long> blobSize(
      RepositoryName repository, Digest digest, Optional<String> pusher) {
    pusher.ifPresent(client -> holds.hold(repository, digest, client));
    Optional<Long> size = metadata.blobSize(repository, digest);
    if (size.isEmpty()) {
      pusher.ifPresent(client -> holds.release(repository, digest, client));
    }
    return size;
  }

  /// Opens a blob of this repository; the caller closes it.
  ///
  /// @throws StoreException `BLOB_UNKNOWN`
  public FileChannel openBlob(RepositoryName repository, Digest digest) throws IOException {
    if (metadata.blobSize(repository, digest).isEmpty()) {
      throw unknownBlob(repository, digest);
    }
    return blobs.open(digest).orElseThrow(() -> unknownBlob(repository, digest));
  }

  private static StoreException unknownBlob(RepositoryName repository, Digest digest) {
    return new StoreException(
        Code.BLOB_UNKNOWN, "blob %s is not in repository '%s'".formatted(digest, repository));
  }

  /// Makes a blob of another repository one of this repository too.
  ///
  /// @param readable which repositories the client may read
  /// @return whether there was one
  public boolean mount(
      RepositoryName repository,
      Digest digest,
      Optional<RepositoryName> from,
      Predicate<RepositoryName> readable,
      String client) {
    ReentrantLock lock = locks.of(digest);
    lock.lock();
    try {
      Optional<RepositoryName> source =
          from.isPresent()
              ? from.filter(name -> metadata.blobSize(name, digest).isPresent()).filter(readable)
              : metadata.having(digest).stream().filter(readable).findFirst();
      Optional<Long> size = source.flatMap(name -> metadata.blobSize(name, digest));
      if (size.isEmpty()) {
        return false;
      }
      checkQuota(repository, size.get());
      holds.hold(repository, digest, client);
      metadata.addBlob(repository, digest, size.get());
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Takes a blob from a repository.
  ///
  /// @throws StoreException `BLOB_UNKNOWN`, or `UNSUPPORTED` while a manifest names it
  public void deleteBlob(RepositoryName repository, Digest digest) throws IOException {
    if (metadata.blobSize(repository, digest).isEmpty()) {
      throw unknownBlob(repository, digest);
    }
    if (!metadata.removeBlob(repository, digest)) {
      throw new StoreException(
          Code.UNSUPPORTED,
          "blob %s is part of a manifest of '%s'; delete that first".formatted(digest, repository));
    }
    free(digest);
  }

  /// Removes a stored blob that no repository has; returns how many bytes that freed.
  long free(Digest digest) throws IOException {
    ReentrantLock lock = locks.of(digest);
    lock.lock();
    try {
      return metadata.inUse(digest) ? 0 : blobs.delete(digest);
    } finally {
      lock.unlock();
    }
  }

  private void checkQuota(RepositoryName repository, long moreBytes) {
    OptionalLong quota = policy.quotaBytes(repository);
    if (quota.isPresent() && metadata.sizeBytes(repository) + moreBytes > quota.getAsLong()) {
      throw new StoreException(
          Code.DENIED,
          "repository '%s' may have %d bytes, and would have more; delete what is not needed"
              .formatted(repository, quota.getAsLong()));
    }
  }

  // ---- uploads

  /// Begins an upload.
  public UploadSession beginUpload(RepositoryName repository) throws IOException {
    checkQuota(repository, 0);
    byte[] bytes = new byte[UPLOAD_ID_BYTES];
    random.nextBytes(bytes);
    String id = HexFormat.of().formatHex(bytes);
    metadata.beginUpload(id, repository, Instant.now());
    UploadSession session = new UploadSession(id, repository, blobs.begin(id));
    sessions.put(id, session);
    return session;
  }

  /// An upload to this repository that was begun before, by an earlier process too.
  ///
  /// @throws StoreException `BLOB_UPLOAD_UNKNOWN`
  public UploadSession upload(RepositoryName repository, String id) {
    UploadSession session = sessions.computeIfAbsent(id, this::resumed);
    if (session == null || !session.repository().equals(repository)) {
      throw new StoreException(
          Code.BLOB_UPLOAD_UNKNOWN,
          "no upload '%s' to '%s'; it has ended, or expired".formatted(id, repository));
    }
    return session;
  }

  private @Nullable UploadSession resumed(String id) {
    Optional<Metadata.UploadEntry> entry = metadata.upload(id);
    if (entry.isEmpty()) {
      return null;
    }
    try {
      return blobs
          .resume(id)
          .map(upload -> new UploadSession(id, entry.get().repository(), upload))
          .orElse(null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Appends what `input` has; the caller has the session's lock.
  public void append(UploadSession session, InputStream input, long limitBytes) throws IOException {
    OptionalLong quota = policy.quotaBytes(session.repository());
    long rest =
        quota.isEmpty()
            ? Long.MAX_VALUE
            : quota.getAsLong()
                - metadata.sizeBytes(session.repository())
                - session.upload().sizeBytes();
    try {
      session.upload().append(input, Math.min(limitBytes, Math.max(rest, 0)));
    } catch (Upload.TooLargeException e) {
      if (rest < limitBytes) {
        checkQuota(session.repository(), Long.MAX_VALUE / 2);
      }
      throw new StoreException(
          Code.SIZE_INVALID, "more bytes came than the request's head said: " + e.getMessage(), e);
    }
  }

  /// Makes the upload a blob of its repository; the caller has the session's lock.
  ///
  /// @throws StoreException `DIGEST_INVALID`, and the upload is gone
  public void commit(UploadSession session, Digest expected, String client) throws IOException {
    RepositoryName repository = session.repository();
    long size = session.upload().sizeBytes();
    checkQuota(repository, size);
    holds.hold(repository, expected, client);
    ReentrantLock lock = locks.of(expected);
    // Reads a file anew only after a restart or for SHA-512; else the digest is there at once.
    lock.lock();
    try {
      if (session.upload().commit(expected).isEmpty()) {
        holds.release(repository, expected, client);
        forget(session);
        throw new StoreException(
            Code.DIGEST_INVALID,
            "the %d bytes that were uploaded do not have digest %s".formatted(size, expected));
      }
      metadata.addBlob(repository, expected, size);
    } finally {
      lock.unlock();
    }
    forget(session);
  }

  /// Throws an upload away; the caller has the session's lock.
  public void cancel(UploadSession session) throws IOException {
    session.upload().discard();
    forget(session);
  }

  private void forget(UploadSession session) {
    session.end();
    sessions.remove(session.id());
    metadata.endUpload(session.id());
  }

  // ---- manifests

  /// The manifest of a tag or digest if it can be told at once, without a disk.
  public Optional<StoredManifest> cachedManifest(RepositoryName repository, String reference) {
    return cache.find(repository, reference);
  }

  /// The manifest of a tag or digest.
  ///
  /// @throws StoreException `MANIFEST_UNKNOWN`
  public StoredManifest manifest(RepositoryName repository, String reference) {
    return findManifest(repository, reference)
        .orElseThrow(
            () ->
                new StoreException(
                    metadata.hasRepository(repository) ? Code.MANIFEST_UNKNOWN : Code.NAME_UNKNOWN,
                    "no manifest '%s' in repository '%s'".formatted(reference, repository)));
  }

  /// The manifest of a tag or digest; empty when there is none.
  public Optional<StoredManifest> findManifest(RepositoryName repository, String reference) {
    return cache.get(repository, reference, () -> read(repository, reference));
  }

  private Optional<StoredManifest> read(RepositoryName repository, String reference) {
    Optional<Digest> digest =
        reference.indexOf(':') >= 0
            ? Optional.of(digest(reference))
            : metadata.tag(repository, reference);
    return digest
        .flatMap(d -> metadata.manifest(repository, d))
        .flatMap(
            entry ->
                document(entry.digest(), ManifestDocument.MAX_BYTES)
                    .map(bytes -> new StoredManifest(entry.digest(), entry.mediaType(), bytes)));
  }

  /// Reads a digest that a client sent.
  ///
  /// @throws StoreException `DIGEST_INVALID`
  public static Digest digest(String text) {
    try {
      return Digest.parse(text);
    } catch (FormatException e) {
      throw new StoreException(
          Code.DIGEST_INVALID, "'%s' is no digest: %s".formatted(text, e.getMessage()), e);
    }
  }

  /// All bytes of a small stored document; empty when it is not here or larger.
  public Optional<byte[]> document(Digest digest, int limitBytes) {
    try {
      Optional<FileChannel> file = blobs.open(digest);
      if (file.isEmpty()) {
        return Optional.empty();
      }
      try (FileChannel channel = file.get();
          InputStream in = Channels.newInputStream(channel)) {
        return channel.size() > limitBytes ? Optional.empty() : Optional.of(in.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Adds a manifest under a tag or its digest.
  ///
  /// @param reference a tag, or the digest that the bytes must have
  public ManifestDocument putManifest(
      RepositoryName repository,
      String reference,
      byte[] bytes,
      String contentType,
      String who,
      String client)
      throws IOException {
    ManifestDocument document = ManifestDocument.parse(bytes, contentType);
    boolean byDigest = reference.indexOf(':') >= 0;
    Digest digest = byDigest ? digest(reference) : Digest.sha256(bytes);
    store(digest, bytes);
    ReentrantLock lock = locks.of(digest);
    lock.lock();
    try {
      if (!blobs.has(digest)) { // collected since, as nobody knew it yet
        store(digest, bytes);
      }
      metadata.putManifest(
          new Metadata.NewManifest(
              repository,
              entry(document, digest, bytes.length, who),
              document.parts(),
              byDigest ? Optional.empty() : Optional.of(reference),
              tag -> policy.movable(repository, tag),
              description(document)));
    } catch (StoreException e) {
      if (!metadata.inUse(digest)) {
        blobs.delete(digest);
      }
      throw e;
    } finally {
      lock.unlock();
      cache.forget(repository);
    }
    document.parts().forEach(part -> holds.release(repository, part.digest(), client));
    return document;
  }

  private void store(Digest digest, byte[] bytes) throws IOException {
    byte[] id = new byte[UPLOAD_ID_BYTES];
    random.nextBytes(id);
    Upload upload = blobs.begin(HexFormat.of().formatHex(id));
    try {
      upload.append(new ByteArrayInputStream(bytes), bytes.length);
      if (upload.commit(digest).isEmpty()) {
        throw new StoreException(
            Code.DIGEST_INVALID, "the manifest does not have digest " + digest);
      }
    } finally {
      upload.discard();
    }
  }

  private Metadata.ManifestEntry entry(
      ManifestDocument document, Digest digest, int sizeBytes, String who) {
    return new Metadata.ManifestEntry(
        digest,
        document.mediaType(),
        sizeBytes,
        document.artifactType(),
        document.subject().map(Descriptor::digest),
        annotations(document),
        sizeBytes,
        platforms(document),
        Instant.now(),
        who,
        Optional.empty());
  }

  private static String annotations(ManifestDocument document) {
    try {
      return Json.mapper().writeValueAsString(document.annotations());
    } catch (JsonProcessingException e) {
      throw new AssertionError("a map of text can be written", e);
    }
  }

  private static String description(ManifestDocument document) {
    String text = document.annotations().getOrDefault(DESCRIPTION, "");
    return text.substring(0, Math.min(text.length(), DESCRIPTION_MAX));
  }

  private String platforms(ManifestDocument document) {
    if (document.config().isEmpty()) {
      return document.platforms();
    }
    return config(document).map(config -> config.platform().toString()).orElse("");
  }

  /// The image config of a manifest, if it is one of an image and can be read.
  public Optional<ImageConfig> config(ManifestDocument document) {
    return document
        .config()
        .filter(config -> MediaType.isImageConfig(config.mediaType()))
        .flatMap(config -> document(config.digest(), CONFIG_MAX_BYTES))
        .flatMap(
            bytes -> {
              try {
                return Optional.of(Json.read(bytes, ImageConfig.class, "image config"));
              } catch (FormatException | IllegalArgumentException _) {
                return Optional.empty(); // pushed as one, and is none: shown without it
              }
            });
  }

  /// Takes a manifest with its tags away, or a tag alone, and frees what nothing needs any more.
  ///
  /// @throws StoreException `MANIFEST_UNKNOWN`, or `DENIED` for an immutable tag
  public void deleteManifest(RepositoryName repository, String reference) throws IOException {
    boolean byDigest = reference.indexOf(':') >= 0;
    if (!byDigest && !policy.movable(repository, reference)) {
      throw new StoreException(
          Code.DENIED, "tag '%s' of '%s' is immutable".formatted(reference, repository));
    }
    boolean deleted =
        byDigest
            ? !drop(repository, digest(reference)).isEmpty()
            : metadata.deleteTag(repository, reference).isPresent();
    cache.forget(repository);
    if (!deleted) {
      throw new StoreException(
          metadata.hasRepository(repository) ? Code.MANIFEST_UNKNOWN : Code.NAME_UNKNOWN,
          "no manifest '%s' in repository '%s'".formatted(reference, repository));
    }
  }

  /// Takes a manifest away, and frees what nothing needs any more.
  ///
  /// @return the digests that are not stored any more; empty when there was no such manifest
  Set<Digest> drop(RepositoryName repository, Digest manifest) throws IOException {
    Set<Digest> loose = metadata.deleteManifest(repository, manifest);
    cache.forget(repository);
    Set<Digest> unheld = new HashSet<>(loose);
    unheld.removeIf(blob -> holds.held(repository, blob));
    metadata.removeUnused(repository, unheld);
    for (Digest blob : unheld) {
      free(blob);
    }
    return loose;
  }

  /// Takes a tag away, if it is there.
  void dropTag(RepositoryName repository, String tag) {
    Optional<Digest> _ = metadata.deleteTag(repository, tag);
    cache.forget(repository);
  }

  /// How many bytes a stored blob has; 0 when there is none.
  long storedSize(Digest digest) throws IOException {
    Optional<FileChannel> file = blobs.open(digest);
    if (file.isEmpty()) {
      return 0;
    }
    try (FileChannel channel = file.get()) {
      return channel.size();
    }
  }

  /// Removes upload files of which nothing is known: manifests that a killed process was writing.
  /// For a registry that serves nobody yet.
  public void clearStrays() throws IOException {
    for (String id : blobs.uploads()) {
      Optional<Upload> upload =
          metadata.upload(id).isPresent() ? Optional.empty() : blobs.resume(id);
      if (upload.isPresent()) {
        upload.get().discard();
      }
    }
  }

  /// What refers to a manifest, those after `last`.
  public List<Metadata.ManifestEntry> referrers(
      RepositoryName repository,
      Digest subject,
      Optional<String> artifactType,
      String last,
      int n) {
    return metadata.referrers(repository, subject, artifactType, last, n);
  }

  Holds holds() {
    return holds;
  }

  /// Ends uploads that were begun before `before` and those of which nothing is known.
  ///
  /// @return how many
  int expireUploads(Instant before) throws IOException {
    int ended = 0;
    for (Metadata.UploadEntry entry : metadata.uploads(before)) {
      Optional<Upload> upload = blobs.resume(entry.id());
      UploadSession session = sessions.get(entry.id());
      if (session != null && !session.lock().tryLock()) {
        continue; // at work at this moment
      }
      try {
        if (upload.isPresent()) {
          upload.get().discard();
          ended++;
        }
        if (session != null) {
          forget(session);
        }
        metadata.endUpload(entry.id());
      } finally {
        if (session != null) {
          session.lock().unlock();
        }
      }
    }
    return ended;
  }

  @Override
  public void close() {
    metadata.close();
    blobs.close();
  }
}
