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
import gantry.oci.Json;
import gantry.runtime.ProcessRecord;
import gantry.state.Database;
import java.io.IOException;
import java.util.List;
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
          "CREATE TABLE container (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
              + "definition BLOB NOT NULL, run BLOB NOT NULL) WITHOUT ROWID");

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
      Map<String, ContainerView.EndpointView> networks,
      Optional<String> networkNamespace) {}

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
    byte[] state = write(run);
    database.durably(
        transaction ->
            transaction.update(
                "INSERT INTO container (id, name, definition, run) VALUES (?, ?, ?, ?)",
                container.id(),
                container.name(),
                definition,
                state));
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

  void run(String id, Run run) {
    byte[] state = write(run);
    database.quickly(
        transaction -> transaction.update("UPDATE container SET run = ? WHERE id = ?", state, id));
  }

  void delete(String id) {
    database.durably(transaction -> transaction.update("DELETE FROM container WHERE id = ?", id));
  }

  List<Saved> all() {
    return database.read(
        transaction ->
            transaction.query(
                "SELECT definition, run FROM container",
                row ->
                    new Saved(
                        read(row.bytes(1), ContainerView.class), read(row.bytes(2), Run.class))));
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
