package gantry.state;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The metadata of a data root: `gantry.db`, a SQLite database in write-ahead-log mode, for one
/// process at a time.
///
/// There is one writer. A transaction is **durable** (survives a power cut once the call returned)
/// or **fast** (survives the end of the process by any means, but a power cut may take it, and
/// never without all that came after it). SQLite itself always commits without syncing; a durable
/// transaction then syncs the log, outside of the writer's lock, so that transactions which commit
/// meanwhile share the next sync. The log is copied into the database in the background.
///
/// Thread-safe. A work given to a transaction must not start another one.
public final class Database implements AutoCloseable {
  private static final int CHECKPOINT_EVERY = 400; // transactions; some thousand pages at most

  private final DirectoryLock directoryLock;
  private final ReentrantLock writing = new ReentrantLock();
  private final ReentrantLock reading = new ReentrantLock();
  private final Connection writer;
  private final Connection reader;
  private final LogSync sync;
  private final Checkpointer checkpointer;
  private long committed; // guarded by writing
  private boolean closed; // guarded by writing

  private Database(
      DirectoryLock directoryLock, Connection writer, Connection reader, LogSync sync, Path file) {
    this.directoryLock = directoryLock;
    this.writer = writer;
    this.reader = reader;
    this.sync = sync;
    this.checkpointer = new Checkpointer(file);
  }

