package gantry.image;

import gantry.oci.Digest;
import gantry.oci.Reference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What is known of images, references and layers at one moment. Immutable: a change makes a new
/// one.
///
/// @param retained stacks that are kept without an image, by the name of what keeps them
record Catalog(
    Map<Digest, Image> images,
    Map<Reference, Digest> references,
    Map<Digest, StoredLayer> layers,
    Map<String, Digest> retained) {

  static final Catalog EMPTY = new Catalog(Map.of(), Map.of(), Map.of(), Map.of());

  Optional<Image> byId(Digest id) {
    return Optional.ofNullable(images.get(id));
  }

  Optional<Image> byReference(Reference reference) {
    return Optional.ofNullable(references.get(reference)).flatMap(this::byId);
  }

  /// The images whose id begins with these hex characters.
  List<Image> byPrefix(String hex) {
    return images.values().stream().filter(i -> i.id().hex().startsWith(hex)).toList();
  }

  /// The stack up to `chainId`, the topmost layer first.
  List<StoredLayer> stack(Optional<Digest> chainId) {
    List<StoredLayer> stack = new ArrayList<>();
    Optional<Digest> next = chainId;
    while (next.isPresent()) {
      StoredLayer layer = layers.get(next.get());
      if (layer == null) {
        throw new ImageException(
            ImageException.Kind.NOT_FOUND, "layer " + next.get() + " is not in the store");
      }
      stack.add(layer);
      next = layer.below();
    }
    return stack;
  }

  /// The chain IDs of all stacks that images, whatever is retained and these others stand on.
  Set<Digest> neededLayers(Collection<Digest> others) {
    Set<Digest> needed = new HashSet<>();
    images.values().forEach(image -> image.chainId().ifPresent(chain -> addStack(chain, needed)));
    retained.values().forEach(chain -> addStack(chain, needed));
    others.forEach(chain -> addStack(chain, needed));
    return needed;
  }

  private void addStack(Digest top, Set<Digest> needed) {
    Optional<Digest> next = Optional.of(top);
    while (next.isPresent() && needed.add(next.get())) {
      next = Optional.ofNullable(layers.get(next.get())).flatMap(StoredLayer::below);
    }
  }

  /// The digests of all blobs that an image or a layer needs.
  Set<Digest> neededBlobs() {
    Set<Digest> needed = new HashSet<>();
    for (Image image : images.values()) {
      needed.add(image.id());
      needed.add(image.manifest().digest());
      image.layers().forEach(layer -> needed.add(layer.blob().digest()));
    }
    layers.values().forEach(layer -> needed.add(layer.blob().digest()));
    return needed;
  }

  /// The images that were committed from this one.
  List<Image> children(Digest id) {
    return images.values().stream().filter(i -> i.parent().equals(Optional.of(id))).toList();
  }

  /// The same with changes made by [Change].
  Change change() {
    return new Change(
        new HashMap<>(images),
        new TreeMap<>(references),
        new HashMap<>(layers),
        new HashMap<>(retained));
  }

  /// A catalog in the making.
  record Change(
      Map<Digest, Image> images,
      Map<Reference, Digest> references,
      Map<Digest, StoredLayer> layers,
      Map<String, Digest> retained) {

    /// Makes every image say what references it has.
    Catalog done() {
      Map<Digest, List<Reference>> of = new HashMap<>();
      references.forEach(
          (reference, id) -> of.computeIfAbsent(id, _ -> new ArrayList<>()).add(reference));
      images.replaceAll((id, image) -> withReferences(image, of.getOrDefault(id, List.of())));
      return new Catalog(
          Map.copyOf(images), Map.copyOf(references), Map.copyOf(layers), Map.copyOf(retained));
    }

    private static Image withReferences(Image image, List<Reference> references) {
      if (image.references().equals(references)) {
        return image;
      }
      return new Image(
          image.id(),
          image.manifest(),
          image.config(),
          image.layers(),
          references,
          image.lastTagged(),
          image.parent());
    }
  }
}
