package gantry.store.content;

import gantry.oci.Digest;
import gantry.state.Database;
import gantry.state.Row;
import gantry.state.Transaction;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Metadata in the SQLite database of the Store's root, for one process at a time.
public final class SqliteMetadata implements Metadata {
  private static final String MANIFEST_COLUMNS =
      "m.digest, m.media_type, m.size, m.artifact_type, m.subject, m.annotations, m.total, "
          + "m.platforms, m.pushed, m.pushed_by, m.pulled";
  private static final int MANIFEST_COLUMN_COUNT = 11;
  private static final String LINE_COLUMNS = "name, changed, tags, pulls, description";
  private static final String OF_NAME = "(SELECT id FROM store_repository WHERE name = ?)";

  private record Pull(RepositoryName repository, Digest manifest) {}

  private record Pulls(long count, Instant last) {}

  private final Database database;
  private final Map<Pull, Pulls> pulls = new ConcurrentHashMap<>();

  private SqliteMetadata(Database database) {
    this.database = database;
  }

  /// Opens, or makes, the database in `root`.
  ///
  /// @throws gantry.state.StateException when another process has it, or it is damaged
  public static SqliteMetadata open(Path root) {
    Database database = Database.open(root);
    database.migrate(Tables.ROOM, Tables.MIGRATIONS);
    return new SqliteMetadata(database);
  }

  // ---- repositories

  @Override
  public List<RepositoryName> repositories(String last, int limit) {
    return database.read(
        t ->
            t.query(
                "SELECT name FROM store_repository WHERE name > ? ORDER BY name LIMIT ?",
                SqliteMetadata::name,
                last,
                limit));
  }

  private static RepositoryName name(Row row) {
    return new RepositoryName(row.text(1));
  }

  @Override
  public boolean hasRepository(RepositoryName repository) {
    return database.read(t -> id(t, repository).isPresent());
  }

  private static Optional<Long> id(Transaction t, RepositoryName repository) {
    return t.first(
        "SELECT id FROM store_repository WHERE name = ?", row -> row.number(1), repository);
  }

  private static long idOrNew(Transaction t, RepositoryName repository) {
    t.update(
        "INSERT INTO store_repository (name, changed) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET changed = excluded.changed",
        repository,
        System.currentTimeMillis());
    return id(t, repository).orElseThrow();
  }

  @Override
  public List<RepositoryLine> search(String text, int offset, int limit) {
    return database.read(
        t ->
            t.query(
                "SELECT "
                    + LINE_COLUMNS
                    + " FROM store_repository WHERE instr(name, ?1) OR instr(lower(description), ?1) ORDER BY changed DESC, name LIMIT ?2 OFFSET ?3",
                SqliteMetadata::line,
                text,
                limit,
                offset));
  }

  @Override
  public Optional<RepositoryLine> line(RepositoryName repository) {
    return database.read(
        t ->
            t.first(
                "SELECT " + LINE_COLUMNS + " FROM store_repository WHERE name = ?",
                SqliteMetadata::line,
                repository));
  }

  private static RepositoryLine line(Row row) {
    return new RepositoryLine(name(row), time(row, 2), row.number(3), row.number(4), row.text(5));
  }

  private static Instant time(Row row, int column) {
    return Instant.ofEpochMilli(row.number(column));
  }

  @Override
  public Optional<String> readme(RepositoryName repository) {
    return database
        .read(
            t ->
                t.first(
                    "SELECT readme FROM store_repository WHERE name = ?",
                    row -> row.optionalText(1),
                    repository))
        .flatMap(text -> text);
  }

  @Override
  public void setReadme(RepositoryName repository, String text) {
    database.durably(
        t ->
            t.update(
                "UPDATE store_repository SET readme = ? WHERE name = ?",
                text.isEmpty() ? Optional.empty() : text,
                repository));
  }

  @Override
  public long sizeBytes(RepositoryName repository) {
    return database.read(
        t ->
            t.first(
                    "SELECT sum(size) FROM store_blob WHERE repository = " + OF_NAME,
                    row -> row.number(1),
                    repository)
                .orElse(0L));
  }

  // ---- blobs

  @Override
  public Optional<Long> blobSize(RepositoryName repository, Digest digest) {
    return database.read(
        t ->
            t.first(
                "SELECT size FROM store_blob WHERE repository = " + OF_NAME + " AND digest = ?",
                row -> row.number(1),
                repository,
                digest));
  }

  @Override
  public void addBlob(RepositoryName repository, Digest digest, long sizeBytes) {
    database.durably(
        t ->
            t.update(
                "INSERT OR REPLACE INTO store_blob VALUES (?, ?, ?, ?)",
                idOrNew(t, repository),
                digest,
                sizeBytes,
                System.currentTimeMillis()));
  }

