package gantry.store.content;

import com.fasterxml.jackson.core.JsonProcessingException;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.Index;
import gantry.oci.Json;
import gantry.oci.Manifest;
import gantry.oci.MediaType;
import gantry.oci.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a manifest or an index says, of what a Store needs to know.
///
/// @param config of the manifest of one image
/// @param platforms of an index
public record ManifestDocument(
    String mediaType,
    Optional<Descriptor> config,
    List<Descriptor> layers,
    List<Metadata.Part> parts,
    Optional<Descriptor> subject,
    Optional<String> artifactType,
    Map<String, String> annotations,
    String platforms) {
  /// Spec: OCI distribution-spec 1.1, "Pushing Manifests": registries take 4 MiB at least.
  public static final int MAX_BYTES = 4 << 20;

  private static final int PARTS_MAX = 10_000;

  /// Reads a manifest that was sent as `contentType`.
  ///
  /// @throws StoreException `MANIFEST_INVALID`, naming what is wrong
  public static ManifestDocument parse(byte[] json, String contentType) {
    String type = mediaType(json, contentType);
    try {
      if (MediaType.isIndex(type)) {
        return of(type, Json.read(json, Index.class, "index"));
      }
      if (MediaType.isManifest(type)) {
        return of(type, Json.read(json, Manifest.class, "manifest"));
      }
    } catch (FormatException | IllegalArgumentException e) {
      throw new StoreException(
          StoreException.Code.MANIFEST_INVALID, String.valueOf(e.getMessage()), e);
    }
    throw invalid(
        "media type '%s' is neither an image's manifest nor an index; schema 1 was given up in 2019, push with a newer client"
            .formatted(type));
  }

  private record Head(String mediaType) {}

  private static String mediaType(byte[] json, String contentType) {
    String sent = contentType.replaceFirst(";.*", "").strip();
    String inside;
    try {
      Head head = Json.mapper().readValue(json, Head.class);
      inside = head == null || head.mediaType() == null ? "" : head.mediaType();
    } catch (JsonProcessingException e) {
      throw new StoreException(
          StoreException.Code.MANIFEST_INVALID, "not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new AssertionError("bytes in memory can be read", e);
    }
    if (!inside.isEmpty() && !sent.isEmpty() && !inside.equals(sent)) {
      throw invalid(
          "the manifest's mediaType is '%s', it was sent as '%s'".formatted(inside, sent));
    }
    return sent.isEmpty() ? inside : sent;
  }

  private static StoreException invalid(String message) {
    return new StoreException(StoreException.Code.MANIFEST_INVALID, message);
  }

  private static ManifestDocument of(String type, Manifest manifest) {
    List<Descriptor> blobs = new ArrayList<>();
    blobs.add(manifest.config());
    blobs.addAll(manifest.layers());
    return new ManifestDocument(
        type,
        Optional.of(manifest.config()),
        manifest.layers(),
        parts(blobs.stream().filter(blob -> !elsewhere(blob)).toList(), false),
        manifest.subject(),
        Optional.of(manifest.artifactType().orElse(manifest.config().mediaType())),
        manifest.annotations(),
        "");
  }

  // Layers that may not be distributed stay where their URLs say.
  private static boolean elsewhere(Descriptor blob) {
    return !blob.urls().isEmpty()
        || blob.mediaType().contains(".foreign.")
        || blob.mediaType().contains(".nondistributable.");
  }

  private static ManifestDocument of(String type, Index index) {
    return new ManifestDocument(
        type,
        Optional.empty(),
        List.of(),
        parts(index.manifests(), true),
        index.subject(),
        index.artifactType(),
        index.annotations(),
        index.manifests().stream()
            .flatMap(child -> child.platform().stream())
            .map(Platform::toString)
            .filter(text -> !text.startsWith("unknown"))
            .distinct()
            .collect(Collectors.joining(", ")));
  }

  private static List<Metadata.Part> parts(List<Descriptor> descriptors, boolean manifests) {
    if (descriptors.size() > PARTS_MAX) {
      throw invalid(
          "it names %d blobs or manifests, %d at most".formatted(descriptors.size(), PARTS_MAX));
    }
    Map<Digest, Metadata.Part> parts = new LinkedHashMap<>();
    for (Descriptor descriptor : descriptors) {
      parts.putIfAbsent(
          descriptor.digest(),
          new Metadata.Part(descriptor.digest(), descriptor.sizeBytes(), manifests));
    }
    return List.copyOf(parts.values());
  }
}
