package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.engine.EngineException;
import gantry.engine.container.MountSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads a container's mounts: `HostConfig.Binds` (the words of `-v`) and `HostConfig.Mounts`.
final class MountDecoder {
  private static final Set<String> PROPAGATIONS =
      Set.of("shared", "rshared", "slave", "rslave", "private", "rprivate");
  private static final Set<String> CONSISTENCIES =
      Set.of("consistent", "cached", "delegated", "default");
  private static final Pattern VOLUME_NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");

  private MountDecoder() {}

  static List<MountSpec> mounts(JsonObject host, ApiVersion version) {
    List<MountSpec> mounts = new ArrayList<>();
    Optional<String> driver = host.someText("VolumeDriver");
    host.strings("Binds").forEach(bind -> mounts.add(bind(bind, driver)));
    host.objects("Mounts").forEach(mount -> mounts.add(mount(mount, version)));
    checkTargets(mounts);
    return mounts;
  }

  private static void checkTargets(List<MountSpec> mounts) {
    Set<String> targets = new HashSet<>();
    for (MountSpec mount : mounts) {
      if (!targets.add(mount.target())) {
        throw Call.invalid("Duplicate mount point: " + mount.target());
      }
    }
  }

  /// Reads `source:target[:mode]`, or a target alone.
  static MountSpec bind(String text, Optional<String> driver) {
    String[] parts = text.split(":", -1);
    if (parts.length > 3 || text.isEmpty() || (parts.length > 1 && parts[0].isEmpty())) {
      throw Call.invalid("invalid volume specification: '" + text + "'");
    }
    String source = parts.length == 1 ? "" : parts[0];
    String target = parts.length == 1 ? parts[0] : parts[1];
    Mode mode = Mode.parse(parts.length == 3 ? parts[2] : "");
    boolean volume = !source.startsWith("/");
    try {
      target = target(target);
      if (volume && !source.isEmpty()) {
        checkVolumeName(source);
      }
    } catch (EngineException e) {
      throw Call.invalid(
          "invalid volume specification: '%s': invalid mount config for type \"%s\": %s"
              .formatted(text, volume ? "volume" : "bind", e.getMessage()));
    }
    if (volume) {
      return new MountSpec.Volume(
          Optional.of(source).filter(name -> !name.isEmpty()),
          target,
          mode.readOnly,
          mode.copy,
          "",
          Map.of(),
          driver,
          Map.of(),
          true,
          mode.text);
    }
    return new MountSpec.Bind(
        clean(source),
        target,
        mode.readOnly,
        mode.propagation,
        true,
        true,
        true,
        mode.text,
        mode.consistency);
  }

  /// The words after the second colon, each kind at most once.
  private record Mode(
      String text, boolean readOnly, String propagation, boolean copy, String consistency) {
    static Mode parse(String text) {
      String access = "";
      String label = "";
      String propagation = "";
      String copy = "";
      String consistency = "";
      for (String word : text.isEmpty() ? new String[0] : text.split(",", -1)) {
        switch (word) {
          case "ro", "rw" -> access = once(text, access, word);
          case "z", "Z" -> label = once(text, label, word);
          case "nocopy", "copy" -> copy = once(text, copy, word);
          case String p when PROPAGATIONS.contains(p) -> propagation = once(text, propagation, p);
          case String c when CONSISTENCIES.contains(c) -> consistency = once(text, consistency, c);
          default -> throw invalid(text);
        }
      }
      return new Mode(text, access.equals("ro"), propagation, !copy.equals("nocopy"), consistency);
    }

    private static String once(String text, String before, String word) {
      if (!before.isEmpty()) {
        throw invalid(text);
      }
      return word;
    }

    private static EngineException invalid(String text) {
      return Call.invalid("invalid mode: " + text);
    }
  }

  private static void checkVolumeName(String name) {
    if (!VOLUME_NAME.matcher(name).matches()) {
      throw Call.invalid(
          "\"%s\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
              .formatted(name));
    }
  }

  private static String target(String path) {
    if (path.isEmpty()) {
      throw Call.invalid("field Target must not be empty");
    }
    if (!path.startsWith("/")) {
      throw Call.invalid("invalid mount path: '" + path + "' mount path must be absolute");
    }
    String clean = clean(path);
    if (clean.equals("/")) {
      throw Call.invalid("invalid specification: destination can't be '/'");
    }
    return clean;
  }

