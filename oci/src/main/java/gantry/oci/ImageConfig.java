package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The JSON that a manifest's `config` points to: what the image runs, on what, and its layers'
/// diff IDs. Its digest is the image's id.
///
/// Spec: OCI image-spec 1.1, `config.md`; with Docker's additions (`docker_version`, `container`,
/// `container_config`, `parent` in archives of old).
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ImageConfig(
    String architecture,
    String os,
    @JsonProperty("os.version") Optional<String> osVersion,
    @JsonProperty("os.features") List<String> osFeatures,
    Optional<String> variant,
    Optional<Instant> created,
    String author,
    String comment,
    @JsonInclude(JsonInclude.Include.ALWAYS) ProcessDefaults config,
    @JsonProperty("rootfs") RootFs rootFs,
    List<History> history,
    String container,
    @JsonProperty("container_config") Optional<ProcessDefaults> containerConfig,
    @JsonProperty("docker_version") String dockerVersion) {

  /// The layers of an image, the lowest first, each by the digest of its uncompressed tar.
  public record RootFs(String type, @JsonProperty("diff_ids") List<Digest> diffIds) {
    public RootFs {
      type = Values.text(type);
      diffIds = Values.list(diffIds);
      if (!type.isEmpty() && !type.equals("layers")) {
        throw new IllegalArgumentException("rootfs.type must be 'layers', got '" + type + "'");
      }
    }

    /// These layers.
    public static RootFs of(List<Digest> diffIds) {
      return new RootFs("layers", diffIds);
    }
  }

  public ImageConfig {
    architecture = Values.text(architecture);
    os = Values.text(os);
    osFeatures = Values.list(osFeatures);
    author = Values.text(author);
    comment = Values.text(comment);
    config = config == null ? ProcessDefaults.none() : config;
    rootFs = rootFs == null ? RootFs.of(List.of()) : rootFs;
    history = Values.list(history);
    container = Values.text(container);
    dockerVersion = Values.text(dockerVersion);
  }

  /// A new image's config.
  public static ImageConfig of(
      Platform platform,
      Instant created,
      ProcessDefaults config,
      List<Digest> diffIds,
      List<History> history) {
    return new ImageConfig(
        platform.architecture(),
        platform.os(),
        platform.osVersion(),
        platform.osFeatures(),
        platform.variant(),
        Optional.of(created),
        "",
        "",
        config,
        RootFs.of(diffIds),
        history,
        "",
        Optional.empty(),
        "");
  }

  /// What it runs on; where the config does not say, linux on the host's architecture.
  public Platform platform() {
    Platform host = Platform.host();
    return new Platform(
        architecture.isEmpty() ? host.architecture() : architecture,
        os.isEmpty() ? host.os() : os,
        osVersion,
        osFeatures,
        variant);
  }

  /// The same, by somebody, with a note.
  public ImageConfig withNote(String author, String comment) {
    return with(author, comment, container);
  }

  /// The same, made from this container.
  public ImageConfig withContainer(String id) {
    return with(author, comment, id);
  }

  private ImageConfig with(String author, String comment, String container) {
    return new ImageConfig(
        architecture,
        os,
        osVersion,
        osFeatures,
        variant,
        created,
        author,
        comment,
        config,
        rootFs,
        history,
        container,
        containerConfig,
        dockerVersion);
  }
}
