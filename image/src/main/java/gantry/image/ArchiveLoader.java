package gantry.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import gantry.image.tar.Compression;
import gantry.oci.Annotations;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.ImageConfig;
import gantry.oci.Index;
import gantry.oci.Json;
import gantry.oci.Manifest;
import gantry.oci.MediaType;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes sense of an image archive, and loads its images.
///
/// `manifest.json`, which `docker save` writes since 1.10, says the images by paths; `index.json`,
/// of an OCI image layout, by digests. Where both are, the first says which images and names there
/// are, the second the manifests as they were. Where neither is, the archive is a [LegacyArchive],
/// or none.
///
/// Spec: OCI image-spec 1.1, `image-layout.md`; Docker's image-spec 1.3, "Combined Image JSON +
/// Filesystem Changeset Format".
final class ArchiveLoader implements AutoCloseable {
  private static final int DOCUMENT_MAX_BYTES = 16 << 20;
  private static final int IMAGES_MAX = 1000;
  private static final int NESTING_MAX = 4;

  private final Optional<Platform> wanted;
  private final LoadProgress progress;
  private final Assembly assembly;
  private final ArchiveParts parts;

  ArchiveLoader(
      ImageStore store, LayerUnpacker unpacker, Optional<Platform> wanted, LoadProgress progress) {
    this.wanted = wanted;
    this.progress = progress;
    this.assembly = new Assembly(store, unpacker);
    this.parts = new ArchiveParts(store, assembly, unpacker, progress);
  }

  /// One image of `manifest.json`.
  record ArchiveImage(
      @JsonProperty("Config") String config,
      @JsonProperty("RepoTags") List<String> repoTags,
      @JsonProperty("Layers") List<String> layers) {
    ArchiveImage {
      if (config == null) {
        throw new IllegalArgumentException("Config is missing");
      }
      repoTags = orEmpty(repoTags);
      layers = orEmpty(layers);
    }

    private static List<String> orEmpty(@Nullable List<String> values) {
      return values == null ? List.of() : List.copyOf(values);
    }
  }

  private record Loaded(Digest id, List<Reference> references) {}

  List<Image> load(InputStream archive) {
    parts.read(Compression.unpacked(archive));
    Optional<Index> index = index();
    Optional<ArchiveParts.Part> manifest = parts.find("manifest.json");
    List<Loaded> loaded = new ArrayList<>();
    if (manifest.isPresent()) {
      loadDockerArchive(manifest.get(), index, loaded);
    } else if (index.isPresent()) {
      loadLayout(index.get(), loaded);
    } else {
      loadLegacy(new LegacyArchive(parts), loaded);
    }
    if (loaded.isEmpty()) {
      throw ImageException.invalid("invalid archive: there is no image in it");
    }
    List<Image> images = assembly.commit();
    loaded.forEach(this::tell);
    return images;
  }

  private void tell(Loaded loaded) {
    if (loaded.references().isEmpty()) {
      progress.loaded(loaded.id());
    }
    loaded.references().forEach(r -> progress.loaded(r.familiar(), loaded.id()));
  }

  private Optional<Index> index() {
    return parts
        .find("index.json")
        .map(part -> Json.read(bytes(part), Index.class, "'index.json'"));
  }

  private byte[] bytes(ArchiveParts.Part part) {
    return parts.bytes(part, DOCUMENT_MAX_BYTES);
  }

  private void loadDockerArchive(
      ArchiveParts.Part manifest, Optional<Index> index, List<Loaded> loaded) {
    ArchiveImage[] images = Json.read(bytes(manifest), ArchiveImage[].class, "'manifest.json'");
    requireFew(images.length);
    for (ArchiveImage image : images) {
      if (image == null) {
        throw new FormatException("invalid 'manifest.json': an image is null");
      }
      loaded.add(load(image, index));
    }
  }

  private static void requireFew(int images) {
    if (images > IMAGES_MAX) {
      throw ImageException.invalid("invalid archive: more than " + IMAGES_MAX + " images");
    }
  }

  private void loadLegacy(LegacyArchive archive, List<Loaded> loaded) {
    if (!archive.present()) {
      throw ImageException.invalid("invalid archive: it has neither manifest.json nor index.json");
    }
    Map<String, List<Reference>> images = archive.images();
    requireFew(images.size());
    images.forEach((id, references) -> loaded.add(load(archive, id, references)));
  }

  private Loaded load(LegacyArchive archive, String id, List<Reference> references) {
    List<String> chain = archive.chain(id);
    Assembly.requireStackable(chain.size());
    List<ArchiveParts.Part> layers = chain.stream().map(archive::layerTar).toList();
    layers.forEach(parts::store);
    byte[] configBytes = archive.config(chain, layers.stream().map(parts::diffId).toList());
    ImageConfig config = config(configBytes, id + "/json");
    return add(configBytes, config, layers, references, Optional.empty());
  }

