package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.spec.SpecCheck;
import gantry.engine.volume.Volumes;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import gantry.state.Database;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Volumes as directories of the data root, and their names in the database.
///
/// Order of writes: the directory is made before the row, and the row goes before the directory; so
/// a directory without a row is leftover, and a row always has its directory. What is mounted on a
/// directory goes before either.
final class LocalVolumes implements Volumes {
  /// Label of a volume that nobody gave a name.
  static final String ANONYMOUS = "com.docker.volume.anonymous";

  private static final List<String> MIGRATIONS =
      List.of(
          "CREATE TABLE volume (name TEXT PRIMARY KEY, definition BLOB NOT NULL) WITHOUT ROWID");

  /// A volume as it is stored.
  record Definition(
      String name, Instant created, Map<String, String> labels, Map<String, String> options) {}

  private final Database database;
  private final ContainerRecords json;
  private final EnginePaths paths;
  private final ContainerStore containers;
  private final EventNames events;
  private final ReentrantLock changing = new ReentrantLock();
  private final Map<String, Definition> volumes = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> holds = new ConcurrentHashMap<>();
  private final VolumeMounts mounts;

  LocalVolumes(
      Database database,
      ContainerRecords json,
      EnginePaths paths,
      ContainerStore containers,
      EventNames events) {
    this.database = database;
    this.json = json;
    this.paths = paths;
    this.containers = containers;
    this.events = events;
    this.mounts = new VolumeMounts(paths, this::options);
    database.migrate("engine.volumes", MIGRATIONS);
    List<Definition> stored =
        database.read(
            transaction ->
                transaction.query(
                    "SELECT definition FROM volume",
                    row -> json.read(row.bytes(1), Definition.class)));
    stored.forEach(volume -> volumes.put(volume.name, volume));
  }

  @Override
  public List<VolumeView> list() {
    Map<String, List<String>> users = users();
    return volumes.values().stream()
        .sorted(Comparator.comparing(Definition::name))
        .map(volume -> view(volume, users))
        .toList();
  }

  @Override
  public VolumeView find(String name) {
    return view(definition(name), users());
  }

  @Override
  public VolumeView create(
      Optional<String> name,
      String driver,
      Map<String, String> options,
      Map<String, String> labels) {
    Optional<String> given = name.filter(text -> !text.isEmpty());
    given.ifPresent(LocalVolumes::checkName);
    Map<String, String> all = new LinkedHashMap<>(labels);
    if (given.isEmpty()) {
      all.put(ANONYMOUS, "");
    }
    return view(obtain(given.orElseGet(Ids::next), driver, options, all), users());
  }

