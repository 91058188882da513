package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.Healthcheck;
import gantry.engine.image.ImageView;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.ProcessDefaults;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

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
      containerConfig(json, config.containerConfig().orElseGet(config::config));
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

  // Before 1.50 with the fields of a container too, always empty; there sorted with the others.
  private static void config(JsonWriter json, ProcessDefaults config, ApiVersion version) {
    boolean legacy = version.before(50);
    json.object().putSome("ArgsEscaped", config.argsEscaped());
    if (legacy) {
      json.put("AttachStderr", false).put("AttachStdin", false).put("AttachStdout", false);
    }
    json.putOrNull("Cmd", config.cmd());
    if (legacy) {
      json.put("Domainname", "");
    }
    json.putOrNull("Entrypoint", config.entrypoint()).putOrNull("Env", config.env());
    putSet(json, "ExposedPorts", config.exposedPorts(), false);
    config.healthcheck().ifPresent(check -> HealthcheckJson.write(json, ofImage(check)));
    if (legacy) {
      json.put("Hostname", "").put("Image", "");
    }
    json.putOrNull("Labels", config.labels()).putOrNull("OnBuild", config.onBuild());
    if (legacy) {
      json.put("OpenStdin", false);
    }
    json.putSome("Shell", config.shell());
    if (legacy) {
      json.put("StdinOnce", false);
    }
    json.putSome("StopSignal", config.stopSignal().orElse(""));
    if (legacy) {
      json.put("Tty", false);
    }
    json.put("User", config.user());
    putSet(json, "Volumes", config.volumes(), true);
    json.put("WorkingDir", config.workingDir()).end();
  }

  private static void putSet(
      JsonWriter json, String name, Collection<String> values, boolean always) {
    if (!values.isEmpty()) {
      json.putSet(name, values);
    } else if (always) {
      json.putNull(name);
    }
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

  /// The config of the container that the image was committed from, which old archives hold. Of
  /// other images their own: docker-compose 1.x looks here for the volumes that a container keeps
  /// when it is recreated.
  private static void containerConfig(JsonWriter json, ProcessDefaults config) {
    json.object().put("Hostname", "").put("Domainname", "").put("User", config.user());
    json.put("AttachStdin", false).put("AttachStdout", false).put("AttachStderr", false);
    putSet(json, "ExposedPorts", config.exposedPorts(), false);
    json.put("Tty", false).put("OpenStdin", false).put("StdinOnce", false);
    json.putOrNull("Env", config.env()).putOrNull("Cmd", config.cmd()).put("Image", "");
    putSet(json, "Volumes", config.volumes(), true);
    json.put("WorkingDir", config.workingDir()).putOrNull("Entrypoint", config.entrypoint());
    json.putOrNull("OnBuild", config.onBuild()).putOrNull("Labels", config.labels()).end();
  }
}
