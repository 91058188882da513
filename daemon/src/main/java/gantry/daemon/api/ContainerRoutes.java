package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonWriter;
import gantry.engine.Engine;
import gantry.engine.EngineException;
import gantry.engine.container.Change;
import gantry.engine.container.CommitSpec;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Containers;
import gantry.engine.container.ExitStatus;
import gantry.engine.container.ProcessTable;
import gantry.engine.container.TerminalSize;
import gantry.engine.container.WaitCondition;
import gantry.engine.image.Images;
import gantry.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// Containers: made, looked at, started, stopped, changed, removed.
final class ContainerRoutes {
  // What a line of the list takes, more or less.
  private static final int LINE_BYTES = 1 << 10;
  private static final Duration FOR_EVER = Duration.ofSeconds(-1);

  private ContainerRoutes() {}

  static void addTo(Routes routes) {
    ContainerLines lines = new ContainerLines();
    routes
        .add("GET", "/containers/json", call -> list(call, lines))
        .add("POST", "/containers/create", ContainerRoutes::create)
        .add("POST", "/containers/prune", 25, ContainerRoutes::prune)
        .add("POST", "/gantry/explain", ContainerRoutes::explain)
        .add("POST", "/commit", ContainerRoutes::commit)
        .add("GET", "/containers/{id}/json", ContainerRoutes::inspect)
        .add("GET", "/containers/{id}/top", ContainerRoutes::top)
        .add("GET", "/containers/{id}/changes", ContainerRoutes::changes)
        .add("POST", "/containers/{id}/start", ContainerRoutes::start)
        .add("POST", "/containers/{id}/stop", ContainerRoutes::stop)
        .add("POST", "/containers/{id}/restart", ContainerRoutes::restart)
        .add("POST", "/containers/{id}/kill", ContainerRoutes::kill)
        .add("POST", "/containers/{id}/pause", ContainerRoutes::pause)
        .add("POST", "/containers/{id}/unpause", ContainerRoutes::unpause)
        .add("POST", "/containers/{id}/rename", ContainerRoutes::rename)
        .add("POST", "/containers/{id}/update", ContainerRoutes::update)
        .add("POST", "/containers/{id}/resize", ContainerRoutes::resize)
        .add("POST", "/containers/{id}/wait", ContainerRoutes::await)
        .add("DELETE", "/containers/{id}", ContainerRoutes::remove);
  }

  /// What a container's image is called in lists: the name used at its creation, while that still
  /// means the same image, else the image's id.
  static final class Names {
    private final Images images;
    private final Map<String, Optional<Digest>> known = new HashMap<>();

    Names(Engine engine) {
      this.images = engine.images();
    }

    String of(ContainerView container) {
      String name = container.spec().image();
      Optional<Digest> now = known.computeIfAbsent(name, images::idOf);
      boolean moved = now.isPresent() && !now.get().equals(container.imageId());
      return moved ? container.imageId().toString() : name;
    }
  }

  private static void list(Call call, ContainerLines lines) {
    ContainerFilter filter =
        ContainerFilter.parse(call.filters(ContainerFilter.NAMES), call.engine());
    int limit = call.number("limit").orElse(0);
    boolean all = call.flag("all") || limit > 0 || filter.wantsStopped();
    List<ContainerView> containers = call.engine().containers().list();
    List<ContainerView> shown = new ArrayList<>(containers.size());
    for (ContainerView container : containers) {
      if ((all || container.state().running())
          && filter.test(container)
          && (limit <= 0 || shown.size() < limit)) {
        shown.add(container);
      }
    }
    if (call.flag("size")) {
      call.reply(sized(call, shown));
    } else {
      reply(call, shown, lines);
    }
    lines.keepOnly(containers);
  }

  private static void reply(Call call, List<ContainerView> shown, ContainerLines lines) {
    Names names = new Names(call.engine());
    Instant now = Instant.now();
    ByteArrayOutputStream json = new ByteArrayOutputStream(LINE_BYTES * (shown.size() + 1));
    json.write('[');
    for (ContainerView container : shown) {
      if (json.size() > 1) {
        json.write(',');
      }
      lines.write(json, container, names.of(container), call.version(), now);
    }
    json.write(']');
    json.write('\n');
    call.exchange().send(200, "application/json", json.toByteArray(), json.size());
  }

