package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One image: its config and its layers, the lowest first. OCI's and Docker's schema 2 alike.
///
/// Spec: OCI image-spec 1.1, `manifest.md`.
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Manifest(
    int schemaVersion,
    String mediaType,
    Optional<String> artifactType,
    Descriptor config,
    List<Descriptor> layers,
    Optional<Descriptor> subject,
    Map<String, String> annotations) {

  public Manifest {
    if (schemaVersion != 2) {
      throw new IllegalArgumentException("schemaVersion must be 2, got " + schemaVersion);
    }
    if (config == null) {
      throw new IllegalArgumentException("a manifest needs a config");
    }
    mediaType = Values.text(mediaType);
    layers = Values.list(layers);
    annotations = Values.map(annotations);
  }

  /// An OCI manifest of these.
  public static Manifest of(Descriptor config, List<Descriptor> layers) {
    return new Manifest(
        2, MediaType.OCI_MANIFEST, Optional.empty(), config, layers, Optional.empty(), Map.of());
  }
}
