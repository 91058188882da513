package gantry.engine.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.container.MountSpec;
import gantry.engine.container.RestartPolicy;
import gantry.engine.container.Status;
import gantry.oci.Json;
import gantry.oci.Rfc3339;
import gantry.runtime.ProcessRecord;
import gantry.state.Database;
import gantry.state.Row;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Containers in the database: what each one is, which changes seldom and durably, and beside it
/// what it is doing, which changes fast.
///
/// A row is the only proof that a container exists. Order of writes, for a crash between any two:
/// - create: the row is the last thing; a snapshot or directory without a row is leftover;
/// - start: the row says "running" with the process's record after the process runs; a process
///   without such a row is killed, its start was never answered;
/// - exit: the row says "exited" before any waiter hears of it;
/// - remove: the row goes first, durably; what is then on the disk is leftover.
final class ContainerRecords {
  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE container (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            definition BLOB NOT NULL,
            status TEXT NOT NULL,
            pid INTEGER NOT NULL,
            exit_code INTEGER NOT NULL,
            oom_killed INTEGER NOT NULL,
            error TEXT NOT NULL,
            started TEXT NOT NULL,          -- RFC 3339, empty for never
            finished TEXT NOT NULL,
            restart_count INTEGER NOT NULL,
            manually_stopped INTEGER NOT NULL,
            started_before INTEGER NOT NULL,
            process BLOB,                   -- JSON, while it may be alive
            networks BLOB NOT NULL          -- JSON
          ) WITHOUT ROWID;
          """,
          "ALTER TABLE container ADD COLUMN health BLOB"); // JSON, where there is a check

  /// What a container is doing, as far as the next process needs to know.
  ///
  /// @param startedBefore whether it was ever started
  /// @param process of its latest run, while that may be alive
  record Run(
      ContainerView.State state,
      int restartCount,
      boolean manuallyStopped,
      boolean startedBefore,
      Optional<ProcessRecord> process,
      Map<String, ContainerView.EndpointView> networks) {}

  private record Networks(Map<String, ContainerView.EndpointView> byName) {}

  /// One container, read back.
  record Saved(ContainerView definition, Run run) {}

  private final Database database;
  private final ObjectMapper json;

  ContainerRecords(Database database) {
    this.database = database;
    this.json =
        Json.mapper()
            .copy()
            .setDefaultPropertyInclusion(JsonInclude.Include.NON_ABSENT)
            .addMixIn(MountSpec.class, MountSpecNames.class)
            .addMixIn(RestartPolicy.class, RestartPolicyNames.class)
            .addMixIn(ContainerView.State.class, StateFields.class);
    database.migrate("engine.containers", MIGRATIONS);
  }

  void insert(ContainerView container, Run run) {
    byte[] definition = write(container);
    Object[] values = values(run);
    Object[] all = new Object[values.length + 3];
    all[0] = container.id();
    all[1] = container.name();
    all[2] = definition;
    System.arraycopy(values, 0, all, 3, values.length);
    database.durably(
        transaction ->
            transaction.update(
                "INSERT INTO container VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                all));
  }

  private Object[] values(Run run) {
    ContainerView.State state = run.state;
    return new Object[] {
      state.status().word(),
      state.pid(),
      state.exitCode(),
      state.oomKilled(),
      state.error(),
      state.startedAt().map(Rfc3339::text).orElse(""),
      state.finishedAt().map(Rfc3339::text).orElse(""),
      run.restartCount,
      run.manuallyStopped,
      run.startedBefore,
      run.process.map(this::write),
      write(new Networks(run.networks)),
      state.health().map(this::write)
    };
  }

  /// Writes what the container is, durably: after a rename or an update.
  void define(ContainerView container) {
    byte[] definition = write(container);
    database.durably(
        transaction ->
            transaction.update(
                "UPDATE container SET name = ?, definition = ? WHERE id = ?",
                container.name(),
                definition,
                container.id()));
  }

  /// Writes what the container is doing; survives the end of this process, perhaps no power cut.
  void run(String id, Run run) {
    Object[] values = values(run);
    Object[] all = Arrays.copyOf(values, values.length + 1);
    all[values.length] = id;
    database.quickly(
        transaction ->
            transaction.update(
                "UPDATE container SET status = ?, pid = ?, exit_code = ?, oom_killed = ?, error = ?,"
                    + " started = ?, finished = ?, restart_count = ?, manually_stopped = ?,"
                    + " started_before = ?, process = ?, networks = ?, health = ? WHERE id = ?",
                all));
  }

  void delete(String id) {
    database.durably(transaction -> transaction.update("DELETE FROM container WHERE id = ?", id));
  }

  List<Saved> all() {
    return database.read(
        transaction ->
            transaction.query(
                "SELECT definition, status, pid, exit_code, oom_killed, error, started, finished,"
                    + " restart_count, manually_stopped, started_before,"
                    + " process IS NOT NULL, coalesce(process, ''), networks,"
                    + " health IS NOT NULL, coalesce(health, '') FROM container",
                this::saved));
  }

  private Saved saved(Row row) {
    ContainerView.State state =
        new ContainerView.State(
            Status.valueOf(row.text(2).toUpperCase(Locale.ROOT)),
            (int) row.number(3),
            (int) row.number(4),
            row.truth(5),
            row.text(6),
            time(row.text(7)),
            time(row.text(8)),
            row.truth(15)
                ? Optional.of(read(row.bytes(16), ContainerView.Health.class))
                : Optional.empty());
    Optional<ProcessRecord> process =
        row.truth(12) ? Optional.of(read(row.bytes(13), ProcessRecord.class)) : Optional.empty();
    Run run =
        new Run(
            state,
            (int) row.number(9),
            row.truth(10),
            row.truth(11),
            process,
            read(row.bytes(14), Networks.class).byName);
    return new Saved(read(row.bytes(1), ContainerView.class), run);
  }

  private static Optional<Instant> time(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
  }

  byte[] write(Object value) {
    try {
      return json.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new EngineException(
          ErrorKind.INTERNAL, "cannot write a " + value.getClass().getSimpleName() + " as JSON", e);
    }
  }

  <T> T read(byte[] bytes, Class<T> type) {
    try {
      return json.readValue(bytes, type);
    } catch (IOException e) {
      throw new EngineException(
          ErrorKind.INTERNAL,
          "cannot read a %s from the database: %s".formatted(type.getSimpleName(), e.getMessage()),
          e);
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = MountSpec.Bind.class, name = "bind"),
    @JsonSubTypes.Type(value = MountSpec.Volume.class, name = "volume"),
    @JsonSubTypes.Type(value = MountSpec.Tmpfs.class, name = "tmpfs"),
    @JsonSubTypes.Type(value = MountSpec.Image.class, name = "image")
  })
  private interface MountSpecNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = RestartPolicy.No.class, name = "no"),
    @JsonSubTypes.Type(value = RestartPolicy.Always.class, name = "always"),
    @JsonSubTypes.Type(value = RestartPolicy.UnlessStopped.class, name = "unless-stopped"),
    @JsonSubTypes.Type(value = RestartPolicy.OnFailure.class, name = "on-failure")
  })
  private interface RestartPolicyNames {}

  /// `running()` is computed, not stored.
  private interface StateFields {
    @SuppressWarnings("UnusedMethod") // Jackson reads the annotation
    @com.fasterxml.jackson.annotation.JsonIgnore
    boolean running();
  }
}
