package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A list of manifests, by platform; or the `index.json` of an OCI image layout.
///
/// Spec: OCI image-spec 1.1, `image-index.md` and `image-layout.md`.
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Index(
    int schemaVersion,
    String mediaType,
    Optional<String> artifactType,
    @JsonInclude(JsonInclude.Include.ALWAYS) List<Descriptor> manifests,
    Optional<Descriptor> subject,
    Map<String, String> annotations) {

  public Index {
    if (schemaVersion != 2) {
      throw new IllegalArgumentException("schemaVersion must be 2, got " + schemaVersion);
    }
    mediaType = Values.text(mediaType);
    manifests = Values.list(manifests);
    annotations = Values.map(annotations);
  }

  /// An OCI index of these.
  public static Index of(List<Descriptor> manifests) {
    return new Index(
        2, MediaType.OCI_INDEX, Optional.empty(), manifests, Optional.empty(), Map.of());
  }
}