  private static void checkName(String name) {
    if (name.length() == 1) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "create %s: volume name is too short, names should be at least two alphanumeric characters"
              .formatted(name));
    }
    if (!SpecCheck.isVolumeName(name)) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "create %s: \"%s\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
              .formatted(name, name));
    }
  }

  /// The volume of that name, made if it is missing: a plain directory.
  Definition obtain(String name, Map<String, String> labels) {
    return obtain(name, "local", Map.of(), labels);
  }

  /// The volume of that name, made if it is missing.
  Definition obtain(
      String name, String driver, Map<String, String> options, Map<String, String> labels) {
    if (!driver.isEmpty() && !driver.equals("local")) {
      throw new EngineException(
          ErrorKind.NOT_FOUND,
          "create %s: error looking up volume plugin %s: plugin \"%s\" not found"
              .formatted(name, driver, driver));
    }
    Definition there = volumes.get(name);
    if (there != null) {
      return there;
    }
    checkOptions(name, options);
    changing.lock();
    try {
      Definition meanwhile = volumes.get(name);
      if (meanwhile != null) {
        return meanwhile;
      }
      Definition volume = new Definition(name, Instant.now(), labels, options);
      Files.createDirectories(paths.volumeData(name));
      byte[] stored = json.write(volume);
      database.durably(
          transaction ->
              transaction.update(
                  "INSERT INTO volume (name, definition) VALUES (?, ?)", name, stored));
      volumes.put(name, volume);
      events.volume("create", name);
      return volume;
    } catch (IOException e) {
      throw new EngineException(
          ErrorKind.INTERNAL,
          "cannot make volume '%s' in %s: %s".formatted(name, paths.volumes(), e.getMessage()),
          e);
    } finally {
      changing.unlock();
    }
  }

  private static void checkOptions(String name, Map<String, String> options) {
    try {
      Optional<VolumeOptions> _ = VolumeOptions.parse(options);
    } catch (EngineException e) {
      throw new EngineException(e.kind(), "create %s: %s".formatted(name, e.getMessage()), e);
    }
  }

  /// What is mounted on volumes while they are used.
  VolumeMounts mounts() {
    return mounts;
  }

  private Optional<VolumeOptions> options(String name) {
    return Optional.ofNullable(volumes.get(name)).flatMap(v -> VolumeOptions.parse(v.options));
  }

  /// Whether nobody gave it a name.
  boolean anonymous(String name) {
    Definition volume = volumes.get(name);
    return volume != null && volume.labels.containsKey(ANONYMOUS);
  }

  boolean exists(String name) {
    return volumes.containsKey(name);
  }

  @Override
  public void remove(String name, boolean force) {
    if (force && !volumes.containsKey(name)) {
      return;
    }
    Definition volume = definition(name);
    changing.lock();
    try {
      List<String> users = users().getOrDefault(name, List.of());
      if (!users.isEmpty()) {
        throw new EngineException(
            ErrorKind.CONFLICT,
            "remove %s: volume is in use - [%s]".formatted(name, String.join(", ", users)));
      }
      delete(volume);
    } finally {
      changing.unlock();
    }
  }

  /// Removes a volume unless a container has it.
  void removeUnused(String name) {
    changing.lock();
    try {
      Definition volume = volumes.get(name);
      if (volume != null && users().getOrDefault(name, List.of()).isEmpty()) {
        delete(volume);
      }
    } finally {
      changing.unlock();
    }
  }

  private void delete(Definition volume) {
    mounts.clear(volume.name); // first: the directory is removed, and not what is mounted there
    database.durably(
        transaction -> transaction.update("DELETE FROM volume WHERE name = ?", volume.name));
    volumes.remove(volume.name);
    deleteDirectory(volume.name);
    events.volume("destroy", volume.name);
  }

  private void deleteDirectory(String name) {
    try (OwnedFd parent = At.openDirectory(Fd.CWD, paths.volumes().toString())) {
      FileTree.remove(parent, name);
    }
  }

  @Override
  public long sizeBytes(String name) {
    // What is mounted on it is not the engine's own, and may be behind a network.
    return definition(name).options.isEmpty() ? directorySize(paths.volumeData(name)) : 0;
  }

  static long directorySize(Path directory) {
    long[] total = {0};
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              total[0] += attributes.size();
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE; // removed meanwhile
            }
          });
    } catch (IOException _) { // as far as it can be read
    }
    return total[0];
  }

  @Override
  public Pruned prune(Predicate<VolumeView> filter) {
    List<String> removed = new ArrayList<>();
    long bytes = 0;
    for (VolumeView volume : list()) {
      if (volume.usedBy().isEmpty() && filter.test(volume)) {
        long size = sizeBytes(volume.name());
        removeUnused(volume.name());
        if (!volumes.containsKey(volume.name())) {
          removed.add(volume.name());
          bytes += size;
        }
      }
    }
    events.pruned("volume", bytes);
    return new Pruned(removed, bytes);
  }

  /// Removes directories without a row, which a crash left behind, and unmounts what no container
  /// uses of those that `running` name: ids and the names of their volumes.
  void sweep(Map<String, List<String>> running) {
    mounts.repair(running);
    volumes.values().stream()
        .filter(volume -> !volume.options.isEmpty())
        .forEach(volume -> mounts.clear(volume.name));
    if (!Files.isDirectory(paths.volumes())) {
      return;
    }
    try (Stream<Path> directories = Files.list(paths.volumes())) {
      directories
          .map(path -> path.getFileName().toString())
          .filter(name -> !volumes.containsKey(name))
          .toList()
          .forEach(
              name -> {
                mounts.clear(name);
                deleteDirectory(name);
              });
    } catch (IOException e) {
      throw new EngineException(
          ErrorKind.INTERNAL, "cannot read %s: %s".formatted(paths.volumes(), e.getMessage()), e);
    }
  }

  private Definition definition(String name) {
    Definition volume = volumes.get(name);
    if (volume == null) {
      throw new EngineException(ErrorKind.NOT_FOUND, "get %s: no such volume".formatted(name));
    }
    return volume;
  }

  private VolumeView view(Definition volume, Map<String, List<String>> users) {
    return new VolumeView(
        volume.name,
        "local",
        paths.volumeData(volume.name).toString(),
        volume.created,
        volume.labels,
        volume.options,
        users.getOrDefault(volume.name, List.of()));
  }

  /// Keeps volumes from being removed while a container that has them is being made.
  void hold(String name, String containerId) {
    holds.computeIfAbsent(name, _ -> ConcurrentHashMap.newKeySet()).add(containerId);
  }

  void letGo(String name, String containerId) {
    holds.computeIfPresent(
        name,
        (_, holders) -> {
          holders.remove(containerId);
          return holders.isEmpty() ? null : holders;
        });
  }

  /// Ids of the containers that have each volume.
  private Map<String, List<String>> users() {
    Map<String, List<String>> users = new LinkedHashMap<>();
    holds.forEach((name, holders) -> users.put(name, new ArrayList<>(holders)));
    for (Container container : containers.all()) {
      for (ContainerView.MountPoint mount : container.view().mounts()) {
        if (mount.type().equals("volume")) {
          users.computeIfAbsent(mount.name(), _ -> new ArrayList<>()).add(container.id);
        }
      }
    }
    return users;
  }
}
