package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is known of a blob without having it: media type, digest and size in bytes.
///
/// Spec: OCI image-spec 1.1, `descriptor.md`.
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Descriptor(
    String mediaType,
    Digest digest,
    @JsonProperty("size") long sizeBytes,
    List<String> urls,
    Map<String, String> annotations,
    Optional<Platform> platform,
    Optional<String> artifactType) {

  public Descriptor {
    if (digest == null) {
      throw new IllegalArgumentException("a descriptor needs a digest");
    }
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("size of " + digest + " is negative: " + sizeBytes);
    }
    mediaType = Values.text(mediaType);
    urls = Values.list(urls);
    annotations = Values.map(annotations);
  }

  /// Media type, digest and size alone.
  public static Descriptor of(String mediaType, Digest digest, long sizeBytes) {
    return new Descriptor(
        mediaType, digest, sizeBytes, List.of(), Map.of(), Optional.empty(), Optional.empty());
  }

  /// The descriptor of these bytes.
  public static Descriptor of(String mediaType, byte[] bytes) {
    return of(mediaType, Digest.sha256(bytes), bytes.length);
  }

  /// The same with these annotations in place of its own.
  public Descriptor withAnnotations(Map<String, String> replaced) {
    return new Descriptor(mediaType, digest, sizeBytes, urls, replaced, platform, artifactType);
  }

  /// The same with this platform.
  public Descriptor withPlatform(Platform replaced) {
    return new Descriptor(
        mediaType, digest, sizeBytes, urls, annotations, Optional.of(replaced), artifactType);
  }
}
