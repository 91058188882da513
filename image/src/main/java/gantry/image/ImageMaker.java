package gantry.image;

import gantry.image.tar.Compression;
import gantry.image.tar.TarWriter;
import gantry.image.tar.TreeArchiver;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.History;
import gantry.oci.ImageConfig;
import gantry.oci.Json;
import gantry.oci.Manifest;
import gantry.oci.MediaType;
import gantry.oci.Platform;
import gantry.oci.ProcessDefaults;
import gantry.oci.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes new images: of the tar of a root file system, and of what a container changed.
final class ImageMaker {
  /// The digest of a tar without entries: two blocks of zeros.
  static final Digest EMPTY_LAYER =
      Digest.ofSha256("5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");

  private final ImageStore store;
  private final LayerUnpacker unpacker;

  ImageMaker(ImageStore store, LayerUnpacker unpacker) {
    this.store = store;
    this.unpacker = unpacker;
  }

  Image importRootfs(InputStream tar, ImportRequest request) {
    ProcessDefaults process = ConfigChanges.apply(request.changes(), ProcessDefaults.none());
    try (Assembly assembly = new Assembly(store, unpacker);
        BlobWriter writer = store.blobs().write()) {
      InputStream plain = Compression.unpacked(tar);
      writer.writeAll((target, offset, length) -> read(plain, target, offset, length), _ -> {});
      LayerUnpacker.Unpacked unpacked =
          unpacker.unpack(writer.file(), writer.sizeBytes(), writer.digest());
      Descriptor layer = commit(assembly, writer);
      Instant now = Instant.now();
      ImageConfig config =
          ImageConfig.of(
              request.platform(),
              now,
              process,
              List.of(layer.digest()),
              List.of(new History(Optional.of(now), "", "", request.message(), false)));
      return add(
          assembly,
          config.withNote("", request.message()),
          List.of(new Assembly.NewLayer(layer, "rootfs", () -> unpacked)),
          request.reference(),
          Optional.empty());
    }
  }

  private static int read(InputStream stream, byte[] target, int offset, int length) {
    try {
      return stream.read(target, offset, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Descriptor commit(Assembly assembly, BlobWriter writer) {
    Digest digest = writer.digest();
    if (!assembly.keep(digest)) {
      writer.commit(Optional.empty());
    }
    return Descriptor.of(MediaType.OCI_LAYER, digest, writer.sizeBytes());
  }

  Image commit(CommitRequest request) {
    ProcessDefaults process = ConfigChanges.apply(request.changes(), request.config());
    try (Assembly assembly = new Assembly(store, unpacker);
        BlobWriter writer = store.blobs().write()) {
      List<Assembly.NewLayer> layers = new ArrayList<>(baseLayers(assembly, request.image()));
      List<Digest> diffIds = new ArrayList<>(request.base().rootFs().diffIds());
      writeDifference(request.snapshot(), writer);
      boolean empty = writer.digest().equals(EMPTY_LAYER);
      if (!empty) {
        diffIds.add(writer.digest());
        Descriptor layer = commit(assembly, writer);
        layers.add(new Assembly.NewLayer(layer, "container's changes", () -> unpack(layer)));
      }
      Optional<Digest> parent = store.byId(request.image().id()).map(Image::id);
      return add(
          assembly, config(request, process, diffIds, empty), layers, request.reference(), parent);
    }
  }

  /// The layers of the image that the container was made from; they are unpacked already.
  private List<Assembly.NewLayer> baseLayers(Assembly assembly, Image image) {
    return image.layers().stream()
        .map(
            layer -> {
              if (!assembly.keep(layer.blob().digest())) {
                throw new ImageException(
                    ImageException.Kind.CONFLICT,
                    "the image of the container was removed, layer %s with it"
                        .formatted(layer.diffId()));
              }
              return new Assembly.NewLayer(
                  layer.blob(), layer.diffId().toString(), () -> unpack(layer.blob()));
            })
        .toList();
  }

  private LayerUnpacker.Unpacked unpack(Descriptor layer) {
    try (OwnedFd blob = store.blobs().open(layer.digest())) {
      return unpacker.unpack(blob, layer.sizeBytes(), layer.digest());
    }
  }

  private void writeDifference(String snapshot, BlobWriter writer) {
    try (OwnedFd upper = store.snapshots().openUpper(snapshot)) {
      TarWriter tar = new TarWriter(new BlobStream(writer));
      new TreeArchiver(tar, TreeArchiver.Content.OVERLAY_UPPER).writeContents((Fd) upper);
      tar.finish();
    }
  }

  private static ImageConfig config(
      CommitRequest request, ProcessDefaults process, List<Digest> diffIds, boolean emptyLayer) {
    Instant now = Instant.now();
    List<History> history = new ArrayList<>(request.base().history());
    history.add(
        new History(
            Optional.of(now),
            request.createdBy(),
            request.author(),
            request.comment(),
            emptyLayer));
    Platform platform = request.base().platform();
    ImageConfig made = ImageConfig.of(platform, now, process, diffIds, history);
    return made.withNote(request.author(), request.comment()).withContainer(request.containerId());
  }

  private static Image add(
      Assembly assembly,
      ImageConfig config,
      List<Assembly.NewLayer> layers,
      Optional<Reference> reference,
      Optional<Digest> parent) {
    Descriptor configDescriptor = assembly.put(MediaType.OCI_CONFIG, Json.write(config));
    Manifest manifest =
        Manifest.of(configDescriptor, layers.stream().map(Assembly.NewLayer::blob).toList());
    Descriptor manifestDescriptor = assembly.put(MediaType.OCI_MANIFEST, Json.write(manifest));
    assembly.add(
        manifestDescriptor,
        manifest,
        configDescriptor.digest(),
        config,
        layers,
        reference.map(List::of).orElse(List.of()),
        parent);
    return assembly.commit().getFirst();
  }
}
