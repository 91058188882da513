package gantry.daemon.build;

import gantry.build.BuildRequest;
import gantry.build.BuildRequest.CacheUse;
import gantry.build.BuildRequest.DockerfileSource;
import gantry.build.BuildRequest.StepOptions;
import gantry.build.ContextSource;
import gantry.daemon.json.JsonException;
import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonReader;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.http.Query;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The parameters of the classic `POST /build`.
///
/// Accepted and without effect here: `rm` and `forcerm` (no container outlives its step),
/// `cachefrom` (what this engine has built is found by its content), and the header
/// `X-Registry-Config`, as long as there is no registry to log in to.
public final class ClassicQuery {
  private final Query query;

  private ClassicQuery(Query query) {
    this.query = query;
  }

  /// Reads the parameters.
  ///
  /// @param body of the request: the context, where none is named
  public static BuildRequest decode(Query query, InputStream body) {
    return new ClassicQuery(query).request(body);
  }

  private BuildRequest request(InputStream body) {
    refuse();
    Map<String, Optional<String>> arguments =
        json("buildargs", "build args").map(JsonObject::optionalTexts).orElse(Map.of());
    String dockerfile = query.first("dockerfile").filter(p -> !p.isEmpty()).orElse("Dockerfile");
    StepOptions steps = steps();
    return new BuildRequest(
        context(body),
        new DockerfileSource.InContext(RequestFields.pathInContext(dockerfile)),
        RequestFields.tags(query.all("t")),
        some("target"),
        arguments,
        json("labels", "labels").map(JsonObject::texts).orElse(Map.of()),
        RequestFields.platforms(query.all("platform")),
        new CacheUse(flag("nocache"), Set.of(), false),
        flag("pull"),
        Map.of(),
        Map.of(),
        Map.of(),
        steps,
        RequestFields.sourceDateEpoch(arguments),
        false,
        false);
  }

  private void refuse() {
    if (flag("squash")) {
      throw RequestFields.invalid("squash is only supported with experimental mode");
    }
    String isolation = query.text("isolation");
    if (!isolation.isEmpty() && !isolation.equals("default")) {
      throw RequestFields.invalid("unsupported isolation: '%s'".formatted(isolation));
    }
    String cacheFrom = query.text("cachefrom");
    if (!cacheFrom.isEmpty()) {
      List<String> _ = list("cachefrom", "cache-from").strings("list");
    }
    if (!query.text("outputs").isEmpty() && !list("outputs", "outputs").objects("list").isEmpty()) {
      throw RequestFields.invalid("outputs are for BuildKit, which this engine does not have");
    }
  }

  private ContextSource context(InputStream body) {
    String remote = query.text("remote");
    if (remote.equals("client-session") || remote.equals("upload-request")) {
      throw new EngineException(
          ErrorKind.NOT_IMPLEMENTED,
          "remote context '%s' needs BuildKit, which this engine does not have".formatted(remote));
    }
    return remote.isEmpty() ? new ContextSource.Tar(body) : new ContextSource.Remote(remote);
  }

  private StepOptions steps() {
    return new StepOptions(
        RequestFields.network(query.text("networkmode")),
        query.all("extrahosts").stream().filter(host -> !host.isEmpty()).toList(),
        false,
        query.text("networkmode").equals("host"),
        query.text("cgroupparent"),
        number("memory"),
        number("memswap"),
        number("cpushares"),
        number("cpuperiod"),
        number("cpuquota"),
        query.text("cpusetcpus"),
        query.text("cpusetmems"),
        shmSize(),
        ulimits(),
        query.all("securityopt").stream().filter(option -> !option.isEmpty()).toList(),
        Optional.empty());
  }

  private long shmSize() {
    long size = number("shmsize");
    if (size < 0) {
      throw RequestFields.invalid("SHM size can not be less than 0");
    }
    return size;
  }

  private List<String> ulimits() {
    if (query.text("ulimits").isEmpty()) {
      return List.of();
    }
    return list("ulimits", "ulimit settings").objects("list").stream()
        .map(
            limit ->
                "%s=%d:%d"
                    .formatted(limit.text("Name"), limit.number("Soft"), limit.number("Hard")))
        .toList();
  }

  private Optional<String> some(String name) {
    return query.first(name).filter(text -> !text.isEmpty());
  }

  private boolean flag(String name) {
    return switch (query.text(name).strip().toLowerCase(Locale.ROOT)) {
      case "", "0", "no", "false", "none" -> false;
      default -> true;
    };
  }

  private long number(String name) {
    String text = query.text(name);
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "invalid value for '%s': \"%s\" is not a whole number".formatted(name, text),
          e);
    }
  }

  private Optional<JsonObject> json(String name, String what) {
    return read(what, query.text(name));
  }

  private static Optional<JsonObject> read(String what, String text) {
    try {
      return text.isEmpty() ? Optional.empty() : JsonReader.readObject(text);
    } catch (JsonException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "error reading " + what + ": " + e.getMessage(), e);
    }
  }

  /// A parameter that is a list, as the field `list` of an object.
  private JsonObject list(String name, String what) {
    return read(what, "{\"list\":" + query.text(name) + "}").orElseGet(JsonObject::empty);
  }
}
