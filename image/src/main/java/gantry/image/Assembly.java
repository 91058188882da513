package gantry.image;

import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.Manifest;
import gantry.oci.Reference;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Images in the making: their layers are unpacked, their blobs are in the store, and nobody sees
/// any of it before [#commit], which makes all of them be there at once. What was not committed is
/// gone when it is closed.
///
/// For one thread.
final class Assembly implements AutoCloseable {
  /// A layer of a new image.
  ///
  /// @param name what to call it in an error
  /// @param unpacking unpacks it, if that turns out to be needed
  record NewLayer(Descriptor blob, String name, Unpacking unpacking) {}

  /// Unpacks one layer.
  @FunctionalInterface
  interface Unpacking {
    LayerUnpacker.Unpacked unpack();
  }

  private static final int LAYERS_MAX = 200; // kernels before 6.5 are told of all in one page

  private record NewImage(Image image, List<Reference> references) {}

  private final ImageStore store;
  private final LayerUnpacker unpacker;
  private final Pins.Held pins = new Pins.Held();
  private final Map<Digest, StoredLayer> layers = new HashMap<>();
  private final List<NewImage> images = new ArrayList<>();
  private boolean committed;

  Assembly(ImageStore store, LayerUnpacker unpacker) {
    this.store = store;
    this.unpacker = unpacker;
  }

  /// Keeps a blob from being collected until this is closed; whether the store has it.
  boolean keep(Digest blob) {
    store.pin(pins, blob);
    return store.blobs().has(blob);
  }

  /// Stores a small blob, and keeps it.
  Descriptor put(String mediaType, byte[] bytes) {
    Descriptor descriptor = Descriptor.of(mediaType, bytes);
    return keep(descriptor.digest()) ? descriptor : store.blobs().put(mediaType, bytes);
  }

  /// Adds an image whose config, manifest and layers are in the store and kept.
  ///
  /// @throws ImageException when a layer is not what the config says
  void add(
      Descriptor manifestDescriptor,
      Manifest manifest,
      Digest id,
      ImageConfig config,
      List<NewLayer> newLayers,
      List<Reference> references,
      Optional<Digest> parent) {
    List<Digest> diffIds = config.rootFs().diffIds();
    if (diffIds.size() != newLayers.size()) {
      throw ImageException.invalid(
          "invalid manifest, layers length mismatch: expected %d, got %d"
              .formatted(diffIds.size(), newLayers.size()));
    }
    requireStackable(diffIds.size());
    Optional<Digest> below = Optional.empty();
    for (int i = 0; i < diffIds.size(); i++) {
      below = Optional.of(addLayer(i, diffIds.get(i), newLayers.get(i), below));
    }
    Map<Digest, StoredLayer> known = new HashMap<>(store.catalog().layers());
    known.putAll(layers);
    Optional<Instant> tagged = references.isEmpty() ? Optional.empty() : Optional.of(Instant.now());
    images.add(
        new NewImage(
            Tables.image(manifestDescriptor, manifest, id, config, known, tagged, parent),
            references));
  }

  static void requireStackable(int layers) {
    if (layers > LAYERS_MAX) {
      throw ImageException.invalid(
          "max depth exceeded: %d layers, at most %d can be stacked".formatted(layers, LAYERS_MAX));
    }
  }

  private Digest addLayer(int index, Digest diffId, NewLayer layer, Optional<Digest> below) {
    Digest chainId = Layer.chainId(below, diffId);
    store.pin(pins, chainId);
    if (layers.containsKey(chainId) || store.catalog().layers().containsKey(chainId)) {
      return chainId;
    }
    LayerUnpacker.Unpacked unpacked = layer.unpacking().unpack();
    layers.put(
        chainId,
        new StoredLayer(
            chainId,
            below,
            diffId,
            layer.blob(),
            unpacked.directory(),
            unpacked.sizeBytes(),
            Optional.of(store.boot())));
    if (!unpacked.diffId().equals(diffId)) {
      throw ImageException.invalid(
          "invalid diffID for layer %d ('%s'): expected \"%s\", got \"%s\""
              .formatted(index, layer.name(), diffId, unpacked.diffId()));
    }
    unpacker.inherit(unpacked, directories(below));
    return chainId;
  }

  /// Where the layers of a stack are unpacked, the topmost first.
  private List<String> directories(Optional<Digest> top) {
    List<String> directories = new ArrayList<>();
    Optional<Digest> next = top;
    while (next.isPresent()) {
      StoredLayer layer = layers.get(next.get());
      StoredLayer found = layer != null ? layer : store.catalog().layers().get(next.get());
      if (found == null) {
        throw new IllegalStateException("layer " + next.get() + " is pinned but gone");
      }
      directories.add(found.directory());
      next = found.below();
    }
    return directories;
  }

  /// Makes the images be there, durably; returns them in the order in which they were added.
  List<Image> commit() {
    store.blobs().sync();
    Map<Digest, StoredLayer> lost = new HashMap<>();
    Catalog after =
        store.change(
            before -> {
              Catalog.Change change = before.change();
              layers.forEach(
                  (chainId, layer) -> {
                    if (change.layers().putIfAbsent(chainId, layer) != null) {
                      lost.put(chainId, layer); // somebody else was first
                    }
                  });
              images.forEach(added -> add(change, added));
              return change.done();
            });
    committed = true;
    lost.values().forEach(layer -> store.discard(layer.directory()));
    store.syncLater();
    return images.stream().map(added -> after.byId(added.image().id()).orElseThrow()).toList();
  }

  private static void add(Catalog.Change change, NewImage added) {
    Image image = added.image();
    Image there = change.images().get(image.id());
    change
        .images()
        .put(
            image.id(),
            there == null
                ? image
                : new Image(
                    there.id(),
                    there.manifest(),
                    there.config(),
                    there.layers(),
                    there.references(),
                    image.lastTagged().or(there::lastTagged),
                    there.parent().or(image::parent)));
    added.references().forEach(reference -> change.references().put(reference, image.id()));
  }

  @Override
  public void close() {
    if (!committed) {
      layers.values().forEach(layer -> store.discard(layer.directory()));
    }
    store.unpin(pins);
  }
}
