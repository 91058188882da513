package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.Healthcheck;
import gantry.engine.image.ImageView;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.ProcessDefaults;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Images in Docker's JSON: the whole (`inspect`) and a line of the list.
final class ImageJson {
  /// In place of a number that was not asked for.
  static final long NOT_COUNTED = -1;

  private ImageJson() {}

  /// A line of the list.
  static void line(
      JsonWriter json, ImageView image, ApiVersion version, long containers, long sharedSize) {
    json.object().put("Containers", containers);
    json.put("Created", image.created().map(Instant::getEpochSecond).orElse(0L));
    json.put("Id", image.id().toString()).putOrNull("Labels", image.config().config().labels());
    json.put("ParentId", image.parent().map(Digest::toString).orElse(""));
    names(json, image, version);
    json.put("SharedSize", sharedSize).put("Size", image.sizeBytes());
    if (version.before(44)) {
      json.put("VirtualSize", image.sizeBytes());
    }
    json.end();
  }

  private static void names(JsonWriter json, ImageView image, ApiVersion version) {
    boolean nameless = image.references().isEmpty() && image.repositoryDigests().isEmpty();
    if (nameless && version.before(43)) {
      json.put("RepoDigests", List.of("<none>@<none>")).put("RepoTags", List.of("<none>:<none>"));
    } else {
      json.put("RepoDigests", image.repositoryDigests()).put("RepoTags", image.references());
    }
  }

  /// The whole.
  static JsonWriter inspect(ImageView image, ApiVersion version, Map<String, String> graphDriver) {
    ImageConfig config = image.config();
    JsonWriter json = new JsonWriter().object().put("Id", image.id().toString());
    json.put("RepoTags", image.references()).put("RepoDigests", image.repositoryDigests());
    json.put("Parent", image.parent().map(Digest::toString).orElse(""));
    json.put("Comment", config.comment());
    image.created().ifPresent(created -> json.put("Created", GoTime.nano(created)));
    if (version.before(45)) {
      json.putSome("Container", config.container()).name("ContainerConfig");
      legacyConfig(json, config.containerConfig());
    }
    json.put("DockerVersion", config.dockerVersion()).put("Author", config.author());
    json.put("Architecture", config.platform().architecture());
    json.putSome("Variant", config.platform().variant().orElse(""));
    json.put("Os", config.platform().os()).putSome("OsVersion", config.osVersion().orElse(""));
    json.put("Size", image.sizeBytes());
    if (version.before(44)) {
      json.put("VirtualSize", image.sizeBytes());
    }
    json.object("GraphDriver").put("Data", graphDriver).put("Name", "overlay2").end();
    json.object("RootFS").put("Type", "layers");
    json.putSome("Layers", config.rootFs().diffIds().stream().map(Digest::toString).toList()).end();
    json.object("Metadata").put("LastTagTime", GoTime.nano(image.lastTagged())).end();
    json.name("Config");
    config(json, config.config(), version);
    return json.end();
  }

  private static void config(JsonWriter json, ProcessDefaults config, ApiVersion version) {
    json.object();
    if (version.before(50)) {
      containerOnly(json);
    }
    fields(json, config);
    json.end();
  }

  // Fields of a container, which older versions showed of images too, always empty.
  private static void containerOnly(JsonWriter json) {
    json.put("AttachStderr", false).put("AttachStdin", false).put("AttachStdout", false);
    json.put("Domainname", "").put("Hostname", "").put("Image", "").put("OpenStdin", false);
    json.put("StdinOnce", false).put("Tty", false);
  }

  private static void fields(JsonWriter json, ProcessDefaults config) {
    json.putSome("ArgsEscaped", config.argsEscaped()).putOrNull("Cmd", config.cmd());
    json.putOrNull("Entrypoint", config.entrypoint()).putOrNull("Env", config.env());
    if (!config.exposedPorts().isEmpty()) {
      json.putSet("ExposedPorts", config.exposedPorts());
    }
    config.healthcheck().ifPresent(check -> HealthcheckJson.write(json, ofImage(check)));
    json.putOrNull("Labels", config.labels()).putOrNull("OnBuild", config.onBuild());
    json.putSome("Shell", config.shell()).putSome("StopSignal", config.stopSignal().orElse(""));
    json.put("User", config.user());
    if (config.volumes().isEmpty()) {
      json.putNull("Volumes");
    } else {
      json.putSet("Volumes", config.volumes());
    }
    json.put("WorkingDir", config.workingDir());
  }

  private static Healthcheck ofImage(gantry.oci.Healthcheck check) {
    return new Healthcheck(
        check.test(),
        check.interval(),
        check.timeout(),
        check.startPeriod(),
        check.startInterval(),
        check.retries());
  }

  private static void legacyConfig(JsonWriter json, Optional<ProcessDefaults> config) {
    json.object();
    containerOnly(json);
    fields(json, config.orElseGet(ProcessDefaults::none));
    json.end();
  }
}
