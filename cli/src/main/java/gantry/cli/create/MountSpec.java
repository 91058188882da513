package gantry.cli.create;

import gantry.cli.format.GoNumbers;
import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/// `--mount`: `type=bind,source=/a,target=/b,readonly` and the like, as the API's mount object.
final class MountSpec {

  private static final Set<String> SWITCHES =
      Set.of("readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src");

  private final String spec;
  private final JsonObject bind = JsonObject.create();
  private final JsonObject volume = JsonObject.create();
  private final JsonObject volumeLabels = JsonObject.create();
  private final JsonObject driver = JsonObject.create();
  private final JsonObject driverOptions = JsonObject.create();
  private final JsonObject image = JsonObject.create();
  private final JsonObject tmpfs = JsonObject.create();
  private String type = "volume";
  private String source = "";
  private String target = "";
  private String consistency = "";
  private String recursive = "";
  private boolean readOnly;

  private MountSpec(String spec) {
    this.spec = spec;
  }

  static JsonObject parse(String spec) {
    MountSpec mount = new MountSpec(spec);
    for (String field : Csv.split(spec)) {
      mount.field(field);
    }
    mount.check();
    return mount.json();
  }

  private void field(String field) {
    int equals = field.indexOf('=');
    String key = (equals < 0 ? field : field.substring(0, equals)).toLowerCase(Locale.ROOT);
    if (equals < 0 && !SWITCHES.contains(key)) {
      throw new IllegalArgumentException("invalid field '" + field + "' must be a key=value pair");
    }
    String value = equals < 0 ? "true" : field.substring(equals + 1);
    switch (key) {
      case "type" -> type = value.toLowerCase(Locale.ROOT);
      case "source", "src" ->
          source =
              value.startsWith(".")
                  ? Path.of(value).toAbsolutePath().normalize().toString()
                  : value;
      case "target", "dst", "destination" -> target = value;
      case "readonly", "ro" -> readOnly = truth(key, value);
      case "consistency" -> consistency = value.toLowerCase(Locale.ROOT);
      case "bind-propagation" -> bind.put("Propagation", value.toLowerCase(Locale.ROOT));
      case "bind-nonrecursive" -> bind.put("NonRecursive", truth(key, value));
      case "bind-create-src" -> bind.put("CreateMountpoint", truth(key, value));
      case "bind-recursive" -> recursive(value);
      case "volume-subpath" -> volume.put("Subpath", value);
      case "volume-nocopy" -> volume.put("NoCopy", truth(key, value));
      case "volume-label" -> pair(volumeLabels, value);
      case "volume-driver" -> driver.put("Name", value);
      case "volume-opt" -> pair(driverOptions, value);
      case "image-subpath" -> image.put("Subpath", value);
      case "tmpfs-size" -> tmpfs.put("SizeBytes", size(value));
      case "tmpfs-mode" -> tmpfs.put("Mode", mode(value));
      default ->
          throw new IllegalArgumentException("unexpected key '" + key + "' in '" + field + "'");
    }
  }

  private static boolean truth(String key, String value) {
    try {
      return GoNumbers.parseBool(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("invalid value for " + key + ": " + value, e);
    }
  }

  private static void pair(JsonObject map, String text) {
    int equals = text.indexOf('=');
    map.put(
        equals < 0 ? text : text.substring(0, equals),
        equals < 0 ? "" : text.substring(equals + 1));
  }

  private static long size(String value) {
    try {
      return Units.parseBytes(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("invalid value for tmpfs-size: " + value, e);
    }
  }

  private static long mode(String value) {
    try {
      return Long.parseLong(value, 8);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid value for tmpfs-mode: " + value, e);
    }
  }

  private void recursive(String value) {
    recursive = value;
    switch (value) {
      case "enabled" -> {}
      case "disabled" -> bind.put("NonRecursive", true);
      case "writable" -> bind.put("ReadOnlyNonRecursive", true);
      case "readonly" -> bind.put("ReadOnlyForceRecursive", true);
      default ->
          throw new IllegalArgumentException(
              "invalid value for bind-recursive: "
                  + value
                  + " (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")");
    }
  }

  private void check() {
    if (target.isEmpty()) {
      throw new IllegalArgumentException("target is required");
    }
    refuseOthers(
        "volume",
        !volume.members().isEmpty()
            || !volumeLabels.members().isEmpty()
            || !driver.members().isEmpty()
            || !driverOptions.members().isEmpty());
    refuseOthers("bind", !bind.members().isEmpty());
    refuseOthers("tmpfs", !tmpfs.members().isEmpty());
    refuseOthers("image", !image.members().isEmpty());
    boolean needsReadOnly = recursive.equals("writable") || recursive.equals("readonly");
    if (needsReadOnly && !readOnly) {
      throw new IllegalArgumentException(
          "option 'bind-recursive="
              + recursive
              + "' requires 'readonly' to be specified in conjunction");
    }
    if (recursive.equals("readonly") && !bind.text("Propagation").equals("rprivate")) {
      throw new IllegalArgumentException(
          "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
    }
  }

  private void refuseOthers(String family, boolean used) {
    if (used && !type.equals(family)) {
      throw new IllegalArgumentException(
          "cannot mix '" + family + "-*' options with mount type '" + type + "'");
    }
  }

  private JsonObject json() {
    JsonObject mount = JsonObject.create().put("Type", type);
    putUnlessEmpty(mount, "Source", source);
    mount.put("Target", target);
    if (readOnly) {
      mount.put("ReadOnly", true);
    }
    putUnlessEmpty(mount, "Consistency", consistency);
    putUnlessEmpty(mount, "BindOptions", bind);
    putUnlessEmpty(volume, "Labels", volumeLabels);
    putUnlessEmpty(driver, "Options", driverOptions);
    putUnlessEmpty(volume, "DriverConfig", driver);
    putUnlessEmpty(mount, "VolumeOptions", volume);
    putUnlessEmpty(mount, "ImageOptions", image);
    putUnlessEmpty(mount, "TmpfsOptions", tmpfs);
    return mount;
  }

  private static void putUnlessEmpty(JsonObject object, String name, String value) {
    if (!value.isEmpty()) {
      object.put(name, value);
    }
  }

  private static void putUnlessEmpty(JsonObject object, String name, JsonObject value) {
    if (!value.members().isEmpty()) {
      object.put(name, value);
    }
  }

  @Override
  public String toString() {
    return spec;
  }
}
