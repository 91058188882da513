package gantry.oci.cdi;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import gantry.oci.FormatException;
import gantry.oci.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// The devices of one kind, as their vendor describes them.
///
/// Spec: Container Device Interface 1.0, `SPEC.md`.
///
/// @param kind vendor and class, `vendor.com/class`
/// @param containerEdits what a container gets that has any of the devices
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record CdiSpec(
    String cdiVersion, String kind, List<Device> devices, ContainerEdits containerEdits) {
  private static final Pattern VERSION = Pattern.compile("v?[01]\\.\\d{1,4}\\.\\d{1,4}");
  private static final Pattern KIND =
      Pattern.compile(
          "[A-Za-z]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_-]{0,252}[A-Za-z0-9])?");
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]{0,252}[A-Za-z0-9])?");

  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public CdiSpec {
    if (cdiVersion == null || !VERSION.matcher(cdiVersion).matches()) {
      throw new FormatException(
          "unknown CDI version '%s': expected e.g. 0.6.0".formatted(cdiVersion));
    }
    if (kind == null || !KIND.matcher(kind).matches()) {
      throw new FormatException("invalid kind '%s': expected vendor.com/class".formatted(kind));
    }
    devices = devices == null ? List.of() : List.copyOf(devices);
    containerEdits = containerEdits == null ? ContainerEdits.NONE : containerEdits;
    if (devices.isEmpty()) {
      throw new FormatException("no devices of kind '" + kind + "'");
    }
    Set<String> names = new HashSet<>();
    for (Device device : devices) {
      if (!names.add(device.name)) {
        throw new FormatException("device '" + device.name + "' is described twice");
      }
    }
  }

  /// One device.
  ///
  /// @param name unique for the kind: `0`, `all`
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Device(String name, ContainerEdits containerEdits) {
    @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
    public Device {
      if (name == null || !NAME.matcher(name).matches()) {
        throw new FormatException("invalid device name '%s'".formatted(name));
      }
      containerEdits = containerEdits == null ? ContainerEdits.NONE : containerEdits;
    }
  }

  /// The name by which users ask for a device of this kind: `vendor.com/class=name`.
  public String qualified(Device device) {
    return kind + "=" + device.name;
  }

  /// Whether `text` has the form of a device's full name.
  public static boolean isQualified(String text) {
    int equals = text.indexOf('=');
    return equals > 0
        && KIND.matcher(text.substring(0, equals)).matches()
        && NAME.matcher(text.substring(equals + 1)).matches();
  }

  /// Reads a JSON document.
  ///
  /// @throws FormatException naming what is wrong
  public static CdiSpec parseJson(byte[] json) {
    return Json.read(json, CdiSpec.class, "CDI spec");
  }

  /// Reads a YAML document.
  ///
  /// @throws FormatException naming what is wrong
  public static CdiSpec parseYaml(byte[] yaml) {
    return parseJson(Json.write(Yaml.read(yaml)));
  }
}
