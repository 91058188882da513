package gantry.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
  private static final List<String> TABLE =
      List.of("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, data BLOB)");
  private static final String INSERT = "INSERT INTO thing (name) VALUES (?)";

  @TempDir private Path root;

  private Database open() {
    Database database = Database.open(root);
    database.migrate("test", TABLE);
    return database;
  }

  private static long count(Database database) {
    return database
        .read(t -> t.first("SELECT count(*) FROM thing", row -> row.number(1)))
        .orElseThrow();
  }

  @Test
  void durable_thenReopened_isThere() {
    try (Database database = open()) {
      database.durably(t -> t.update("INSERT INTO thing VALUES (7, ?, ?)", "n", new byte[] {1, 2}));
    }

    try (Database database = open()) {
      List<String> rows =
          database.read(
              t ->
                  t.query(
                      "SELECT id, name, data FROM thing",
                      row -> row.number(1) + row.text(2) + row.bytes(3).length));
      assertThat(rows).containsExactly("7n2");
    }
  }

  @Test
  void transaction_workThrows_isRolledBackAndRethrown() {
    try (Database database = open()) {
      assertThatThrownBy(
              () ->
                  database.durably(
                      t -> {
                        t.update(INSERT, "x");
                        throw new IllegalStateException("no");
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no");

      assertThat(count(database)).isZero();
      database.quickly(t -> t.update(INSERT, "y"));
      assertThat(count(database)).isOne();
    }
  }

  @Test
  void update_optionalArgument_emptyIsNull() {
    try (Database database = open()) {
      database.quickly(t -> t.update(INSERT, Optional.empty()));
      database.quickly(t -> t.update(INSERT, Optional.of("x")));

      List<Optional<String>> names =
          database.read(
              t -> t.query("SELECT name FROM thing ORDER BY id", row -> row.optionalText(1)));
      assertThat(names).containsExactly(Optional.empty(), Optional.of("x"));
    }
  }

  @Test
  void open_twice_namesThePid() {
    try (Database _ = open()) {
      assertThatThrownBy(() -> Database.open(root))
          .isInstanceOf(StateException.class)
          .hasMessage(
              "data root '%s' is in use by process %d; stop that one or choose another --data-root"
                  .formatted(root, ProcessHandle.current().pid()));
    }
  }

  @Test
  void open_files_areForTheOwnerAlone() throws IOException {
    try (Database database = open();
        var files = Files.list(root)) {
      database.quickly(t -> t.update(INSERT, "x"));

      assertThat(files.filter(Files::isRegularFile))
          .extracting(f -> f.getFileName() + " " + permissions(f))
          .containsExactlyInAnyOrder(
              "gantry.db rw-------",
              "gantry.db-shm rw-------",
              "gantry.db-wal rw-------",
              "lock rw-------");
    }
  }

  private static String permissions(Path file) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void migrate_moreScripts_runsTheNewOnesOnce() {
    try (Database database = open()) {
      database.migrate(
          "test", List.of(TABLE.getFirst(), "INSERT INTO thing (name) VALUES ('second')"));
      database.migrate(
          "test", List.of(TABLE.getFirst(), "INSERT INTO thing (name) VALUES ('second')"));

      assertThat(count(database)).isOne();
    }
  }

  @Test
  void migrate_databaseOfANewerProgram_isRefused() {
    try (Database database = open()) {
      assertThatThrownBy(() -> database.migrate("test", List.of()))
          .isInstanceOf(StateException.class)
          .hasMessageContaining("written by a newer Gantry (test 1, this one knows 0)");
    }
  }

  @Test
  void migrate_brokenScript_changesNothing() {
    try (Database database = open()) {
      assertThatThrownBy(
              () -> database.migrate("other", List.of("CREATE TABLE a (x)", "CREATE NONSENSE")))
          .isInstanceOf(StateException.class);

      database.migrate("other", List.of("CREATE TABLE a (x)"));
    }
  }

  /// What a killed process leaves: the files as they are, the log included.
  @Test
  void open_afterAKill_hasWhatWasCommitted() throws IOException {
    Path copy = Files.createDirectory(root.resolve("copy"));
    try (Database database = open()) {
      database.durably(t -> t.update(INSERT, "x"));
      for (String name : List.of("gantry.db", "gantry.db-wal", "gantry.db-shm")) {
        Files.copy(root.resolve(name), copy.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }

    try (Database killed = Database.open(copy)) {
      assertThat(count(killed)).isOne();
    }
  }

  @Test
  void open_damagedAfterAReboot_saysSo() throws IOException {
    Path file = root.resolve("gantry.db");
    try (Database database = open()) {
      database.durably(t -> IntStream.range(0, 500).forEach(i -> t.update(INSERT, "x" + i)));
      database.durably(t -> t.update("CREATE INDEX thing_name ON thing (name)"));
    }
    try (Database database = open()) {
      database.durably(t -> t.update("INSERT OR REPLACE INTO state_opened VALUES (1, 'earlier')"));
      Path copy = Files.createDirectory(root.resolve("copy"));
      Files.copy(file, copy.resolve("gantry.db"));
      Files.copy(root.resolve("gantry.db-wal"), copy.resolve("gantry.db-wal"));
    }
    Path damaged = root.resolve("copy/gantry.db");
    byte[] bytes = Files.readAllBytes(damaged);
    for (int i = 3 * 4096; i < bytes.length; i++) {
      bytes[i] = 0x5A;
    }
    Files.write(damaged, bytes, StandardOpenOption.TRUNCATE_EXISTING);

    assertThatThrownBy(() -> Database.open(root.resolve("copy")))
        .isInstanceOf(StateException.class)
        .hasMessageContaining("damaged");
    assertThat(Files.exists(root.resolve("copy/lock"))).isTrue();
    DirectoryLock.acquire(root.resolve("copy")).close(); // it was let go of
  }

  @Test
  void durable_manyThreads_allAreThere() throws Exception {
    try (Database database = open()) {
      try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 50; i++) {
          executor.execute(
              () -> {
                for (int j = 0; j < 20; j++) {
                  database.durably(t -> t.update(INSERT, "x"));
                }
              });
        }
      }

      assertThat(count(database)).isEqualTo(1000);
    }
  }

  @Test
  void durable_interruptedThread_commitsAndStaysInterrupted() {
    try (Database database = open()) {
      Thread.currentThread().interrupt();
      database.durably(t -> t.update(INSERT, "x"));

      assertThat(Thread.interrupted()).isTrue();
      database.durably(t -> t.update(INSERT, "y"));
      assertThat(count(database)).isEqualTo(2);
    }
  }

  @Test
  void close_twice_isHarmlessAndUseAfterIsRefused() {
    Database database = open();
    database.close();
    database.close();

    assertThatThrownBy(() -> database.durably(t -> t.update(INSERT, "x")))
        .hasMessage("the database is closed");
  }
}
