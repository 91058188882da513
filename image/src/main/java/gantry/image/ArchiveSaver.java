package gantry.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarWriter;
import gantry.linux.OwnedFd;
import gantry.linux.file.TimeSpec;
import gantry.oci.Annotations;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.Index;
import gantry.oci.Json;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Writes images as one archive, in the layout of `docker save` since 25: an OCI image layout, and
/// what older Docker reads (`manifest.json`, `repositories`) beside it, pointing at the same blobs.
/// Blobs are written as they are. The same images always come to the same bytes.
///
/// For one thread and one archive.
final class ArchiveSaver {
  private static final TimeSpec EPOCH = new TimeSpec(0, 0);
  private static final String BLOBS = "blobs/sha256/";

  private final ImageStore store;
  private final Map<Digest, Image> images = new LinkedHashMap<>();
  private final Map<Digest, Set<Reference>> references = new LinkedHashMap<>();

  ArchiveSaver(ImageStore store) {
    this.store = store;
  }

  /// Adds what a user names: an image by id or reference, or a repository with all its tags.
  void add(String name, Optional<Platform> platform) {
    List<Reference> repository = repositoryTags(name);
    if (!repository.isEmpty()) {
      for (Reference reference : repository) {
        store
            .byReference(reference)
            .ifPresent(image -> add(image, Optional.of(reference), platform));
      }
      return;
    }
    Image image = store.find(name);
    add(image, tagOf(image, name), platform);
  }

  private void add(Image image, Optional<Reference> reference, Optional<Platform> platform) {
    platform
        .filter(p -> !p.runs(image.config().platform()))
        .ifPresent(
            p -> {
              throw new ImageException(
                  ImageException.Kind.NOT_FOUND,
                  "image %s was found but its platform (%s) does not match the specified platform (%s)"
                      .formatted(image.id().shortHex(), image.config().platform(), p));
            });
    images.put(image.id(), image);
    Set<Reference> named = references.computeIfAbsent(image.id(), _ -> new LinkedHashSet<>());
    reference.ifPresent(named::add);
  }

  /// All tags of a repository, if `name` is one without tag and digest that has any, and no id.
  private List<Reference> repositoryTags(String name) {
    Optional<Reference> reference = parsed(name);
    if (reference.isEmpty()
        || reference.get().tag().isPresent()
        || reference.get().digest().isPresent()) {
      return List.of();
    }
    return store.catalog().references().keySet().stream()
        .filter(r -> r.tag().isPresent() && r.repository().equals(reference.get()))
        .sorted()
        .toList();
  }

  private static Optional<Reference> tagOf(Image image, String name) {
    return parsed(name)
        .map(r -> r.canonical().withDefaultTag())
        .filter(r -> r.tag().isPresent() && image.references().contains(r));
  }

  private static Optional<Reference> parsed(String name) {
    try {
      return Optional.of(Reference.parse(name));
    } catch (FormatException _) {
      return Optional.empty(); // an id, or what find explains
    }
  }

  void write(OutputStream out) {
    Pins.Held pins = new Pins.Held();
    try {
      TreeMap<String, Digest> blobs = new TreeMap<>();
      images.values().forEach(image -> addBlobs(image, blobs));
      blobs.values().forEach(digest -> store.pin(pins, digest));
      write(new TarWriter(out), blobs);
    } finally {
      store.unpin(pins);
    }
  }

  private static void addBlobs(Image image, Map<String, Digest> blobs) {
    blobs.put(image.id().hex(), image.id());
    Digest manifest = image.manifest().digest();
    blobs.put(manifest.hex(), manifest);
    image.layers().forEach(l -> blobs.put(l.blob().digest().hex(), l.blob().digest()));
  }

  private void write(TarWriter tar, Map<String, Digest> blobs) {
    tar.begin(TarEntry.directory("blobs/", 0755, EPOCH));
    tar.begin(TarEntry.directory(BLOBS, 0755, EPOCH));
    for (Digest digest : blobs.values()) {
      try (OwnedFd blob = store.blobs().open(digest)) {
        long size = store.blobs().sizeBytes(digest).orElseThrow();
        tar.begin(TarEntry.file(BLOBS + digest.hex(), 0644, size, EPOCH));
        tar.writeFrom(blob);
      }
    }
    document(tar, "index.json", Json.write(index()));
    document(tar, "manifest.json", Json.write(archiveImages()));
    document(
        tar,
        "oci-layout",
        "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.US_ASCII));
    Map<String, Map<String, String>> repositories = repositories();
    if (!repositories.isEmpty()) {
      document(tar, "repositories", Json.write(repositories));
    }
    tar.finish();
  }

  private static void document(TarWriter tar, String name, byte[] bytes) {
    tar.file(TarEntry.file(name, 0644, bytes.length, EPOCH), bytes);
  }

  private Index index() {
    List<Descriptor> manifests = new ArrayList<>();
    for (Image image : images.values()) {
      Set<Reference> named = references.getOrDefault(image.id(), Set.of());
      if (named.isEmpty()) {
        manifests.add(image.manifest());
      }
      for (Reference reference : named) {
        Map<String, String> annotations = new TreeMap<>();
        annotations.put(Annotations.IMAGE_NAME, reference.toString());
        annotations.put(Annotations.REF_NAME, reference.tag().orElseThrow());
        manifests.add(image.manifest().withAnnotations(annotations));
      }
    }
    return Index.of(manifests);
  }

  /// An image in `manifest.json`.
  private record ArchiveImage(
      @JsonProperty("Config") String config,
      @JsonProperty("RepoTags") List<String> repoTags,
      @JsonProperty("Layers") List<String> layers) {}

  private List<ArchiveImage> archiveImages() {
    return images.values().stream()
        .map(
            image ->
                new ArchiveImage(
                    BLOBS + image.id().hex(),
                    references.getOrDefault(image.id(), Set.of()).stream()
                        .map(Reference::familiar)
                        .toList(),
                    image.layers().stream().map(l -> BLOBS + l.blob().digest().hex()).toList()))
        .toList();
  }

  /// Repository and tag to the topmost layer, as Docker did it first.
  private Map<String, Map<String, String>> repositories() {
    Map<String, Map<String, String>> repositories = new TreeMap<>();
    references.forEach(
        (id, named) -> {
          List<Layer> layers = images.get(id) == null ? List.of() : images.get(id).layers();
          if (!layers.isEmpty()) {
            for (Reference reference : named) {
              repositories
                  .computeIfAbsent(reference.familiarName(), _ -> new TreeMap<>())
                  .put(reference.tag().orElseThrow(), layers.getLast().blob().digest().hex());
            }
          }
        });
    return repositories;
  }
}
