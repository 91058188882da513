package gantry.image;

import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.Reference;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// An image of this store, as it was when it was asked for.
///
/// @param id digest of its config
/// @param manifest media type, digest and size of its manifest
/// @param layers the lowest first
/// @param references by which it is known, tags and digests, in order of their text
/// @param lastTagged when a reference was last put on it
/// @param parent the image that it was committed from, if that was ours
public record Image(
    Digest id,
    Descriptor manifest,
    ImageConfig config,
    List<Layer> layers,
    List<Reference> references,
    Optional<Instant> lastTagged,
    Optional<Digest> parent) {

  public Image {
    layers = List.copyOf(layers);
    references = List.copyOf(references);
  }

  /// The name of its whole stack of layers; empty for an image without layers.
  public Optional<Digest> chainId() {
    return layers.isEmpty() ? Optional.empty() : Optional.of(layers.getLast().chainId());
  }

  /// Bytes of its unpacked layers together.
  public long sizeBytes() {
    return layers.stream().mapToLong(Layer::sizeBytes).sum();
  }

  /// Whether no tag leads to it.
  public boolean dangling() {
    return references.stream().noneMatch(r -> r.tag().isPresent());
  }

  /// Its tags, `busybox:latest`.
  public List<String> tags() {
    return references.stream().filter(r -> r.digest().isEmpty()).map(Reference::familiar).toList();
  }

  /// Its references by digest, `busybox@sha256:…`.
  public List<String> repositoryDigests() {
    return references.stream()
        .filter(r -> r.digest().isPresent())
        .map(Reference::familiar)
        .toList();
  }
}
