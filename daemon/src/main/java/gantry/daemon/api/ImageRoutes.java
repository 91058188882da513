package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonReader;
import gantry.daemon.json.JsonWriter;
import gantry.engine.Engine;
import gantry.engine.image.ImageView;
import gantry.engine.image.Images;
import gantry.oci.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Images: looked at, named, deleted.
final class ImageRoutes {
  private ImageRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("GET", "/images/json", ImageRoutes::list)
        .add("GET", "/images/search", ImageRoutes::search)
        .add("POST", "/images/prune", 25, ImageRoutes::prune)
        .add("GET", "/images/{name...}/json", ImageRoutes::inspect)
        .add("GET", "/images/{name...}/history", ImageRoutes::history)
        .add("POST", "/images/{name...}/tag", ImageRoutes::tag)
        .add("DELETE", "/images/{name...}", ImageRoutes::delete);
  }

  private static void list(Call call) {
    Filters filters =
        call.filters("before", "dangling", "label", "label!", "reference", "since", "until");
    Engine engine = call.engine();
    Predicate<ImageView> filter = filter(filters, engine);
    boolean shared = call.version().since(42) && call.flag("shared-size");
    boolean counted = call.version().since(51);
    JsonWriter json = new JsonWriter().array();
    for (ImageView image : engine.images().list()) {
      if (filter.test(image)) {
        ImageJson.line(
            json,
            filters.has("reference") ? named(image, filters) : image,
            call.version(),
            counted ? image.containers() : ImageJson.NOT_COUNTED,
            shared ? engine.images().sharedSizeBytes(image) : ImageJson.NOT_COUNTED);
      }
    }
    call.reply(json.endArray());
  }

  private static Predicate<ImageView> filter(Filters filters, Engine engine) {
    Optional<Boolean> dangling = filters.flag("dangling");
    Optional<Instant> before =
        filters.only("before").flatMap(name -> engine.images().find(name).created());
    Optional<Instant> since =
        filters.only("since").flatMap(name -> engine.images().find(name).created());
    Optional<Instant> until = filters.only("until").map(text -> GoTime.moment(text, Instant.now()));
    return image ->
        dangling.map(wanted -> wanted == image.references().isEmpty()).orElse(true)
            && filters.labels(image.config().config().labels())
            && before.map(end -> created(image).isBefore(end)).orElse(true)
            && since.map(begin -> created(image).isAfter(begin)).orElse(true)
            && until.map(end -> created(image).isBefore(end)).orElse(true)
            && filters.any("reference", pattern -> matches(image, pattern));
  }

  /// The image with only those of its names that were asked for.
  private static ImageView named(ImageView image, Filters filters) {
    Predicate<String> asked =
        name -> filters.any("reference", pattern -> Glob.matchesReference(pattern, name));
    return new ImageView(
        image.id(),
        image.manifest(),
        image.references().stream().filter(asked).toList(),
        image.repositoryDigests().stream().filter(asked).toList(),
        image.created(),
        image.sizeBytes(),
        image.containers(),
        image.config(),
        image.parent(),
        image.lastTagged());
  }

  private static Instant created(ImageView image) {
    return image.created().orElse(Instant.EPOCH);
  }

  private static boolean matches(ImageView image, String pattern) {
    List<String> names = new ArrayList<>(image.references());
    names.addAll(image.repositoryDigests());
    return names.stream().anyMatch(name -> Glob.matchesReference(pattern, name));
  }

  private static void search(Call call) {
    int limit = call.number("limit").orElse(0);
    if (limit < 0 || limit > 100) {
      throw Call.invalid("limit " + limit + " is outside the range of [1, 100]");
    }
    throw Call.notImplemented("gantry cannot search a registry yet: it has no registry client");
  }

  private static void prune(Call call) {
    Filters filters = call.filters("dangling", "label", "label!", "until");
    boolean dangling = filters.flag("dangling").orElse(true);
    Optional<Instant> until = filters.only("until").map(text -> GoTime.moment(text, Instant.now()));
    Images.Deleted deleted =
        call.engine()
            .images()
            .prune(
                dangling,
                image ->
                    filters.labels(image.config().config().labels())
                        && until.map(end -> created(image).isBefore(end)).orElse(true));
    JsonWriter json = new JsonWriter().object();
    if (deleted.untagged().isEmpty() && deleted.deleted().isEmpty()) {
      json.putNull("ImagesDeleted");
    } else {
      json.name("ImagesDeleted");
      deleted(json, deleted);
    }
    call.reply(json.put("SpaceReclaimed", deleted.reclaimedBytes()).end());
  }

  private static void deleted(JsonWriter json, Images.Deleted deleted) {
    json.array();
    deleted.untagged().forEach(name -> json.object().put("Untagged", name).end());
    deleted.deleted().forEach(id -> json.object().put("Deleted", id).end());
    json.endArray();
  }

  private static void inspect(Call call) {
    jsonPlatform(call, 49);
    ImageView image = call.engine().images().find(call.variable("name"));
    call.reply(ImageJson.inspect(image, shape(call), Map.of()));
  }

  /// docker-compose 1.x speaks the newest version and, to recreate a container, reads a field that
  /// ended with 1.44.
  private static ApiVersion shape(Call call) {
    String client = call.exchange().header("User-Agent").orElse("");
    ApiVersion last = new ApiVersion(1, 44);
    return client.startsWith("docker-compose/1.") && last.compareTo(call.version()) < 0
        ? last
        : call.version();
  }

  /// The platform in the parameter `platform` (or the first of `platforms`) where that is JSON.
  static Optional<String> jsonPlatform(Call call, int since) {
    if (call.version().before(since)) {
      return Optional.empty();
    }
    return call.some("platform")
        .map(
            text -> {
              JsonObject json = JsonReader.readObject(text).orElseGet(JsonObject::empty);
              String os = json.text("os");
              String architecture = json.text("architecture");
              if (os.isEmpty() || architecture.isEmpty()) {
                throw Call.invalid("both OS and Architecture must be provided in 'platform'");
              }
              String variant = json.someText("variant").map(v -> "/" + v).orElse("");
              return os + "/" + architecture + variant;
            });
  }

  private static void history(Call call) {
    jsonPlatform(call, 48);
    JsonWriter json = new JsonWriter();
    json.addEach(
        call.engine().images().history(call.variable("name")),
        entry ->
            json.object()
                .put("Comment", entry.comment())
                .put("Created", entry.created().map(Instant::getEpochSecond).orElse(0L))
                .put("CreatedBy", entry.createdBy())
                .put("Id", entry.id().map(Digest::toString).orElse("<missing>"))
                .put("Size", entry.sizeBytes())
                .putOrNull("Tags", entry.tags())
                .end());
    call.reply(json);
  }

  private static void tag(Call call) {
    String reference =
        reference(call.text("repo"), call.text("tag"))
            .orElseThrow(() -> Call.invalid("invalid reference format"));
    call.engine().images().tag(call.variable("name"), reference);
    call.reply(201);
  }

  /// A reference out of its two halves, where the first may be whole already; empty when both are.
  static Optional<String> reference(String repository, String tag) {
    if (repository.isEmpty()) {
      return Optional.empty();
    }
    if (tag.isEmpty()) {
      return Optional.of(repository);
    }
    return Optional.of(repository + (tag.indexOf(':') >= 0 ? "@" : ":") + tag);
  }

  private static void delete(Call call) {
    Images.Deleted deleted =
        call.engine()
            .images()
            .remove(call.variable("name"), call.flag("force"), !call.flag("noprune"));
    JsonWriter json = new JsonWriter();
    deleted(json, deleted);
    call.reply(json);
  }
}