  private static JsonWriter sized(Call call, List<ContainerView> shown) {
    Names names = new Names(call.engine());
    Instant now = Instant.now();
    Containers containers = call.engine().containers();
    JsonWriter json = new JsonWriter();
    return json.addEach(
        shown,
        container ->
            ContainerJson.line(
                json,
                container,
                names.of(container),
                call.version(),
                now,
                size(true, containers, container)));
  }

  private static Optional<Containers.Size> size(
      boolean wanted, Containers containers, ContainerView container) {
    return wanted ? Optional.of(containers.size(container.id())) : Optional.empty();
  }

  private static void create(Call call) throws IOException {
    ContainerSpec spec = spec(call);
    Containers.Created created = call.engine().containers().create(spec);
    call.reply(
        201,
        new JsonWriter()
            .object()
            .put("Id", created.id())
            .put("Warnings", created.warnings())
            .end());
  }

  private static ContainerSpec spec(Call call) throws IOException {
    JsonObject json =
        call.requiredJson()
            .orElseThrow(
                () -> Call.invalid("config cannot be empty in order to create a container"));
    Optional<String> name =
        call.some("name").map(text -> text.startsWith("/") ? text.substring(1) : text);
    Optional<String> platform = call.version().since(41) ? call.some("platform") : Optional.empty();
    return ContainerDecoder.create(json, name, platform, call.version());
  }

  /// Gantry's own: what starting such a container would do, for people.
  private static void explain(Call call) throws IOException {
    String plan = call.engine().containers().explain(spec(call));
    call.exchange().send(200, "text/plain; charset=utf-8", plan);
  }

  private static void inspect(Call call) {
    Engine engine = call.engine();
    ContainerView container = engine.containers().find(call.variable("id"));
    call.reply(
        ContainerJson.inspect(
            container,
            call.version(),
            engine.config().defaultRuntime(),
            size(call.flag("size"), engine.containers(), container)));
  }

  private static void top(Call call) {
    String arguments = call.some("ps_args").orElse("-ef");
    ProcessTable table =
        call.engine()
            .containers()
            .top(call.variable("id"), List.of(arguments.strip().split("\\s+")));
    JsonWriter json = new JsonWriter().object();
    json.putEach("Processes", table.rows(), json::add).put("Titles", table.titles());
    call.reply(json.end());
  }

  private static void changes(Call call) {
    List<Change> changes = call.engine().containers().changes(call.variable("id"));
    JsonWriter json = new JsonWriter();
    json.addEach(
        changes,
        change ->
            json.object().put("Path", change.path()).put("Kind", number(change.kind())).end());
    call.reply(json);
  }

  private static int number(Change.Kind kind) {
    return switch (kind) {
      case MODIFIED -> 0;
      case ADDED -> 1;
      case DELETED -> 2;
    };
  }

  // A host configuration at start was given up long ago; `{}` and `null` say nothing and are let
  // through.
  private static final int LONGEST_EMPTY_BODY = 7;

  private static void start(Call call) {
    long length = call.exchange().bodyLength();
    if (length > LONGEST_EMPTY_BODY || length < 0) {
      throw Call.invalid(
          "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24");
    }
    call.engine().containers().start(call.variable("id"), call.some("detachKeys"));
    call.reply(204);
  }

  private static Optional<Duration> timeout(Call call) {
    return call.number("t").map(seconds -> seconds < 0 ? FOR_EVER : Duration.ofSeconds(seconds));
  }

  private static Optional<String> signal(Call call) {
    return call.version().since(42) ? call.some("signal") : Optional.empty();
  }

  private static void stop(Call call) {
    call.engine().containers().stop(call.variable("id"), signal(call), timeout(call));
    call.reply(204);
  }

  private static void restart(Call call) {
    call.engine().containers().restart(call.variable("id"), signal(call), timeout(call));
    call.reply(204);
  }

  private static void kill(Call call) {
    call.engine().containers().kill(call.variable("id"), call.text("signal"));
    call.reply(204);
  }

  private static void pause(Call call) {
    call.engine().containers().pause(call.variable("id"));
    call.reply(204);
  }

  private static void unpause(Call call) {
    call.engine().containers().unpause(call.variable("id"));
    call.reply(204);
  }

