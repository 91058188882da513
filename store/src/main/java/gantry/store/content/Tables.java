package gantry.store.content;

import java.util.List;

/// The tables of a Store. Times are milliseconds since 1970.
final class Tables {
  static final String ROOM = "store";

  static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE store_repository (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            changed INTEGER NOT NULL,
            pulls INTEGER NOT NULL DEFAULT 0,
            tags INTEGER NOT NULL DEFAULT 0,
            description TEXT NOT NULL DEFAULT '',
            readme TEXT);
          CREATE INDEX store_repository_changed ON store_repository (changed);
          CREATE TABLE store_blob (
            repository INTEGER NOT NULL REFERENCES store_repository ON DELETE CASCADE,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            added INTEGER NOT NULL,
            PRIMARY KEY (repository, digest)) WITHOUT ROWID;
          CREATE INDEX store_blob_digest ON store_blob (digest);
          CREATE TABLE store_manifest (
            repository INTEGER NOT NULL REFERENCES store_repository ON DELETE CASCADE,
            digest TEXT NOT NULL,
            media_type TEXT NOT NULL,
            size INTEGER NOT NULL,
            artifact_type TEXT,
            subject TEXT,
            annotations TEXT NOT NULL,
            total INTEGER NOT NULL,
            platforms TEXT NOT NULL,
            pushed INTEGER NOT NULL,
            pushed_by TEXT NOT NULL,
            pulled INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (repository, digest)) WITHOUT ROWID;
          CREATE INDEX store_manifest_digest ON store_manifest (digest);
          CREATE INDEX store_manifest_subject ON store_manifest (repository, subject)
            WHERE subject IS NOT NULL;
          CREATE TABLE store_part (
            repository INTEGER NOT NULL,
            manifest TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            is_manifest INTEGER NOT NULL,
            PRIMARY KEY (repository, manifest, digest),
            FOREIGN KEY (repository, manifest) REFERENCES store_manifest ON DELETE CASCADE)
            WITHOUT ROWID;
          CREATE INDEX store_part_digest ON store_part (repository, digest);
          CREATE TABLE store_tag (
            repository INTEGER NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            pushed INTEGER NOT NULL,
            pushed_by TEXT NOT NULL,
            PRIMARY KEY (repository, name),
            FOREIGN KEY (repository, digest) REFERENCES store_manifest ON DELETE CASCADE)
            WITHOUT ROWID;
          CREATE INDEX store_tag_digest ON store_tag (repository, digest);
          CREATE INDEX store_tag_pushed ON store_tag (repository, pushed);
          CREATE TRIGGER store_tag_counted AFTER INSERT ON store_tag BEGIN
            UPDATE store_repository SET tags = tags + 1 WHERE id = NEW.repository;
          END;
          CREATE TRIGGER store_tag_uncounted AFTER DELETE ON store_tag BEGIN
            UPDATE store_repository SET tags = tags - 1 WHERE id = OLD.repository;
          END;
          CREATE TABLE store_upload (
            id TEXT PRIMARY KEY,
            repository TEXT NOT NULL,
            begun INTEGER NOT NULL) WITHOUT ROWID;
          """);

  private Tables() {}
}
