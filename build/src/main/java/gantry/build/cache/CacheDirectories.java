package gantry.build.cache;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import gantry.oci.Digest;
import gantry.state.Database;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// The directories of `RUN --mount=type=cache`: kept from build to build, in no layer.
///
/// ```
/// <data-root>/build/mounts/<digest of the id>/<number>
/// ```
///
/// Number 0 is what everybody shares; who wants one for himself while others work gets the first
/// that is free. Thread-safe.
public final class CacheDirectories implements AutoCloseable {
  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE build_mount (
            id TEXT PRIMARY KEY, created TEXT NOT NULL, used TEXT NOT NULL, uses INTEGER NOT NULL)
            WITHOUT ROWID;
          """);

  /// How one directory is used by several steps at the same time.
  public enum Sharing {
    /// All of them write to it.
    SHARED,
    /// Each has one of its own.
    PRIVATE,
    /// One after the other.
    LOCKED
  }

  /// What a step asks for.
  ///
  /// @param seed fills a directory that was just made; lent its descriptor
  public record Wanted(String id, Sharing sharing, int mode, int uid, int gid, Consumer<Fd> seed) {}

  /// What is known of all directories of one id.
  ///
  /// @param key digest of the id
  public record Kept(
      Digest key,
      String id,
      long sizeBytes,
      Instant created,
      Instant used,
      int uses,
      boolean busy) {}

  private final Database database;
  private final Path root;
  private final OwnedFd directory;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private final Map<Place, Integer> users = new HashMap<>(); // guarded by lock

  private record Place(String name, int number, boolean exclusive) {}

  private CacheDirectories(Database database, Path root, OwnedFd directory) {
    this.database = database;
    this.root = root;
    this.directory = directory;
  }

  /// Opens those of a data root.
  public static CacheDirectories open(Database database, Path dataRoot) {
    database.migrate("build-mounts", MIGRATIONS);
    try (OwnedFd parent = At.openDirectory(Fd.CWD, dataRoot.toString())) {
      At.mkdirIfAbsent(parent, "build", 0700);
      try (OwnedFd build = At.openDirectory(parent, "build")) {
        At.mkdirIfAbsent(build, "mounts", 0700);
        return new CacheDirectories(
            database,
            dataRoot.resolve("build").resolve("mounts"),
            At.openDirectory(build, "mounts"));
      }
    }
  }

  /// A directory for the time of one step.
  public final class Lent implements AutoCloseable {
    private final Place place;
    private boolean returned; // guarded by lock

    private Lent(Place place) {
      this.place = place;
    }

    public String path() {
      return root.resolve(place.name).resolve(Integer.toString(place.number)).toString();
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (!returned) {
          returned = true;
          users.computeIfPresent(place, (_, count) -> count == 1 ? null : count - 1);
          released.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /// Finds or makes a directory; waits where it is locked by another step.
  ///
  /// @throws InterruptedException while waiting
  public Lent lend(Wanted wanted) throws InterruptedException {
    String name = key(wanted.id()).hex();
    Lent lent = new Lent(reserve(name, wanted.sharing()));
    try {
      make(name, lent.place.number, wanted);
      note(wanted.id());
      return lent;
    } catch (RuntimeException e) {
      lent.close();
      throw e;
    }
  }

  private static Digest key(String id) {
    return Digest.sha256(id.getBytes(StandardCharsets.UTF_8));
  }

  private Place reserve(String name, Sharing sharing) throws InterruptedException {
    boolean exclusive = sharing != Sharing.SHARED;
    lock.lockInterruptibly();
    try {
      Place place = new Place(name, 0, exclusive);
      if (sharing == Sharing.LOCKED) {
        while (users.containsKey(place)) {
          released.await();
        }
      } else if (sharing == Sharing.PRIVATE) {
        while (users.containsKey(place)) {
          place = new Place(name, place.number + 1, true);
        }
      }
      users.merge(place, 1, Integer::sum);
      return place;
    } finally {
      lock.unlock();
    }
  }

  /// It appears whole or not at all: a step that was cut off while it was filled leaves a name that
  /// nobody looks for.
  private void make(String name, int number, Wanted wanted) {
    lock.lock(); // two that share it must not both fill it
    try {
      At.mkdirIfAbsent(directory, name, 0700);
      try (OwnedFd group = At.openDirectory(directory, name)) {
        if (!At.exists(group, Integer.toString(number))) {
          String fresh = number + ".new";
          FileTree.remove(group, fresh);
          At.mkdir(group, fresh, 0700);
          try (OwnedFd made = At.openDirectory(group, fresh)) {
            wanted.seed().accept(made);
            At.chown(made, "", wanted.uid(), wanted.gid());
            At.chmod(made, wanted.mode());
          }
          At.rename(group, fresh, group, Integer.toString(number));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void note(String id) {
    Instant now = Instant.now();
    database.quickly(
        transaction ->
            transaction.update(
                "INSERT INTO build_mount VALUES (?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET used = excluded.used, uses = uses + 1",
                id,
                now,
                now));
  }

  /// All that there are. Measures them, which takes its time.
  public List<Kept> all() {
    List<Kept> all =
        database.read(
            transaction ->
                transaction.query(
                    "SELECT id, created, used, uses FROM build_mount",
                    row ->
                        new Kept(
                            key(row.text(1)),
                            row.text(1),
                            0,
                            Instant.parse(row.text(2)),
                            Instant.parse(row.text(3)),
                            (int) row.number(4),
                            false)));
    List<Kept> measured = new ArrayList<>();
    for (Kept kept : all) {
      measured.add(
          new Kept(
              kept.key,
              kept.id,
              sizeBytes(kept.key.hex()),
              kept.created,
              kept.used,
              kept.uses,
              busy(kept.key.hex())));
    }
    return measured;
  }

  private long sizeBytes(String name) {
    Optional<OwnedFd> group =
        At.openIfExists(
            directory,
            name,
            gantry.linux.file.OpenFlags.O_RDONLY | gantry.linux.file.OpenFlags.O_DIRECTORY);
    if (group.isEmpty()) {
      return 0;
    }
    try (OwnedFd dir = group.get()) {
      return gantry.image.Usage.bytes(dir);
    }
  }

  private boolean busy(String name) {
    lock.lock();
    try {
      return users.keySet().stream().anyMatch(place -> place.name.equals(name));
    } finally {
      lock.unlock();
    }
  }

  /// Removes the directories of an id, if no step uses one; whether it did.
  public boolean remove(Kept kept) {
    lock.lock();
    try {
      if (busy(kept.key.hex())) {
        return false;
      }
      FileTree.remove(directory, kept.key.hex());
      database.quickly(
          transaction -> transaction.update("DELETE FROM build_mount WHERE id = ?", kept.id));
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    directory.close();
  }
}
