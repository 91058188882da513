package gantry.store.content;

import gantry.oci.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// What is known of the blobs. What changes it is durable when the call returns, but for what says
/// otherwise. Thread-safe.
public interface Metadata extends AutoCloseable {
  // ---- repositories

  /// Names in order, those after `last`.
  List<RepositoryName> repositories(String last, int limit);

  boolean hasRepository(RepositoryName repository);

  /// One line of the list of repositories for each that contains `text`, the latest changed first.
  List<RepositoryLine> search(String text, int offset, int limit);

  Optional<RepositoryLine> line(RepositoryName repository);

  /// The text that was uploaded to go with a repository, in Markdown.
  Optional<String> readme(RepositoryName repository);

  void setReadme(RepositoryName repository, String text);

  /// Bytes of all blobs of a repository, each counted once.
  long sizeBytes(RepositoryName repository);

  // ---- blobs

  Optional<Long> blobSize(RepositoryName repository, Digest digest);

  void addBlob(RepositoryName repository, Digest digest, long sizeBytes);

  /// Repositories that have this blob.
  List<RepositoryName> having(Digest digest);

  /// Repositories that have this manifest.
  List<RepositoryName> manifestIn(Digest digest);

  /// Takes a blob from a repository unless a manifest there names it.
  ///
  /// @return whether it was taken
  boolean removeBlob(RepositoryName repository, Digest digest);

  /// Takes from a repository those of these blobs that no manifest there names.
  void removeUnused(RepositoryName repository, Set<Digest> blobs);

  /// Whether any repository has it, as a blob or as a manifest.
  boolean inUse(Digest digest);

  /// Blobs that no manifest of their repository names, and that came before `before`.
  List<RepositoryBlob> unused(Instant before);

  // ---- manifests

  Optional<ManifestEntry> manifest(RepositoryName repository, Digest digest);

  /// Adds a manifest, and a tag when there is one, if everything that it names is there.
  ///
  /// @throws StoreException `MANIFEST_BLOB_UNKNOWN`, or `DENIED` when the tag may not be moved
  void putManifest(NewManifest manifest);

  /// Takes a manifest and its tags away, with those manifests of an index that nothing else has.
  ///
  /// @return what may be of no use any more, itself and what it named; empty when it was not there
  Set<Digest> deleteManifest(RepositoryName repository, Digest digest);

  /// What manifests name as their subject `digest`, in the order they came, those after `last`.
  List<ManifestEntry> referrers(
      RepositoryName repository, Digest subject, Optional<String> artifactType, String last, int n);

  /// Manifests that neither a tag nor an index has, nor have a subject, older than `before`.
  List<Digest> untagged(RepositoryName repository, Instant before);

  /// Whether neither a tag nor an index has this manifest.
  boolean standsAlone(RepositoryName repository, Digest manifest);

  /// Manifests of a repository that name this.
  List<Digest> naming(RepositoryName repository, Digest part);

  /// What the manifest names.
  List<Part> parts(RepositoryName repository, Digest manifest);

  // ---- tags

  /// Names in order, those after `last`.
  List<String> tagNames(RepositoryName repository, String last, int limit);

  /// In the order of when they were pushed, the latest first.
  List<TagLine> tags(RepositoryName repository, int offset, int limit);

  Optional<Digest> tag(RepositoryName repository, String name);

  /// Takes a tag away.
  ///
  /// @return what it pointed to; empty when it was not there
  Optional<Digest> deleteTag(RepositoryName repository, String name);

  /// Notes pulls, soon but not durably.
  void pulled(RepositoryName repository, Digest manifest, Instant when);

  /// Writes down the pulls that were noted.
  void flushPulls();

  // ---- uploads

  /// Survives the end of the process, not a power cut.
  void beginUpload(String id, RepositoryName repository, Instant when);

  Optional<UploadEntry> upload(String id);

  void endUpload(String id);

  /// Those that were begun before `before`.
  List<UploadEntry> uploads(Instant before);

  @Override
  void close();

  /// A repository as lists show it.
  record RepositoryLine(
      RepositoryName name, Instant changed, long tags, long pulls, String description) {}

  record RepositoryBlob(RepositoryName repository, Digest digest, long sizeBytes) {}

  record UploadEntry(String id, RepositoryName repository, Instant begun) {}

  /// A tag as lists show it.
  record TagLine(String name, ManifestEntry manifest, Instant pushed, String pushedBy) {}

  /// What a manifest names.
  ///
  /// @param manifest whether it is a manifest itself
  record Part(Digest digest, long sizeBytes, boolean manifest) {}

  /// A manifest that is here.
  ///
  /// @param totalBytes its own, its config's and its layers' bytes; of an index those of all its
  ///   manifests
  /// @param platforms `linux/amd64`, or several of them with a comma between
  /// @param annotations as JSON
  record ManifestEntry(
      Digest digest,
      String mediaType,
      long sizeBytes,
      Optional<String> artifactType,
      Optional<Digest> subject,
      String annotations,
      long totalBytes,
      String platforms,
      Instant pushed,
      String pushedBy,
      Optional<Instant> pulled) {}

  /// A manifest that is being added.
  ///
  /// @param movable whether a tag that points elsewhere may be moved
  record NewManifest(
      RepositoryName repository,
      ManifestEntry entry,
      List<Part> parts,
      Optional<String> tag,
      Predicate<String> movable,
      String description) {}
}
