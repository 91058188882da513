package gantry.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.History;
import gantry.oci.ImageConfig.RootFs;
import gantry.oci.Json;
import gantry.oci.ProcessDefaults;
import gantry.oci.Reference;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An archive of `docker save` from before Docker 1.10: a directory for each layer, named by an id
/// drawn at random, with the layer's tar and with the image as it was when that layer was the
/// topmost; and `repositories`, which gives ids names.
///
/// ```
/// repositories          {"box": {"1.0": "<id>"}}
/// <id>/json             {"id": "<id>", "parent": "<id below>", "container_config": …, "config": …}
/// <id>/layer.tar
/// ```
///
/// Spec: Docker's image-spec 1.0, "Combined Image JSON + Filesystem Changeset Format".
final class LegacyArchive {
  private static final int DOCUMENT_MAX_BYTES = 1 << 20;
  private static final Pattern JSON = Pattern.compile("([0-9a-f]{64})/json");

  /// What a layer's document says of the layer and its place, not of the image.
  private static final List<String> OF_THE_LAYER =
      List.of("id", "parent", "Size", "parent_id", "layer_id", "throwaway");

  private final ArchiveParts parts;
  private final Set<String> ids = new TreeSet<>();
  private final Map<String, Layer> layers = new HashMap<>();

  LegacyArchive(ArchiveParts parts) {
    this.parts = parts;
    for (String path : parts.paths()) {
      var json = JSON.matcher(path);
      if (json.matches()) {
        ids.add(json.group(1));
      }
    }
  }

  /// What is read of a layer's document, for the images above it.
  record Layer(
      String id,
      String parent,
      Optional<Instant> created,
      String author,
      String comment,
      @JsonProperty("container_config") Optional<ProcessDefaults> containerConfig) {
    Layer {
      id = orEmpty(id);
      parent = orEmpty(parent);
      author = orEmpty(author);
      comment = orEmpty(comment);
    }

    private static String orEmpty(@Nullable String text) {
      return text == null ? "" : text;
    }

    History history() {
      String command = containerConfig.map(c -> String.join(" ", c.cmd())).orElse("");
      return new History(created, command, author, comment, false);
    }
  }

  /// Whether the archive is of this kind.
  boolean present() {
    return !ids.isEmpty();
  }

  /// Its images by id, each with its names: those that have some, and those that no other builds
  /// on.
  Map<String, List<Reference>> images() {
    Map<String, List<Reference>> images = new LinkedHashMap<>();
    parts.find("repositories").ifPresent(part -> named(part, images));
    Set<String> tops = new TreeSet<>(ids);
    ids.forEach(id -> tops.remove(layer(id).parent()));
    tops.forEach(id -> images.putIfAbsent(id, List.of()));
    return images;
  }

  private void named(ArchiveParts.Part part, Map<String, List<Reference>> images) {
    for (var name : members(read(part, JsonNode.class), "")) {
      for (var tag : members(name.getValue(), " at '" + name.getKey() + "'")) {
        String id = tag.getValue().asText();
        if (!ids.contains(id)) {
          throw ImageException.invalid("invalid archive: invalid target ID: " + id);
        }
        images
            .computeIfAbsent(id, _ -> new ArrayList<>())
            .add(ArchiveLoader.tag(name.getKey() + ":" + tag.getKey()));
      }
    }
  }

  private static Set<Map.Entry<String, JsonNode>> members(JsonNode node, String where) {
    if (!node.isObject()) {
      throw new FormatException("invalid 'repositories'" + where + ": expected an object");
    }
    return node.properties();
  }

  private <T> T read(ArchiveParts.Part part, Class<T> type) {
    return Json.read(parts.bytes(part, DOCUMENT_MAX_BYTES), type, "'" + part.name() + "'");
  }

  private Layer layer(String id) {
    return layers.computeIfAbsent(id, this::readLayer);
  }

  private Layer readLayer(String id) {
    Layer layer = read(file(id, "json"), Layer.class);
    if (!layer.id().isEmpty() && !layer.id().equals(id)) {
      throw new FormatException("invalid '%s/json': its id is '%s'".formatted(id, layer.id()));
    }
    return layer;
  }

  private ArchiveParts.Part file(String id, String name) {
    String path = id + "/" + name;
    return parts
        .find(path)
        .orElseThrow(
            () -> ImageException.invalid("invalid archive: '%s' is not in it".formatted(path)));
  }

  /// The ids of an image's layers, the lowest first.
  List<String> chain(String image) {
    Set<String> chain = new LinkedHashSet<>();
    for (String id = image; !id.isEmpty(); id = layer(id).parent()) {
      if (!chain.add(id)) {
        throw ImageException.invalid(
            "invalid archive: the parents of '%s' lead in a circle".formatted(image));
      }
    }
    return List.copyOf(chain).reversed();
  }

  ArchiveParts.Part layerTar(String id) {
    return file(id, "layer.tar");
  }

  /// The image's config in the form of today.
  byte[] config(List<String> chain, List<Digest> diffIds) {
    ArchiveParts.Part part = file(chain.getLast(), "json");
    Map<String, Object> config = new TreeMap<>();
    read(part, JsonNode.class).properties().forEach(p -> config.put(p.getKey(), p.getValue()));
    OF_THE_LAYER.forEach(config::remove);
    config.put("rootfs", RootFs.of(diffIds));
    config.put("history", chain.stream().map(id -> layer(id).history()).toList());
    return Json.write(config);
  }
}