  /// Opens the database of `dataRoot`, making directory and database where they are missing. If the
  /// machine went down while it was open, it is checked through first.
  ///
  /// @throws StateException when another process has this data root (naming its pid), or the
  ///   database is damaged
  public static Database open(Path dataRoot) {
    createDirectory(dataRoot);
    DirectoryLock lock = DirectoryLock.acquire(dataRoot);
    try {
      NativeLibrary.prepare(dataRoot);
      return open(dataRoot.resolve("gantry.db"), lock);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static Database open(Path file, DirectoryLock lock) {
    createFile(file);
    Connection writer = Connection.open(file);
    try {
      prepare(writer, file);
      Connection reader = Connection.open(file);
      return new Database(lock, writer, reader, LogSync.open(file), file);
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  private static void createDirectory(Path dataRoot) {
    try {
      Files.createDirectories(
          dataRoot,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x---")));
    } catch (IOException e) {
      throw new StateException(
          "cannot make data root '%s': %s".formatted(dataRoot, e.getMessage()), e);
    }
  }

  /// SQLite gives its log and index the permissions of the database.
  private static void createFile(Path file) {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException _) {
      // opened below
    } catch (IOException e) {
      throw new StateException("cannot make database '%s': %s".formatted(file, e.getMessage()), e);
    }
  }

  private static void prepare(Connection writer, Path file) {
    writer.script("PRAGMA wal_autocheckpoint=0");
    writer.script(
        "CREATE TABLE IF NOT EXISTS state_opened (id INTEGER PRIMARY KEY CHECK (id = 1), boot TEXT NOT NULL)");
    writer.script(
        "CREATE TABLE IF NOT EXISTS state_migration (room TEXT NOT NULL, number INTEGER NOT NULL, "
            + "PRIMARY KEY (room, number)) WITHOUT ROWID");
    String boot = DirectoryLock.bootId();
    boolean wentDown =
        writer
            .first("SELECT boot FROM state_opened", row -> row.text(1))
            .filter(opened -> opened.isEmpty() || !opened.equals(boot))
            .isPresent();
    if (wentDown) {
      check(writer, file);
    }
    writer.update("INSERT OR REPLACE INTO state_opened VALUES (1, ?)", boot);
  }

  private static void check(Connection writer, Path file) {
    List<String> problems = writer.query("PRAGMA integrity_check(10)", row -> row.text(1));
    if (!problems.equals(List.of("ok"))) {
      throw new StateException(
          "database '%s' is damaged (%s); restore it from a copy, or move the data root aside to start anew"
              .formatted(file, String.join("; ", problems)));
    }
  }

  /// Brings the tables of `room` up to date: runs those scripts, numbered from 1 by their place in
  /// the list, that were not run here before. The list only ever grows at its end.
  ///
  /// @throws StateException when this database was written by a newer program
  public void migrate(String room, List<String> scripts) {
    durably(
        transaction -> {
          long done =
              transaction
                  .first(
                      "SELECT max(number) FROM state_migration WHERE room = ?",
                      row -> row.number(1),
                      room)
                  .orElse(0L);
          if (done > scripts.size()) {
            throw new StateException(
                "the data root was written by a newer Gantry (%s %d, this one knows %d); upgrade, or choose another --data-root"
                    .formatted(room, done, scripts.size()));
          }
          for (int i = (int) done; i < scripts.size(); i++) {
            writer.script(scripts.get(i));
            transaction.update("INSERT INTO state_migration VALUES (?, ?)", room, i + 1);
          }
        });
  }

  /// Runs `work` in a transaction that is on the disk when this returns. It is rolled back when
  /// `work` throws, which is then rethrown.
  ///
  /// @throws StateException when the disk is full or fails
  public <T> T durable(Function<Transaction, T> work) {
    Outcome<T> outcome = transact(work);
    sync.upTo(outcome.number());
    return outcome.value();
  }

  /// [#durable] without a result.
  public void durably(Consumer<Transaction> work) {
    durable(
        transaction -> {
          work.accept(transaction);
          return true;
        });
  }

  /// Runs `work` in a transaction that survives the end of this process, but perhaps no power cut.
  public <T> T fast(Function<Transaction, T> work) {
    return transact(work).value();
  }

  /// [#fast] without a result.
  public void quickly(Consumer<Transaction> work) {
    fast(
        transaction -> {
          work.accept(transaction);
          return true;
        });
  }

  /// Reads a consistent state, beside the writer.
  public <T> T read(Function<Transaction, T> work) {
    reading.lock();
    try {
      reader.update("BEGIN");
      try {
        return work.apply(reader);
      } finally {
        reader.update("ROLLBACK");
      }
    } finally {
      reading.unlock();
    }
  }

  private record Outcome<T>(T value, long number) {}

  private <T> Outcome<T> transact(Function<Transaction, T> work) {
    writing.lock();
    try {
      if (closed) {
        throw new StateException("the database is closed");
      }
      writer.update("BEGIN IMMEDIATE");
      T value = commit(work);
      long number = ++committed;
      sync.committed(number);
      if (number % CHECKPOINT_EVERY == 0) {
        checkpointer.wake();
      }
      return new Outcome<>(value, number);
    } finally {
      writing.unlock();
    }
  }

  private <T> T commit(Function<Transaction, T> work) {
    try {
      T value = work.apply(writer);
      writer.update("COMMIT");
      return value;
    } catch (RuntimeException | Error e) {
      rollback(e);
      throw e;
    }
  }

  private void rollback(Throwable reason) {
    try {
      writer.update("ROLLBACK");
    } catch (StateException e) {
      reason.addSuppressed(e); // SQLite has rolled back by itself: a full disk does that
    }
  }

  /// Waits for the writer, writes the log into the database and lets go of the data root.
  /// Idempotent.
  @Override
  public void close() {
    checkpointer.close();
    writing.lock();
    reading.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      sync.close();
      reader.close();
      writer.update("DELETE FROM state_opened");
      writer.close();
    } finally {
      reading.unlock();
      writing.unlock();
      directoryLock.close();
    }
  }

  /// Syncs the write-ahead log for all who wait for it at once.
  private static final class LogSync {
    private final ReentrantLock lock = new ReentrantLock();
    private final Path file;
    private FileChannel log; // guarded by lock
    private volatile long committed;
    private long synced; // guarded by lock
    private @Nullable IOException failure; // guarded by lock

    private LogSync(FileChannel log, Path file) {
      this.log = log;
      this.file = file;
    }

    /// The log exists while a connection that has written is open. No lock of SQLite's is on it, so
    /// that it can be opened and closed beside SQLite.
    static LogSync open(Path database) {
      Path file = Path.of(database + "-wal");
      try (FileChannel directory =
          FileChannel.open(database.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
        FileChannel log = FileChannel.open(file, StandardOpenOption.WRITE);
        log.force(true);
        directory.force(true); // database and log have their names from now on
        return new LogSync(log, file);
      } catch (IOException e) {
        throw new StateException("cannot open '%s': %s".formatted(file, e.getMessage()), e);
      }
    }

    void committed(long number) {
      committed = number;
    }

    void upTo(long number) {
      lock.lock();
      try {
        if (failure != null) {
          throw lost(failure);
        }
        if (synced >= number) {
          return;
        }
        long all = committed;
        force();
        synced = all;
      } catch (IOException e) {
        failure = e;
        throw lost(e);
      } finally {
        lock.unlock();
      }
    }

    /// An interrupted thread closes the channel it uses; the interrupt is for its owner, not for
    /// the log.
    private void force() throws IOException {
      boolean interrupted = false;
      while (true) {
        try {
          log.force(false);
          break;
        } catch (ClosedByInterruptException _) {
          interrupted |= Thread.interrupted();
          log = FileChannel.open(file, StandardOpenOption.WRITE);
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /// After a failed sync the kernel may have dropped the pages: nothing later can be promised.
    private StateException lost(IOException e) {
      return new StateException(
          "cannot sync '%s' to disk: %s; check the disk and restart"
              .formatted(file, e.getMessage()),
          e);
    }

    void close() {
      lock.lock();
      try {
        log.close();
      } catch (IOException e) {
        throw new StateException("cannot close '%s': %s".formatted(file, e.getMessage()), e);
      } finally {
        lock.unlock();
      }
    }
  }

  /// Copies the log into the database, on a thread and a connection of its own.
  private static final class Checkpointer {
    private final Path file;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final java.util.concurrent.locks.Condition changed = lock.newCondition();
    private boolean wanted; // guarded by lock
    private boolean ended; // guarded by lock

    Checkpointer(Path file) {
      this.file = file;
      this.thread = Thread.ofPlatform().daemon().name("state-checkpoint").start(this::run);
    }

    void wake() {
      lock.lock();
      try {
        wanted = true;
        changed.signal();
      } finally {
        lock.unlock();
      }
    }

    private void run() {
      if (!awaitWork()) {
        return;
      }
      try (Connection connection = Connection.open(file)) {
        connection.script("PRAGMA wal_autocheckpoint=0");
        do {
          checkpoint(connection);
        } while (awaitWork());
      }
    }

    private static void checkpoint(Connection connection) {
      try {
        connection.query("PRAGMA wal_checkpoint(PASSIVE)", row -> row.number(1));
      } catch (StateException _) {
        // a full disk, say: the log keeps all of it, and the writer hears of a failing disk itself
      }
    }

    private boolean awaitWork() {
      lock.lock();
      try {
        while (!wanted && !ended) {
          changed.awaitUninterruptibly();
        }
        wanted = false;
        return !ended;
      } finally {
        lock.unlock();
      }
    }

    void close() {
      lock.lock();
      try {
        ended = true;
        changed.signal();
      } finally {
        lock.unlock();
      }
      boolean interrupted = false;
      while (true) {
        try {
          thread.join();
          break;
        } catch (InterruptedException _) {
          interrupted = true; // a checkpoint ends by itself, soon
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