  /// A path without empty parts and dots, as Go's `path.Clean` leaves it.
  private static String clean(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.removeLast();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  private static MountSpec mount(JsonObject json, ApiVersion version) {
    String type = json.text("Type");
    try {
      return switch (type) {
        case "bind" -> bindMount(json);
        case "volume" -> volumeMount(json);
        case "tmpfs" -> tmpfsMount(json);
        case String image when image.equals("image") && version.since(48) -> imageMount(json);
        default -> throw Call.invalid("mount type unknown");
      };
    } catch (EngineException e) {
      throw Call.invalid(
          "invalid mount config for type \"%s\": %s".formatted(type, e.getMessage()));
    }
  }

  private static void refuse(JsonObject json, String... fields) {
    for (String field : fields) {
      if (json.has(field)) {
        throw Call.invalid("field " + field + " must not be specified");
      }
    }
  }

  private static MountSpec bindMount(JsonObject json) {
    String target = target(json.text("Target"));
    refuse(json, "VolumeOptions", "TmpfsOptions", "ImageOptions");
    String source = json.text("Source");
    if (source.isEmpty()) {
      throw Call.invalid("field Source must not be empty");
    }
    if (!source.startsWith("/")) {
      throw Call.invalid("invalid mount path: '" + source + "' mount path must be absolute");
    }
    JsonObject options = json.object("BindOptions");
    String propagation = options.text("Propagation");
    if (!propagation.isEmpty() && !PROPAGATIONS.contains(propagation)) {
      throw Call.invalid("invalid propagation mode: " + propagation);
    }
    return new MountSpec.Bind(
        clean(source),
        target,
        json.flag("ReadOnly"),
        propagation,
        !options.flag("NonRecursive"),
        options.flag("CreateMountpoint"),
        false,
        "",
        json.text("Consistency"));
  }

  private static MountSpec volumeMount(JsonObject json) {
    String target = target(json.text("Target"));
    refuse(json, "BindOptions", "TmpfsOptions", "ImageOptions");
    JsonObject options = json.object("VolumeOptions");
    JsonObject driver = options.object("DriverConfig");
    Optional<String> name = json.someText("Source");
    name.ifPresent(MountDecoder::checkVolumeName);
    String subpath = subpath(options);
    return new MountSpec.Volume(
        name,
        target,
        json.flag("ReadOnly"),
        !options.flag("NoCopy"),
        subpath,
        options.stringMap("Labels"),
        driver.someText("Name"),
        driver.stringMap("Options"),
        false,
        "");
  }

  private static MountSpec tmpfsMount(JsonObject json) {
    String target = target(json.text("Target"));
    refuse(json, "BindOptions", "VolumeOptions", "ImageOptions");
    if (!json.text("Source").isEmpty()) {
      throw Call.invalid("field Source must not be specified");
    }
    JsonObject options = json.object("TmpfsOptions");
    return new MountSpec.Tmpfs(
        target,
        json.flag("ReadOnly"),
        options.optionalNumber("SizeBytes").filter(size -> size != 0),
        options.optionalInteger("Mode").filter(mode -> mode != 0),
        options.stringLists("Options").stream().map(words -> String.join("=", words)).toList());
  }

  private static MountSpec imageMount(JsonObject json) {
    String target = target(json.text("Target"));
    refuse(json, "BindOptions", "VolumeOptions", "TmpfsOptions");
    String source = json.text("Source");
    if (source.isEmpty()) {
      throw Call.invalid("field Source must not be empty");
    }
    return new MountSpec.Image(source, target, subpath(json.object("ImageOptions")));
  }

  /// A part of a volume or of an image; by its words alone it may not lead out of there.
  private static String subpath(JsonObject options) {
    String subpath = options.text("Subpath");
    int depth = 0;
    boolean inside = !subpath.startsWith("/");
    for (String part : subpath.split("/", -1)) {
      if (part.equals("..")) {
        depth--;
      } else if (!part.isEmpty() && !part.equals(".")) {
        depth++;
      }
      inside &= depth >= 0;
    }
    if (!inside) {
      throw Call.invalid("subpath must be a relative path within the volume");
    }
    return subpath;
  }
}
