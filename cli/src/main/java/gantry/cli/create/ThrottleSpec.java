package gantry.cli.create;

import gantry.cli.format.GoNumbers;
import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;

/// Limits on one block device: `--blkio-weight-device`, `--device-read-bps` and their like, all of
/// the form `/dev/x:number`.
final class ThrottleSpec {

  private static final String FORM = ". The correct format is <device-path>:<number>";

  private record Parts(String device, String number) {
    static Parts of(String spec) {
      int colon = spec.indexOf(':');
      if (colon <= 0) {
        throw new IllegalArgumentException("bad format: " + spec);
      }
      if (!spec.startsWith("/dev/")) {
        throw new IllegalArgumentException("bad format for device path: " + spec);
      }
      return new Parts(spec.substring(0, colon), spec.substring(colon + 1));
    }
  }

  private ThrottleSpec() {}

  static JsonObject weight(String spec) {
    Parts parts = Parts.of(spec);
    long weight = -1;
    try {
      weight = GoNumbers.parseUint(parts.number, 16);
    } catch (IllegalArgumentException _) {
      // refused below, with the other wrong weights
    }
    if (weight != 0 && (weight < 10 || weight > 1000)) {
      throw new IllegalArgumentException("invalid weight for device: " + spec);
    }
    return JsonObject.create().put("Path", parts.device).put("Weight", weight);
  }

  static JsonObject bytes(String spec) {
    Parts parts = Parts.of(spec);
    try {
      return JsonObject.create()
          .put("Path", parts.device)
          .put("Rate", Units.parseBytes(parts.number));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid rate for device: "
              + spec
              + FORM
              + "[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb",
          e);
    }
  }

  static JsonObject operations(String spec) {
    Parts parts = Parts.of(spec);
    try {
      return JsonObject.create()
          .put("Path", parts.device)
          .put("Rate", GoNumbers.parseUint(parts.number, 64));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid rate for device: " + spec + FORM + ". Number must be a positive integer", e);
    }
  }
}