  @Override
  public List<RepositoryName> having(Digest digest) {
    return database.read(
        t ->
            t.query(
                "SELECT r.name FROM store_blob b JOIN store_repository r ON r.id = b.repository WHERE b.digest = ?",
                SqliteMetadata::name,
                digest));
  }

  @Override
  public List<RepositoryName> manifestIn(Digest digest) {
    return database.read(
        t ->
            t.query(
                "SELECT r.name FROM store_manifest m JOIN store_repository r ON r.id = m.repository WHERE m.digest = ?",
                SqliteMetadata::name,
                digest));
  }

  @Override
  public boolean removeBlob(RepositoryName repository, Digest digest) {
    return database.durable(
        t -> id(t, repository).filter(id -> removeUnused(t, id, digest)).isPresent());
  }

  @Override
  public void removeUnused(RepositoryName repository, Set<Digest> blobs) {
    database.durably(
        t -> id(t, repository).ifPresent(id -> blobs.forEach(blob -> removeUnused(t, id, blob))));
  }

  private static boolean removeUnused(Transaction t, long repository, Digest digest) {
    return t.update(
            "DELETE FROM store_blob WHERE repository = ?1 AND digest = ?2 AND NOT EXISTS (SELECT 1 FROM store_part p WHERE p.repository = ?1 AND p.digest = ?2)",
            repository,
            digest)
        > 0;
  }

  @Override
  public boolean inUse(Digest digest) {
    return database.read(
        t ->
            t.first(
                    "SELECT 1 FROM store_blob WHERE digest = ?1 UNION ALL SELECT 1 FROM store_manifest WHERE digest = ?1",
                    row -> row.number(1),
                    digest)
                .isPresent());
  }

  @Override
  public List<RepositoryBlob> unused(Instant before) {
    return database.read(
        t ->
            t.query(
                "SELECT r.name, b.digest, b.size FROM store_blob b JOIN store_repository r ON r.id = b.repository WHERE b.added < ? AND NOT EXISTS (SELECT 1 FROM store_part p WHERE p.repository = b.repository AND p.digest = b.digest)",
                row -> new RepositoryBlob(name(row), Digest.parse(row.text(2)), row.number(3)),
                before.toEpochMilli()));
  }

  // ---- manifests

  @Override
  public Optional<ManifestEntry> manifest(RepositoryName repository, Digest digest) {
    return database.read(
        t ->
            t.first(
                "SELECT "
                    + MANIFEST_COLUMNS
                    + " FROM store_manifest m WHERE m.repository = "
                    + OF_NAME
                    + " AND m.digest = ?",
                SqliteMetadata::entry,
                repository,
                digest));
  }

  private static ManifestEntry entry(Row row) {
    return new ManifestEntry(
        Digest.parse(row.text(1)),
        row.text(2),
        row.number(3),
        row.optionalText(4),
        row.optionalText(5).map(Digest::parse),
        row.text(6),
        row.number(7),
        row.text(8),
        time(row, 9),
        row.text(10),
        row.number(11) == 0 ? Optional.empty() : Optional.of(time(row, 11)));
  }

  @Override
  public void putManifest(NewManifest manifest) {
    database.durably(t -> put(t, manifest));
  }

  private static void put(Transaction t, NewManifest fresh) {
    long id = idOrNew(t, fresh.repository());
    long total = fresh.entry().totalBytes();
    for (Part part : fresh.parts()) {
      total += required(t, id, part);
    }
    ManifestEntry entry = fresh.entry();
    t.update(
        "INSERT INTO store_manifest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type, pushed = excluded.pushed, pushed_by = excluded.pushed_by",
        id,
        entry.digest(),
        entry.mediaType(),
        entry.sizeBytes(),
        entry.artifactType(),
        entry.subject(),
        entry.annotations(),
        total,
        entry.platforms(),
        entry.pushed().toEpochMilli(),
        entry.pushedBy());
    for (Part part : fresh.parts()) {
      t.update(
          "INSERT OR IGNORE INTO store_part VALUES (?, ?, ?, ?, ?)",
          id,
          entry.digest(),
          part.digest(),
          part.sizeBytes(),
          part.manifest());
    }
    if (!fresh.description().isEmpty()) {
      t.update("UPDATE store_repository SET description = ? WHERE id = ?", fresh.description(), id);
    }
    fresh.tag().ifPresent(tag -> tag(t, id, tag, fresh));
  }

