package gantry.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonTest {
  private static final String DIGEST = "sha256:" + "ab".repeat(32);

  private static ImageConfig config(String json) {
    return Json.read(json.getBytes(StandardCharsets.UTF_8), ImageConfig.class, "image config");
  }

  @Test
  void read_dockersConfig_hasAllOfIt() {
    ImageConfig config =
        config(
            """
            {"architecture":"arm","variant":"v7","os":"linux","created":"2024-01-31T12:00:00.123456789+02:00",
             "config":{"User":"1:2","ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Entrypoint":["/e"],
               "Cmd":"one","Healthcheck":{"Test":["NONE"],"Interval":30000000000,"Retries":3},"Tty":true,
               "Volumes":{"/v":{},"/a":{}},"WorkingDir":"/w","Labels":{"l":"x"},"OnBuild":null,"ArgsEscaped":true,
               "StopSignal":"SIGINT","StopTimeout":5,"Shell":["/bin/sh","-c"]},
             "rootfs":{"type":"layers","diff_ids":["%s"]},
             "history":[{"created":"2024-01-31T12:00:00Z","created_by":"COPY","empty_layer":true}],
             "container_config":{"Hostname":"h","Cmd":null},"docker_version":"20.10","unknown":[{}]}
            """
                .formatted(DIGEST));

    assertThat(config.platform()).hasToString("linux/arm/v7");
    assertThat(config.created()).contains(Instant.parse("2024-01-31T10:00:00.123456789Z"));
    ProcessDefaults process = config.config();
    assertThat(process.exposedPorts()).containsExactly("80/tcp");
    assertThat(process.volumes()).containsExactly("/v", "/a");
    assertThat(process.cmd()).containsExactly("one");
    assertThat(process.onBuild()).isEmpty();
    assertThat(process.argsEscaped()).isTrue();
    assertThat(process.stopTimeoutSeconds()).contains(5);
    Healthcheck check = process.healthcheck().orElseThrow();
    assertThat(check.interval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(check.timeout()).isZero();
    assertThat(check.retries()).isEqualTo(3);
    assertThat(config.history()).singleElement().matches(History::emptyLayer);
    assertThat(config.rootFs().diffIds()).containsExactly(Digest.parse(DIGEST));
    assertThat(config.dockerVersion()).isEqualTo("20.10");
    assertThat(Json.read(Json.write(config), ImageConfig.class, "image config")).isEqualTo(config);
  }

  @Test
  void read_nearlyNothing_isEverythingEmpty() {
    ImageConfig config = config("{\"config\":null}");

    assertThat(config.config()).isEqualTo(ProcessDefaults.none());
    assertThat(config.created()).isEmpty();
    assertThat(config.rootFs().diffIds()).isEmpty();
    assertThat(config.platform()).isEqualTo(Platform.host());
  }

  @Test
  void read_namesInAnotherCase_areTheSame() {
    assertThat(config("{\"Architecture\":\"arm64\"}").architecture()).isEqualTo("arm64");
  }

  @Test
  void write_emptyConfig_leavesOutWhatIsEmpty() {
    ImageConfig config =
        ImageConfig.of(
            Platform.of("linux", "amd64"),
            Instant.EPOCH,
            ProcessDefaults.none().toBuilder().env(List.of("A=1")).build(),
            List.of(),
            List.of(new History(Optional.of(Instant.EPOCH), "x", "", "", false)));

    assertThat(new String(Json.write(config), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"1970-01-01T00:00:00Z\","
                + "\"config\":{\"Env\":[\"A=1\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},"
                + "\"history\":[{\"created\":\"1970-01-01T00:00:00Z\",\"created_by\":\"x\"}]}");
  }

  @Test
  void read_wrongType_namesTheField() {
    assertThatThrownBy(() -> config("{\"config\":{\"Env\":\"A=b\"}}"))
        .isInstanceOf(FormatException.class)
        .hasMessage("invalid image config at 'config.Env': expected an array");
    assertThatThrownBy(() -> config("{\"created\":\"yesterday\"}"))
        .hasMessage(
            "invalid image config at 'created': 'yesterday' is not a time such as 2024-01-31T12:00:00.5Z");
    assertThatThrownBy(() -> config("{\"rootfs\":{\"diff_ids\":[\"sha256:x\"]}}"))
        .hasMessage(
            "invalid image config at 'rootfs.diff_ids.[0]': invalid checksum digest length");
    assertThatThrownBy(() -> config("{\"author\":5}"))
        .hasMessage("invalid image config at 'author': expected a string");
    assertThatThrownBy(() -> config("{\"config\":[]}"))
        .hasMessage("invalid image config at 'config': expected an object");
    assertThatThrownBy(() -> config("{\"config\":{\"StopTimeout\":\"5\"}}"))
        .hasMessage("invalid image config at 'config.StopTimeout': expected a whole number");
    assertThatThrownBy(() -> config("{} {}")).isInstanceOf(FormatException.class);
    assertThatThrownBy(() -> config("null")).hasMessage("invalid image config: null");
    assertThatThrownBy(() -> config("{")).isInstanceOf(FormatException.class);
  }

  @Test
  void read_deepNesting_isRefused() {
    assertThatThrownBy(() -> config("{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("nesting depth");
  }

  @Test
  void read_manifestWithoutConfig_isRefused() {
    assertThatThrownBy(
            () ->
                Json.read(
                    "{\"schemaVersion\":2}".getBytes(StandardCharsets.UTF_8),
                    Manifest.class,
                    "manifest"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("a manifest needs a config");
  }

  @Test
  void write_manifest_readsBack() {
    Manifest manifest =
        Manifest.of(
            Descriptor.of(MediaType.OCI_CONFIG, Digest.parse(DIGEST), 7),
            List.of(Descriptor.of(MediaType.OCI_LAYER, Digest.parse(DIGEST), 9)));

    assertThat(Json.read(Json.write(manifest), Manifest.class, "manifest")).isEqualTo(manifest);
    assertThat(new String(Json.write(manifest), StandardCharsets.UTF_8))
        .startsWith("{\"schemaVersion\":2,\"mediaType\":\"" + MediaType.OCI_MANIFEST + "\"")
        .contains("\"size\":7");
  }
}