  private Loaded load(ArchiveImage image, Optional<Index> index) {
    ArchiveParts.Part configPart = named(image.config());
    byte[] configBytes = bytes(configPart);
    ImageConfig config = config(configBytes, configPart.name());
    List<Reference> references = image.repoTags().stream().map(ArchiveLoader::tag).toList();
    List<ArchiveParts.Part> layers = image.layers().stream().map(this::named).toList();
    Optional<OriginalManifest> original =
        index.flatMap(i -> original(i, configPart.digest(), layers, 0));
    return add(configBytes, config, layers, references, original);
  }

  private Loaded add(
      byte[] configBytes,
      ImageConfig config,
      List<ArchiveParts.Part> layers,
      List<Reference> references,
      Optional<OriginalManifest> original) {
    List<Assembly.NewLayer> newLayers = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      ArchiveParts.Part part = layers.get(i);
      parts.store(part);
      int at = i;
      Descriptor descriptor =
          original.map(o -> o.manifest().layers().get(at)).orElseGet(() -> layerDescriptor(part));
      newLayers.add(new Assembly.NewLayer(descriptor, part.name(), () -> parts.unpack(part)));
    }
    Descriptor configDescriptor = assembly.put(MediaType.OCI_CONFIG, configBytes);
    Manifest manifest =
        original
            .map(OriginalManifest::manifest)
            .orElseGet(
                () ->
                    Manifest.of(
                        configDescriptor,
                        newLayers.stream().map(Assembly.NewLayer::blob).toList()));
    Descriptor descriptor =
        original
            .map(o -> assembly.put(o.mediaType(), bytes(o.part())))
            .orElseGet(() -> assembly.put(MediaType.OCI_MANIFEST, Json.write(manifest)));
    Digest id = configDescriptor.digest();
    assembly.add(descriptor, manifest, id, config, newLayers, references, Optional.empty());
    return new Loaded(id, references);
  }

  private ArchiveParts.Part named(String path) {
    String normal = path.startsWith("./") ? path.substring(2) : path;
    return parts
        .find(normal)
        .orElseThrow(
            () ->
                ImageException.invalid(
                    "invalid archive: manifest.json names '%s', which is not in the archive"
                        .formatted(path)));
  }

  private ImageConfig config(byte[] bytes, String name) {
    ImageConfig config = Json.read(bytes, ImageConfig.class, "image config '" + name + "'");
    if (!config.platform().os().equals("linux")) {
      throw ImageException.invalid(
          "cannot load %s image on linux".formatted(config.platform().os()));
    }
    if (wanted.isPresent() && !wanted.get().runs(config.platform())) {
      throw ImageException.invalid(
          "the archive's image is for %s, and does not match the specified platform %s"
              .formatted(config.platform(), wanted.get()));
    }
    return config;
  }

  static Reference tag(String text) {
    Reference reference = Reference.parse(text);
    if (reference.tag().isEmpty() || reference.digest().isPresent()) {
      throw new FormatException("invalid tag \"" + text + "\"");
    }
    return reference;
  }

  private Descriptor layerDescriptor(ArchiveParts.Part part) {
    return Descriptor.of(mediaType(parts.compression(part)), part.digest(), part.sizeBytes());
  }

  /// bzip2 and xz have no name in the OCI's list; Docker reads such layers all the same.
  private static String mediaType(Compression compression) {
    return switch (compression) {
      case NONE -> MediaType.OCI_LAYER;
      case GZIP -> MediaType.OCI_LAYER_GZIP;
      case ZSTD -> MediaType.OCI_LAYER_ZSTD;
      case BZIP2 -> MediaType.OCI_LAYER + "+bzip2";
      case XZ -> MediaType.OCI_LAYER + "+xz";
    };
  }

  private record OriginalManifest(ArchiveParts.Part part, Manifest manifest, String mediaType) {}

  /// The manifest that the index has of this image, if all of it is as the archive has it.
  private Optional<OriginalManifest> original(
      Index index, Digest id, List<ArchiveParts.Part> layers, int depth) {
    for (Descriptor descriptor : index.manifests()) {
      Optional<ArchiveParts.Part> part = parts.find(descriptor.digest());
      if (part.isEmpty() || part.get().sizeBytes() > DOCUMENT_MAX_BYTES) {
        continue;
      }
      if (MediaType.isIndex(descriptor.mediaType()) && depth < NESTING_MAX) {
        Index nested = Json.read(bytes(part.get()), Index.class, "'" + part.get().name() + "'");
        Optional<OriginalManifest> found = original(nested, id, layers, depth + 1);
        if (found.isPresent()) {
          return found;
        }
      } else if (MediaType.isManifest(descriptor.mediaType())) {
        Manifest manifest =
            Json.read(bytes(part.get()), Manifest.class, "'" + part.get().name() + "'");
        List<Digest> digests = manifest.layers().stream().map(Descriptor::digest).toList();
        if (manifest.config().digest().equals(id)
            && digests.equals(layers.stream().map(ArchiveParts.Part::digest).toList())) {
          return Optional.of(new OriginalManifest(part.get(), manifest, descriptor.mediaType()));
        }
      }
    }
    return Optional.empty();
  }

  private void loadLayout(Index index, List<Loaded> loaded) {
    requireFew(index.manifests().size());
    for (Descriptor descriptor : index.manifests()) {
      if (!attestation(descriptor)) {
        List<Reference> references = name(descriptor).map(List::of).orElse(List.of());
        load(descriptor, references, 0).ifPresent(loaded::add);
      }
    }
  }

  /// What BuildKit tells about an image, in the form of one.
  private static boolean attestation(Descriptor descriptor) {
    return descriptor.annotations().containsKey(Annotations.BUILDKIT_REFERENCE_TYPE)
        || descriptor.platform().filter(p -> p.os().equals("unknown")).isPresent();
  }

  /// The whole reference that an annotation has; a tag alone is none, as nothing says of what.
  private static Optional<Reference> name(Descriptor descriptor) {
    String whole = descriptor.annotations().get(Annotations.IMAGE_NAME);
    if (whole != null) {
      return Optional.of(Reference.parse(whole).withDefaultTag());
    }
    String name = descriptor.annotations().get(Annotations.REF_NAME);
    return name != null && (name.indexOf(':') >= 0 || name.indexOf('/') >= 0)
        ? Optional.of(Reference.parse(name).withDefaultTag())
        : Optional.empty();
  }

  private Optional<Loaded> load(Descriptor descriptor, List<Reference> references, int depth) {
    ArchiveParts.Part part = blob(descriptor);
    if (MediaType.isIndex(descriptor.mediaType())) {
      if (depth == NESTING_MAX) {
        throw ImageException.invalid("'" + part.name() + "': indexes nested too deep");
      }
      Index nested = Json.read(bytes(part), Index.class, "'" + part.name() + "'");
      return load(choose(nested, part.name()), references, depth + 1);
    }
    Manifest manifest = Json.read(bytes(part), Manifest.class, "'" + part.name() + "'");
    boolean artifact =
        !manifest.config().mediaType().isEmpty()
            && !MediaType.isImageConfig(manifest.config().mediaType());
    return artifact ? Optional.empty() : Optional.of(load(descriptor, manifest, part, references));
  }

  private ArchiveParts.Part blob(Descriptor descriptor) {
    if (descriptor.digest().algorithm() != Digest.Algorithm.SHA256) {
      throw ImageException.invalid(
          "invalid archive: %s: blobs are kept by sha256 only".formatted(descriptor.digest()));
    }
    ArchiveParts.Part part =
        parts
            .find(descriptor.digest())
            .orElseThrow(
                () ->
                    ImageException.invalid(
                        "invalid archive: blob 'blobs/%s/%s' is not in it"
                            .formatted(
                                descriptor.digest().algorithm(), descriptor.digest().hex())));
    if (part.sizeBytes() != descriptor.sizeBytes()) {
      throw ImageException.invalid(
          "invalid archive: '%s' has %d bytes, its descriptor says %d"
              .formatted(part.name(), part.sizeBytes(), descriptor.sizeBytes()));
    }
    return part;
  }

  private Descriptor choose(Index index, String name) {
    Platform platform = wanted.orElseGet(Platform::host);
    List<Descriptor> images = index.manifests().stream().filter(d -> !attestation(d)).toList();
    if (images.size() == 1 && images.getFirst().platform().isEmpty()) {
      return images.getFirst();
    }
    return images.stream()
        .filter(d -> d.platform().filter(platform::runs).isPresent())
        .min(Comparator.comparing(d -> d.platform().orElseThrow(), Platform.nearestFirst()))
        .orElseThrow(
            () ->
                ImageException.invalid(
                    "no matching manifest for %s in the manifest list entries of '%s'"
                        .formatted(platform, name)));
  }

  private Loaded load(
      Descriptor descriptor,
      Manifest manifest,
      ArchiveParts.Part manifestPart,
      List<Reference> references) {
    ArchiveParts.Part configPart = blob(manifest.config());
    byte[] configBytes = bytes(configPart);
    ImageConfig config = config(configBytes, configPart.name());
    List<Assembly.NewLayer> layers = new ArrayList<>();
    for (Descriptor layer : manifest.layers()) {
      ArchiveParts.Part part = blob(layer);
      parts.store(part);
      layers.add(new Assembly.NewLayer(layer, part.name(), () -> parts.unpack(part)));
    }
    parts.store(configPart);
    parts.store(manifestPart);
    String mediaType =
        descriptor.mediaType().isEmpty() ? MediaType.OCI_MANIFEST : descriptor.mediaType();
    assembly.add(
        Descriptor.of(mediaType, manifestPart.digest(), manifestPart.sizeBytes()),
        manifest,
        configPart.digest(),
        config,
        layers,
        references,
        Optional.empty());
    return new Loaded(configPart.digest(), references);
  }

  @Override
  public void close() {
    try {
      parts.close();
    } finally {
      assembly.close();
    }
  }
}