  private static void rename(Call call) {
    String name = call.text("name");
    if (name.isEmpty()) {
      throw Call.invalid("Neither old nor new names may be empty");
    }
    call.engine()
        .containers()
        .rename(call.variable("id"), name.startsWith("/") ? name.substring(1) : name);
    call.reply(204);
  }

  private static void update(Call call) throws IOException {
    JsonObject json =
        call.requiredJson().orElseThrow(() -> Call.invalid("invalid JSON: nothing to update"));
    List<String> warnings =
        call.engine().containers().update(call.variable("id"), ContainerDecoder.update(json));
    call.reply(new JsonWriter().object().putOrNull("Warnings", warnings).end());
  }

  private static void resize(Call call) {
    call.engine().containers().resize(call.variable("id"), terminalSize(call));
    call.reply(200);
  }

  /// The parameters `h` and `w`.
  static TerminalSize terminalSize(Call call) {
    return new TerminalSize(cells(call, "h", "height"), cells(call, "w", "width"));
  }

  private static int cells(Call call, String parameter, String what) {
    String text = call.text(parameter);
    if (!text.matches("\\d{1,5}")) {
      throw Call.invalid("invalid resize %s \"%s\": invalid syntax".formatted(what, text));
    }
    return Integer.parseInt(text);
  }

  private static void await(Call call) throws Exception {
    WaitCondition condition = condition(call);
    CompletableFuture<ExitStatus> ended =
        call.engine().containers().await(call.variable("id"), condition);
    // A client starts the container only when these headers have come.
    try (var _ = call.exchange().interruptWhenClientGoes();
        OutputStream out = call.exchange().stream(200, "application/json")) {
      out.flush();
      exitStatus(ended.get()).writeTo(out, "\n");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof EngineException cause ? cause : e;
    } finally {
      ended.cancel(false);
    }
  }

  private static JsonWriter exitStatus(ExitStatus status) {
    JsonWriter json = new JsonWriter().object().put("StatusCode", status.code());
    if (!status.error().isEmpty()) {
      json.object("Error").put("Message", status.error()).end();
    }
    return json.end();
  }

  private static WaitCondition condition(Call call) {
    String condition = call.version().since(30) ? call.text("condition") : "";
    return switch (condition) {
      case "", "not-running" -> WaitCondition.NOT_RUNNING;
      case "next-exit" -> WaitCondition.NEXT_EXIT;
      case "removed" -> WaitCondition.REMOVED;
      default -> throw Call.invalid("invalid condition: \"" + condition + "\"");
    };
  }

  private static void remove(Call call) {
    if (call.flag("link")) {
      throw Call.invalid(
          "cannot remove the link of container '%s': gantry keeps no legacy links"
              .formatted(call.variable("id")));
    }
    call.engine().containers().remove(call.variable("id"), call.flag("force"), call.flag("v"));
    call.reply(204);
  }

  private static void prune(Call call) {
    Filters filters = call.filters("label", "label!", "until");
    Instant now = Instant.now();
    Optional<Instant> until = filters.only("until").map(text -> GoTime.moment(text, now));
    Containers.Pruned pruned =
        call.engine()
            .containers()
            .prune(
                container ->
                    filters.labels(container.spec().labels())
                        && until.map(container.created()::isBefore).orElse(true));
    call.reply(
        new JsonWriter()
            .object()
            .putOrNull("ContainersDeleted", pruned.ids())
            .put("SpaceReclaimed", pruned.reclaimedBytes())
            .end());
  }

  private static void commit(Call call) throws IOException {
    String container = call.text("container");
    if (container.isEmpty()) {
      throw Call.invalid("invalid name or ID supplied: \"\"");
    }
    Optional<ContainerSpec> config =
        call.optionalJson().map(json -> ContainerDecoder.config(json).build());
    CommitSpec spec =
        new CommitSpec(
            container,
            ImageRoutes.reference(call.text("repo"), call.text("tag")),
            call.text("comment"),
            call.text("author"),
            call.flag("pause", true),
            call.query().all("changes").stream()
                .flatMap(String::lines)
                .filter(line -> !line.isBlank())
                .toList(),
            config);
    Digest image = call.engine().containers().commit(spec);
    call.reply(201, new JsonWriter().object().put("Id", image.toString()).end());
  }
}