  /// The bytes that a part stands for; it must be there, with the size that the manifest says.
  private static long required(Transaction t, long repository, Part part) {
    long[] sizes =
        t.first(
                part.manifest()
                    ? "SELECT size, total FROM store_manifest WHERE repository = ? AND digest = ?"
                    : "SELECT size, size FROM store_blob WHERE repository = ? AND digest = ?",
                row -> new long[] {row.number(1), row.number(2)},
                repository,
                part.digest())
            .orElseThrow(
                () ->
                    new StoreException(
                        StoreException.Code.MANIFEST_BLOB_UNKNOWN,
                        "the manifest names %s %s, which is not in this repository; push it first"
                            .formatted(part.manifest() ? "manifest" : "blob", part.digest())));
    if (sizes[0] != part.sizeBytes()) {
      throw new StoreException(
          StoreException.Code.MANIFEST_INVALID,
          "the manifest says that %s has %d bytes, it has %d"
              .formatted(part.digest(), part.sizeBytes(), sizes[0]));
    }
    return sizes[1];
  }

  private static void tag(Transaction t, long id, String tag, NewManifest fresh) {
    Digest digest = fresh.entry().digest();
    Optional<String> old =
        t.first(
            "SELECT digest FROM store_tag WHERE repository = ? AND name = ?",
            row -> row.text(1),
            id,
            tag);
    if (old.isPresent() && !old.get().equals(digest.toString()) && !fresh.movable().test(tag)) {
      throw new StoreException(
          StoreException.Code.DENIED,
          "tag '%s' of '%s' is immutable and points to %s; choose another tag"
              .formatted(tag, fresh.repository(), old.get()));
    }
    t.update(
        "INSERT INTO store_tag VALUES (?, ?, ?, ?, ?) ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, pushed = excluded.pushed, pushed_by = excluded.pushed_by",
        id,
        tag,
        digest,
        fresh.entry().pushed().toEpochMilli(),
        fresh.entry().pushedBy());
  }

  @Override
  public Set<Digest> deleteManifest(RepositoryName repository, Digest digest) {
    return database.durable(
        t -> {
          Set<Digest> loose = new HashSet<>();
          id(t, repository).ifPresent(id -> delete(t, id, digest, loose));
          return loose;
        });
  }

  private static void delete(Transaction t, long id, Digest digest, Set<Digest> loose) {
    List<Part> parts = parts(t, id, digest);
    int deleted =
        t.update("DELETE FROM store_manifest WHERE repository = ? AND digest = ?", id, digest);
    if (deleted == 0) {
      return;
    }
    loose.add(digest);
    for (Part part : parts) {
      if (!part.manifest()) {
        loose.add(part.digest());
      } else if (standsAlone(t, id, part.digest())) {
        delete(t, id, part.digest(), loose);
      }
    }
  }

  // Neither tagged nor in another index.
  private static boolean standsAlone(Transaction t, long id, Digest manifest) {
    return t.first(
            "SELECT 1 FROM store_tag WHERE repository = ?1 AND digest = ?2 UNION ALL SELECT 1 FROM store_part WHERE repository = ?1 AND digest = ?2",
            row -> row.number(1),
            id,
            manifest)
        .isEmpty();
  }

  @Override
  public List<ManifestEntry> referrers(
      RepositoryName repository,
      Digest subject,
      Optional<String> artifactType,
      String last,
      int n) {
    return database.read(
        t ->
            t.query(
                "SELECT "
                    + MANIFEST_COLUMNS
                    + " FROM store_manifest m WHERE m.repository = "
                    + OF_NAME
                    + " AND m.subject = ? AND (?3 IS NULL OR m.artifact_type = ?3) AND m.digest > ?4 ORDER BY m.digest LIMIT ?5",
                SqliteMetadata::entry,
                repository,
                subject,
                artifactType,
                last,
                n));
  }

  @Override
  public List<Digest> untagged(RepositoryName repository, Instant before) {
    return database.read(
        t ->
            t.query(
                "SELECT m.digest FROM store_manifest m WHERE m.repository = "
                    + OF_NAME
                    + " AND m.subject IS NULL AND m.pushed < ? AND NOT EXISTS (SELECT 1 FROM store_tag x WHERE x.repository = m.repository AND x.digest = m.digest)"
                    + " AND NOT EXISTS (SELECT 1 FROM store_part p WHERE p.repository = m.repository AND p.digest = m.digest)",
                row -> Digest.parse(row.text(1)),
                repository,
                before.toEpochMilli()));
  }

  @Override
  public boolean standsAlone(RepositoryName repository, Digest manifest) {
    return database.read(
        t -> id(t, repository).filter(id -> standsAlone(t, id, manifest)).isPresent());
  }

  @Override
  public List<Digest> naming(RepositoryName repository, Digest part) {
    return database.read(
        t ->
            t.query(
                "SELECT manifest FROM store_part WHERE repository = " + OF_NAME + " AND digest = ?",
                row -> Digest.parse(row.text(1)),
                repository,
                part));
  }

