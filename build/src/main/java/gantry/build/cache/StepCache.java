package gantry.build.cache;

import gantry.build.context.Manifest;
import gantry.image.ImageStore;
import gantry.oci.Digest;
import gantry.state.Database;
import gantry.state.Row;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Results of steps, by the digest of what they were made of. Thread-safe.
///
/// A result's layers are retained in the image store under `build/<key>` before its record is
/// written: a crash between leaves a name without a record, which the next opening lets go of. So
/// does a record whose layers are gone, after somebody's repair, disappear.
public final class StepCache {
  private static final String RETAINED = "build/";
  private static final int FILES_MAX = 100_000; // of one step, to explain with
  private static final int FINGERPRINT_KEY_BYTES = 16;

  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE build_step (
            key TEXT PRIMARY KEY, result TEXT, parent TEXT, place TEXT NOT NULL,
            description TEXT NOT NULL, size INTEGER NOT NULL,
            created TEXT NOT NULL, used TEXT NOT NULL, uses INTEGER NOT NULL,
            inputs BLOB NOT NULL, files BLOB NOT NULL) WITHOUT ROWID;
          CREATE INDEX build_step_place ON build_step (place);
          CREATE TABLE build_secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
          """);

  private final Database database;
  private final ImageStore images;
  private final byte[] fingerprintKey;
  private final Map<Digest, StepRecord> records = new ConcurrentHashMap<>();

  private StepCache(Database database, ImageStore images, byte[] fingerprintKey) {
    this.database = database;
    this.images = images;
    this.fingerprintKey = fingerprintKey;
  }

  /// Opens the cache, and makes it and the image store agree.
  public static StepCache open(Database database, ImageStore images) {
    database.migrate("build", MIGRATIONS);
    StepCache cache = new StepCache(database, images, fingerprintKey(database));
    cache.read();
    return cache;
  }

  private static byte[] fingerprintKey(Database database) {
    return database.durable(
        transaction ->
            transaction
                .first(
                    "SELECT value FROM build_secret WHERE name = 'fingerprints'",
                    row -> row.bytes(1))
                .orElseGet(
                    () -> {
                      byte[] key = new byte[FINGERPRINT_KEY_BYTES];
                      new SecureRandom().nextBytes(key);
                      transaction.update(
                          "INSERT INTO build_secret VALUES ('fingerprints', ?)", key);
                      return key;
                    }));
  }

  private void read() {
    List<StepRecord> all =
        database.read(
            transaction ->
                transaction.query(
                    "SELECT key, result, parent, place, description, size, created, used, uses FROM build_step",
                    StepCache::record));
    List<Digest> lost = new ArrayList<>();
    for (StepRecord record : all) {
      if (record.result().map(chain -> images.layers(chain).isPresent()).orElse(true)) {
        records.put(record.key(), record);
      } else {
        lost.add(record.key());
      }
    }
    forget(lost);
    Set<String> unknown = new HashSet<>(images.retained().keySet());
    unknown.removeIf(
        name ->
            !name.startsWith(RETAINED)
                || records.containsKey(Digest.ofSha256(name.substring(RETAINED.length()))));
    images.release(unknown);
  }

  private static StepRecord record(Row row) {
    return new StepRecord(
        Digest.parse(row.text(1)),
        row.optionalText(2).map(Digest::parse),
        row.optionalText(3).map(Digest::parse),
        row.text(4),
        row.text(5),
        row.number(6),
        Instant.parse(row.text(7)),
        Instant.parse(row.text(8)),
        (int) row.number(9));
  }

  /// The name under which a step's result must be retained before [#add].
  public static String retainedAs(Digest key) {
    return RETAINED + key.hex();
  }

  public Optional<StepRecord> find(Digest key) {
    return Optional.ofNullable(records.get(key));
  }

  /// All records, the last used first.
  public List<StepRecord> all() {
    return records.values().stream()
        .sorted(Comparator.comparing(StepRecord::used).reversed().thenComparing(StepRecord::key))
        .toList();
  }

  /// Adds a result whose layers are retained.
  public void add(StepRecord record, Inputs inputs) {
    database.quickly(
        transaction ->
            transaction.update(
                "INSERT OR REPLACE INTO build_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                record.key(),
                record.result(),
                record.parent(),
                record.place(),
                record.description(),
                record.sizeBytes(),
                record.created(),
                record.used(),
                record.uses(),
                PackedNames.pack(inputs.fingerprints(fingerprintKey)),
                encoded(inputs)));
    records.put(record.key(), record);
  }

  /// These were used by a build that ends now.
  public void used(Collection<Digest> keys) {
    Instant now = Instant.now();
    database.quickly(
        transaction ->
            keys.forEach(
                key ->
                    transaction.update(
                        "UPDATE build_step SET used = ?, uses = uses + 1 WHERE key = ?",
                        now,
                        key)));
    keys.forEach(key -> records.computeIfPresent(key, (_, record) -> record.usedAt(now)));
  }

  /// Removes records, and what only they keep of the image store.
  public void remove(Collection<Digest> keys) {
    forget(keys);
    images.release(keys.stream().map(StepCache::retainedAs).toList());
  }

  private void forget(Collection<Digest> keys) {
    database.quickly(
        transaction ->
            keys.forEach(key -> transaction.update("DELETE FROM build_step WHERE key = ?", key)));
    keys.forEach(records::remove);
  }

  /// Why a step is not in the cache, compared with the last time that the step of that place was
  /// run: sentences, the most important first.
  public List<String> explainMiss(String place, Inputs inputs) {
    Optional<Kept> before =
        database.read(
            transaction ->
                transaction.first(
                    "SELECT inputs, files FROM build_step WHERE place = ? ORDER BY used DESC LIMIT 1",
                    row ->
                        new Kept(PackedNames.unpack(row.bytes(1)), Manifest.decode(row.bytes(2))),
                    place));
    return before
        .map(kept -> kept.differences(inputs, fingerprintKey))
        .orElseGet(() -> List.of("no result of this step is in the cache"));
  }

  /// What was kept of a step's inputs.
  private record Kept(Map<String, String> inputs, Optional<Manifest> files) {
    List<String> differences(Inputs now, byte[] key) {
      return Difference.between(inputs, now.fingerprints(key), files, now.files());
    }
  }

  /// Nothing where they are too many to be of use.
  private static byte[] encoded(Inputs inputs) {
    return inputs
        .files()
        .filter(manifest -> manifest.lines().size() <= FILES_MAX)
        .map(Manifest::encode)
        .orElseGet(() -> new byte[0]);
  }
}
