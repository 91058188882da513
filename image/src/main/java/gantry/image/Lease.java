package gantry.image;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.image.tar.TarWriter;
import gantry.image.tar.TreeArchiver;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.Json;
import gantry.oci.Manifest;
import gantry.oci.MediaType;
import gantry.oci.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What one piece of work, a build, uses and makes of the store's layers: none of it is collected
/// before this is closed. Layers that the work makes are in the store at once; images that it makes
/// are first *drafts*, which nobody sees in a list but who knows their id can use as any other.
///
/// Thread-safe.
public final class Lease implements AutoCloseable {
  private final ImageStore store;
  private final Pins.Held pins = new Pins.Held();
  private final List<Digest> drafts = new ArrayList<>(); // guarded by itself

  Lease(ImageStore store) {
    this.store = store;
  }

  /// Keeps the layers up to `chainId`, the lowest first; empty if the store has not got them.
  public Optional<List<Layer>> keep(Digest chainId) {
    store.pin(pins, chainId);
    return store.layers(chainId);
  }

  /// An image that is not finished: containers can be made from it by its id.
  public Image draft(ImageConfig config, List<Layer> layers) {
    layers.forEach(layer -> store.pin(pins, layer.chainId()));
    byte[] bytes = Json.write(config);
    Descriptor configDescriptor = Descriptor.of(MediaType.OCI_CONFIG, bytes);
    Image image =
        new Image(
            configDescriptor.digest(),
            Descriptor.of(MediaType.OCI_MANIFEST, manifest(configDescriptor, layers)),
            config,
            layers,
            List.of(),
            Optional.empty(),
            Optional.empty());
    synchronized (drafts) {
      drafts.add(image.id());
    }
    store.drafts().add(image);
    return image;
  }

  private static byte[] manifest(Descriptor config, List<Layer> layers) {
    return Json.write(Manifest.of(config, layers.stream().map(Layer::blob).toList()));
  }

  /// Makes a layer of what an active snapshot changed, on top of what the snapshot stands on. Its
  /// files are moved, not copied: the snapshot is as if nothing had been changed in it, and must
  /// not be mounted by then.
  ///
  /// @return the stack with the new layer on top, the lowest first; the one it stands on, if there
  ///   is nothing that differs from it
  public List<Layer> commit(String snapshot, LayerRules rules) {
    return Failures.explained("cannot make a layer", () -> committed(snapshot, rules));
  }

  private List<Layer> committed(String snapshot, LayerRules rules) {
    Optional<Digest> below = store.snapshots().stackOf(snapshot);
    below.ifPresent(chain -> store.pin(pins, chain));
    boolean changed;
    try (OwnedFd upper = store.snapshots().openUpper(snapshot);
        OwnedFd lower = store.snapshots().view(below)) {
      changed = new UpperCleaning(upper, lower, rules.latest()).clean(rules.mountPoints());
    }
    if (changed) {
      return store.layers(add(snapshot, below, rules.retainAs())).orElseThrow();
    }
    rules.retainAs().ifPresent(name -> below.ifPresent(chain -> store.retain(name, chain)));
    return below.flatMap(store::layers).orElse(List.of());
  }

  /// The files become the layer before its blob is known, under a name that nobody knows until the
  /// catalog says so: a crash between leaves what the next opening removes.
  private Digest add(String snapshot, Optional<Digest> below, Optional<String> retainAs) {
    String directory = store.snapshots().takeUpper(snapshot);
    boolean kept = false;
    try (BlobWriter writer = store.blobs().write();
        OwnedFd files =
            At.open(store.snapshots().directory(), directory + "/fs", O_RDONLY | O_DIRECTORY)) {
      TarWriter tar = new TarWriter(new BlobStream(writer));
      new TreeArchiver(tar, TreeArchiver.Content.OVERLAY_UPPER).writeContents(files);
      tar.finish();
      Digest diffId = writer.digest();
      Digest chainId = Layer.chainId(below, diffId);
      store.pin(pins, diffId);
      store.pin(pins, chainId);
      writer.commit(Optional.empty());
      store.blobs().sync();
      kept =
          store.add(
              new StoredLayer(
                  chainId,
                  below,
                  diffId,
                  Descriptor.of(MediaType.OCI_LAYER, diffId, writer.sizeBytes()),
                  directory,
                  Usage.bytes(files),
                  Optional.of(store.boot())),
              retainAs);
      return chainId;
    } finally {
      if (!kept) {
        store.discard(directory);
      }
    }
  }

  /// Makes a draft an image that is there for everybody, durably.
  public Image publish(ImageConfig config, List<Layer> layers, List<Reference> references) {
    return Failures.explained(
        "cannot make the image",
        () -> {
          try (Assembly assembly = new Assembly(store, store.unpacker())) {
            return published(assembly, config, layers, references);
          }
        });
  }

  private static Image published(
      Assembly assembly, ImageConfig config, List<Layer> layers, List<Reference> references) {
    List<Assembly.NewLayer> stack =
        layers.stream()
            .map(
                layer ->
                    new Assembly.NewLayer(
                        layer.blob(),
                        layer.diffId().toString(),
                        () -> {
                          throw new IllegalStateException(
                              "layer " + layer.chainId() + " is leased but gone");
                        }))
            .toList();
    layers.forEach(layer -> assembly.keep(layer.blob().digest()));
    Descriptor configDescriptor = assembly.put(MediaType.OCI_CONFIG, Json.write(config));
    Manifest manifest = Manifest.of(configDescriptor, layers.stream().map(Layer::blob).toList());
    Descriptor manifestDescriptor = assembly.put(MediaType.OCI_MANIFEST, Json.write(manifest));
    assembly.add(
        manifestDescriptor,
        manifest,
        configDescriptor.digest(),
        config,
        stack,
        references,
        Optional.empty());
    return assembly.commit().getFirst();
  }

  /// Lets go of all of it. Layers that nothing else needs by now are removed, and drafts are gone.
  @Override
  public void close() {
    List<Digest> mine;
    synchronized (drafts) {
      mine = List.copyOf(drafts);
      drafts.clear();
    }
    mine.forEach(store.drafts()::remove);
    try {
      store.unpin(pins);
    } catch (SyscallException e) {
      throw Failures.of("cannot collect garbage", e);
    }
  }
}
