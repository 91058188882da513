package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonWriter;
import gantry.engine.volume.Volumes;
import gantry.engine.volume.Volumes.VolumeView;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Volumes.
final class VolumeRoutes {
  private static final String ANONYMOUS_LABEL = "com.docker.volume.anonymous";

  private VolumeRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("GET", "/volumes", VolumeRoutes::list)
        .add("POST", "/volumes/create", VolumeRoutes::create)
        .add("POST", "/volumes/prune", 25, VolumeRoutes::prune)
        .add("GET", "/volumes/{name...}", VolumeRoutes::inspect)
        .add("DELETE", "/volumes/{name...}", VolumeRoutes::remove);
  }

  /// A volume's fields, within an object.
  static void fields(JsonWriter json, VolumeView volume) {
    json.put("CreatedAt", GoTime.seconds(volume.created())).put("Driver", volume.driver());
    json.putOrNull("Labels", volume.labels()).put("Mountpoint", volume.mountpoint());
    json.put("Name", volume.name()).putOrNull("Options", volume.options()).put("Scope", "local");
  }

  private static void list(Call call) {
    Filters filters = call.filters("dangling", "driver", "label", "name");
    Optional<Boolean> dangling = filters.flag("dangling");
    List<VolumeView> volumes =
        call.engine().volumes().list().stream()
            .filter(volume -> filters.matches("name", volume.name()))
            .filter(volume -> filters.any("driver", volume.driver()::equals))
            .filter(volume -> filters.labels(volume.labels()))
            .filter(v -> dangling.map(wanted -> wanted == v.usedBy().isEmpty()).orElse(true))
            .toList();
    JsonWriter json = new JsonWriter().object();
    json.putEach(
        "Volumes",
        volumes,
        volume -> {
          json.object();
          fields(json, volume);
          json.end();
        });
    call.reply(json.putNull("Warnings").end());
  }

  private static JsonWriter whole(VolumeView volume) {
    JsonWriter json = new JsonWriter().object();
    fields(json, volume);
    return json.end();
  }

  private static void create(Call call) throws IOException {
    JsonObject json = call.requiredJson().orElseGet(JsonObject::empty);
    if (json.has("ClusterVolumeSpec")) {
      throw Call.notImplemented("gantry has no cluster volumes: leave 'ClusterVolumeSpec' out");
    }
    VolumeView volume =
        call.engine()
            .volumes()
            .create(
                json.someText("Name"),
                json.someText("Driver").orElse("local"),
                json.stringMap("DriverOpts"),
                json.stringMap("Labels"));
    call.reply(201, whole(volume));
  }

  private static void inspect(Call call) {
    call.reply(whole(call.engine().volumes().find(call.variable("name"))));
  }

  private static void remove(Call call) {
    call.engine().volumes().remove(call.variable("name"), call.flag("force"));
    call.reply(204);
  }

  // From 1.42 on only anonymous volumes, unless `all` is given.
  private static void prune(Call call) {
    Filters filters = call.filters("all", "label", "label!");
    boolean all = call.version().before(42) || filters.flag("all").orElse(false);
    Volumes.Pruned pruned =
        call.engine()
            .volumes()
            .prune(
                volume ->
                    (all || volume.labels().containsKey(ANONYMOUS_LABEL))
                        && filters.labels(volume.labels()));
    call.reply(
        new JsonWriter()
            .object()
            .put("VolumesDeleted", pruned.names())
            .put("SpaceReclaimed", pruned.reclaimedBytes())
            .end());
  }
}
