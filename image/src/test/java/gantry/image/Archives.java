package gantry.image;

import gantry.image.tar.TarEntry;
import gantry.image.tar.TarWriter;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.TimeSpec;
import gantry.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Archives for tests, made in memory.
final class Archives {
  static final TimeSpec TIME = new TimeSpec(1_700_000_000, 0);

  private Archives() {}

  /// A tar in the making.
  static final class Tar {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarWriter writer = new TarWriter(bytes);

    Tar file(String name, String content) {
      return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    Tar file(String name, byte[] content) {
      writer.file(TarEntry.file(name, 0644, content.length, TIME), content);
      return this;
    }

    Tar directory(String name, int permissions) {
      writer.begin(TarEntry.directory(name, permissions, TIME));
      return this;
    }

    Tar hardLink(String name, String target) {
      return entry(name, TarEntry.Kind.HARD_LINK, 0644, 0, target, Map.of());
    }

    Tar symbolicLink(String name, String target) {
      return entry(name, TarEntry.Kind.SYMBOLIC_LINK, 0777, 0, target, Map.of());
    }

    Tar entry(
        String name,
        TarEntry.Kind kind,
        int permissions,
        int owner,
        String link,
        Map<String, byte[]> attributes) {
      return entry(name, kind, permissions, owner, link, attributes, new DeviceNumber(0, 0));
    }

    Tar entry(
        String name,
        TarEntry.Kind kind,
        int permissions,
        int owner,
        String link,
        Map<String, byte[]> attributes,
        DeviceNumber device) {
      writer.begin(
          new TarEntry(
              name,
              kind,
              permissions,
              owner,
              owner,
              0,
              TIME,
              Optional.empty(),
              link,
              device,
              attributes,
              Optional.empty()));
      return this;
    }

    byte[] bytes() {
      writer.finish();
      return bytes.toByteArray();
    }
  }

  static Tar tar() {
    return new Tar();
  }

  static String config(List<byte[]> layers, String extra) {
    String diffIds =
        String.join(",", layers.stream().map(l -> "\"" + Digest.sha256(l) + "\"").toList());
    return "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"sh\"]},\"created\":\"2024-01-01T00:00:00Z\","
        + extra
        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
        + diffIds
        + "]}}";
  }

  /// What `docker save` wrote from 1.10 to 24.
  static byte[] docker(String tag, byte[]... layers) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < layers.length; i++) {
      String id = Digest.sha256(new byte[] {(byte) i}).hex();
      files.put(id + "/VERSION", "1.0".getBytes(StandardCharsets.US_ASCII));
      files.put(id + "/json", "{}".getBytes(StandardCharsets.US_ASCII));
      files.put(id + "/layer.tar", layers[i]);
      names.add("\"" + id + "/layer.tar\"");
    }
    byte[] config = config(List.of(layers), "").getBytes(StandardCharsets.UTF_8);
    String configName = Digest.sha256(config).hex() + ".json";
    files.put(configName, config);
    String tags = tag.isEmpty() ? "null" : "[\"" + tag + "\"]";
    files.put(
        "manifest.json",
        "[{\"Config\":\"%s\",\"RepoTags\":%s,\"Layers\":[%s]}]"
            .formatted(configName, tags, String.join(",", names))
            .getBytes(StandardCharsets.UTF_8));
    return of(files);
  }

  /// What `docker save` wrote before 1.10: each layer on top of the one before.
  ///
  /// @param repositories with `%s` for the id of the topmost
  static Map<String, byte[]> legacy(String repositories, byte[]... layers) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    String parent = "";
    for (int i = 0; i < layers.length; i++) {
      String id = legacyId(i);
      files.put(id + "/VERSION", "1.0".getBytes(StandardCharsets.US_ASCII));
      files.put(
          id + "/json",
          "{\"id\":\"%s\",%s\"created\":\"2013-06-13T14:03:50.821769-07:00\",\"container_config\":{\"Cmd\":[\"/bin/sh\",\"-c\",\"step %d\"]},\"docker_version\":\"0.6.5\",\"author\":\"me\",\"config\":{\"Env\":[\"A=%d\"],\"Cmd\":[\"sh\"]},\"architecture\":\"amd64\",\"os\":\"linux\",\"Size\":7}"
              .formatted(id, parent.isEmpty() ? "" : "\"parent\":\"" + parent + "\",", i, i)
              .getBytes(StandardCharsets.UTF_8));
      files.put(id + "/layer.tar", layers[i]);
      parent = id;
    }
    if (!repositories.isEmpty()) {
      files.put("repositories", repositories.formatted(parent).getBytes(StandardCharsets.UTF_8));
    }
    return files;
  }

  /// The id of the layer with that index in [#legacy].
  static String legacyId(int layer) {
    return Digest.sha256(new byte[] {(byte) layer}).hex();
  }

  static byte[] of(Map<String, byte[]> files) {
    Tar tar = tar();
    files.forEach(tar::file);
    return tar.bytes();
  }
}