  @Override
  public List<Part> parts(RepositoryName repository, Digest manifest) {
    return database.read(
        t -> id(t, repository).map(id -> parts(t, id, manifest)).orElse(List.of()));
  }

  private static List<Part> parts(Transaction t, long id, Digest manifest) {
    return t.query(
        "SELECT digest, size, is_manifest FROM store_part WHERE repository = ? AND manifest = ?",
        row -> new Part(Digest.parse(row.text(1)), row.number(2), row.truth(3)),
        id,
        manifest);
  }

  // ---- tags

  @Override
  public List<String> tagNames(RepositoryName repository, String last, int limit) {
    return database.read(
        t ->
            t.query(
                "SELECT name FROM store_tag WHERE repository = "
                    + OF_NAME
                    + " AND name > ? ORDER BY name LIMIT ?",
                row -> row.text(1),
                repository,
                last,
                limit));
  }

  @Override
  public List<TagLine> tags(RepositoryName repository, int offset, int limit) {
    return database.read(
        t ->
            t.query(
                "SELECT "
                    + MANIFEST_COLUMNS
                    + ", t.name, t.pushed, t.pushed_by FROM store_tag t JOIN store_manifest m ON m.repository = t.repository AND m.digest = t.digest WHERE t.repository = "
                    + OF_NAME
                    + " ORDER BY t.pushed DESC, t.name LIMIT ? OFFSET ?",
                row ->
                    new TagLine(
                        row.text(MANIFEST_COLUMN_COUNT + 1),
                        entry(row),
                        time(row, MANIFEST_COLUMN_COUNT + 2),
                        row.text(MANIFEST_COLUMN_COUNT + 3)),
                repository,
                limit,
                offset));
  }

  @Override
  public Optional<Digest> tag(RepositoryName repository, String name) {
    return database.read(t -> tag(t, repository, name));
  }

  private static Optional<Digest> tag(Transaction t, RepositoryName repository, String name) {
    return t.first(
        "SELECT digest FROM store_tag WHERE repository = " + OF_NAME + " AND name = ?",
        row -> Digest.parse(row.text(1)),
        repository,
        name);
  }

  @Override
  public Optional<Digest> deleteTag(RepositoryName repository, String name) {
    return database.durable(
        t -> {
          Optional<Digest> digest = tag(t, repository, name);
          t.update(
              "DELETE FROM store_tag WHERE repository = " + OF_NAME + " AND name = ?",
              repository,
              name);
          return digest;
        });
  }

  @Override
  public void pulled(RepositoryName repository, Digest manifest, Instant when) {
    pulls.merge(
        new Pull(repository, manifest),
        new Pulls(1, when),
        (old, one) -> new Pulls(old.count() + 1, one.last()));
  }

  @Override
  public void flushPulls() {
    if (pulls.isEmpty()) {
      return;
    }
    database.quickly(
        t ->
            pulls
                .keySet()
                .forEach(
                    pull -> {
                      Pulls counted = pulls.remove(pull);
                      if (counted != null) {
                        write(t, pull, counted);
                      }
                    }));
  }

  private static void write(Transaction t, Pull pull, Pulls counted) {
    t.update(
        "UPDATE store_manifest SET pulled = ? WHERE repository = " + OF_NAME + " AND digest = ?",
        counted.last().toEpochMilli(),
        pull.repository(),
        pull.manifest());
    t.update(
        "UPDATE store_repository SET pulls = pulls + ? WHERE name = ?",
        counted.count(),
        pull.repository());
  }

  // ---- uploads

  @Override
  public void beginUpload(String id, RepositoryName repository, Instant when) {
    database.quickly(
        t ->
            t.update(
                "INSERT INTO store_upload VALUES (?, ?, ?)", id, repository, when.toEpochMilli()));
  }

  @Override
  public Optional<UploadEntry> upload(String id) {
    return database.read(
        t ->
            t.first(
                "SELECT id, repository, begun FROM store_upload WHERE id = ?",
                SqliteMetadata::upload,
                id));
  }

  private static UploadEntry upload(Row row) {
    return new UploadEntry(row.text(1), new RepositoryName(row.text(2)), time(row, 3));
  }

  @Override
  public void endUpload(String id) {
    database.quickly(t -> t.update("DELETE FROM store_upload WHERE id = ?", id));
  }

  @Override
  public List<UploadEntry> uploads(Instant before) {
    return database.read(
        t ->
            t.query(
                "SELECT id, repository, begun FROM store_upload WHERE begun < ?",
                SqliteMetadata::upload,
                before.toEpochMilli()));
  }

  @Override
  public void close() {
    flushPulls();
    database.close();
  }
}
