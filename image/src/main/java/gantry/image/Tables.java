package gantry.image;

import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.Json;
import gantry.oci.Manifest;
import gantry.oci.Reference;
import gantry.state.Database;
import gantry.state.Row;
import gantry.state.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The images' tables: in the database what cannot be told from the blobs.
final class Tables {
  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE image_layer (
            chain TEXT PRIMARY KEY, below TEXT, diff TEXT NOT NULL,
            blob TEXT NOT NULL, media_type TEXT NOT NULL, blob_size INTEGER NOT NULL,
            directory TEXT NOT NULL, size INTEGER NOT NULL, boot TEXT) WITHOUT ROWID;
          CREATE TABLE image_image (
            id TEXT PRIMARY KEY, manifest TEXT NOT NULL, media_type TEXT NOT NULL, manifest_size INTEGER NOT NULL,
            tagged TEXT, parent TEXT) WITHOUT ROWID;
          CREATE TABLE image_reference (reference TEXT PRIMARY KEY, image TEXT NOT NULL) WITHOUT ROWID;
          """,
          "CREATE TABLE image_retained (name TEXT PRIMARY KEY, chain TEXT NOT NULL) WITHOUT ROWID");

  private Tables() {}

  static void migrate(Database database) {
    database.migrate("image", MIGRATIONS);
  }

  /// Reads everything; configs and manifests from their blobs.
  static Catalog read(Database database, BlobStore blobs) {
    return database.read(
        transaction -> {
          Catalog.Change catalog = Catalog.EMPTY.change();
          transaction
              .query(
                  "SELECT chain, below, diff, blob, media_type, blob_size, directory, size, boot FROM image_layer",
                  Tables::layer)
              .forEach(layer -> catalog.layers().put(layer.chainId(), layer));
          transaction
              .query(
                  "SELECT id, manifest, media_type, manifest_size, tagged, parent FROM image_image",
                  row -> image(row, blobs, catalog.layers()))
              .forEach(image -> catalog.images().put(image.id(), image));
          transaction
              .query(
                  "SELECT reference, image FROM image_reference",
                  row -> Map.entry(Reference.parse(row.text(1)), Digest.parse(row.text(2))))
              .forEach(entry -> catalog.references().put(entry.getKey(), entry.getValue()));
          transaction
              .query(
                  "SELECT name, chain FROM image_retained",
                  row -> Map.entry(row.text(1), Digest.parse(row.text(2))))
              .forEach(entry -> catalog.retained().put(entry.getKey(), entry.getValue()));
          return catalog.done();
        });
  }

  private static StoredLayer layer(Row row) {
    return new StoredLayer(
        Digest.parse(row.text(1)),
        row.optionalText(2).map(Digest::parse),
        Digest.parse(row.text(3)),
        Descriptor.of(row.text(5), Digest.parse(row.text(4)), row.number(6)),
        row.text(7),
        row.number(8),
        row.optionalText(9));
  }

  private static Image image(Row row, BlobStore blobs, Map<Digest, StoredLayer> layers) {
    Digest id = Digest.parse(row.text(1));
    Descriptor manifest = Descriptor.of(row.text(3), Digest.parse(row.text(2)), row.number(4));
    return image(
        manifest,
        Json.read(blobs.bytes(manifest.digest()), Manifest.class, "manifest"),
        id,
        Json.read(blobs.bytes(id), ImageConfig.class, "image config"),
        layers,
        row.optionalText(5).map(Instant::parse),
        row.optionalText(6).map(Digest::parse));
  }

  /// An image whose layers are all known.
  static Image image(
      Descriptor descriptor,
      Manifest manifest,
      Digest id,
      ImageConfig config,
      Map<Digest, StoredLayer> known,
      Optional<Instant> tagged,
      Optional<Digest> parent) {
    List<Layer> layers = new ArrayList<>();
    Optional<Digest> below = Optional.empty();
    List<Digest> diffIds = config.rootFs().diffIds();
    for (int i = 0; i < diffIds.size(); i++) {
      Digest chainId = Layer.chainId(below, diffIds.get(i));
      StoredLayer stored = known.get(chainId);
      if (stored == null) {
        throw new ImageException(
            ImageException.Kind.INTERNAL, "layer " + chainId + " of image " + id + " is missing");
      }
      layers.add(stored.layer(manifest.layers().get(i)));
      below = Optional.of(chainId);
    }
    return new Image(id, descriptor, config, layers, List.of(), tagged, parent);
  }

  static void insert(Transaction transaction, StoredLayer layer) {
    transaction.update(
        "INSERT OR REPLACE INTO image_layer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        layer.chainId(),
        layer.below(),
        layer.diffId(),
        layer.blob().digest(),
        layer.blob().mediaType(),
        layer.blob().sizeBytes(),
        layer.directory(),
        layer.sizeBytes(),
        layer.boot());
  }

  static void insert(Transaction transaction, Image image) {
    transaction.update(
        "INSERT OR REPLACE INTO image_image VALUES (?, ?, ?, ?, ?, ?)",
        image.id(),
        image.manifest().digest(),
        image.manifest().mediaType(),
        image.manifest().sizeBytes(),
        image.lastTagged(),
        image.parent());
  }

  static void insert(Transaction transaction, Reference reference, Digest image) {
    transaction.update("INSERT OR REPLACE INTO image_reference VALUES (?, ?)", reference, image);
  }

  /// Makes the tables say what `after` says, given that they say what `before` says.
  static void write(Transaction transaction, Catalog before, Catalog after) {
    writeLayers(transaction, before, after);
    for (Image image : after.images().values()) {
      Image was = before.images().get(image.id());
      if (was == null
          || !was.lastTagged().equals(image.lastTagged())
          || !was.parent().equals(image.parent())) {
        insert(transaction, image);
      }
    }
    for (Digest id : before.images().keySet()) {
      if (!after.images().containsKey(id)) {
        transaction.update("DELETE FROM image_image WHERE id = ?", id);
      }
    }
    writeReferences(transaction, before, after);
    writeRetained(transaction, before, after);
  }

  private static void writeRetained(Transaction transaction, Catalog before, Catalog after) {
    after
        .retained()
        .forEach(
            (name, chain) -> {
              if (!chain.equals(before.retained().get(name))) {
                transaction.update(
                    "INSERT OR REPLACE INTO image_retained VALUES (?, ?)", name, chain);
              }
            });
    for (String name : before.retained().keySet()) {
      if (!after.retained().containsKey(name)) {
        transaction.update("DELETE FROM image_retained WHERE name = ?", name);
      }
    }
  }

  private static void writeLayers(Transaction transaction, Catalog before, Catalog after) {
    for (StoredLayer layer : after.layers().values()) {
      if (!layer.equals(before.layers().get(layer.chainId()))) {
        insert(transaction, layer);
      }
    }
    for (Digest chainId : before.layers().keySet()) {
      if (!after.layers().containsKey(chainId)) {
        transaction.update("DELETE FROM image_layer WHERE chain = ?", chainId);
      }
    }
  }

  private static void writeReferences(Transaction transaction, Catalog before, Catalog after) {
    after
        .references()
        .forEach(
            (reference, id) -> {
              if (!id.equals(before.references().get(reference))) {
                insert(transaction, reference, id);
              }
            });
    for (Reference reference : before.references().keySet()) {
      if (!after.references().containsKey(reference)) {
        transaction.update("DELETE FROM image_reference WHERE reference = ?", reference);
      }
    }
  }
}
