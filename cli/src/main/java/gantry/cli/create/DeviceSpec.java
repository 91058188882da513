package gantry.cli.create;

import gantry.cli.json.JsonObject;
import java.util.List;

/// `--device`: `/dev/host[:/dev/container[:rwm]]`, or the qualified name of a CDI device,
/// `vendor.com/class=name`.
final class DeviceSpec {

  private DeviceSpec() {}

  /// Whether the text names a CDI device.
  static boolean isCdi(String spec) {
    int slash = spec.indexOf('/');
    int equals = spec.indexOf('=');
    return slash > 0 && equals > slash + 1 && equals < spec.length() - 1;
  }

  static JsonObject parse(String spec) {
    String[] parts = spec.split(":", -1);
    if (parts.length > 3 || parts[0].isEmpty()) {
      throw new IllegalArgumentException("bad format for path: " + spec);
    }
    String inside = parts[0];
    String mode = "rwm";
    if (parts.length == 2 && isMode(parts[1])) {
      mode = parts[1];
    } else if (parts.length > 1) {
      inside = parts[1];
    }
    if (parts.length == 3) {
      if (!isMode(parts[2])) {
        throw new IllegalArgumentException("bad mode specified: " + parts[2]);
      }
      mode = parts[2];
    }
    if (!inside.startsWith("/")) {
      throw new IllegalArgumentException(inside + " is not an absolute path");
    }
    return JsonObject.create()
        .put("PathOnHost", parts[0])
        .put("PathInContainer", inside)
        .put("CgroupPermissions", mode);
  }

  private static boolean isMode(String text) {
    boolean letters =
        !text.isEmpty() && text.chars().allMatch(c -> c == 'r' || c == 'w' || c == 'm');
    return letters && text.chars().distinct().count() == text.length();
  }

  /// `--device-cgroup-rule`: `c 1:3 rwm`.
  static void checkRule(String rule) {
    String[] words = rule.split(" ", -1);
    boolean right =
        words.length == 3
            && List.of("a", "b", "c").contains(words[0])
            && isNumbers(words[1])
            && words[2].length() <= 3
            && !words[2].isEmpty()
            && words[2].chars().allMatch(c -> c == 'r' || c == 'w' || c == 'm');
    if (!right) {
      throw new IllegalArgumentException("invalid device cgroup format '" + rule + "'");
    }
  }

  private static boolean isNumbers(String text) {
    String[] numbers = text.split(":", -1);
    return numbers.length == 2 && isNumber(numbers[0]) && isNumber(numbers[1]);
  }

  private static boolean isNumber(String text) {
    return text.equals("*") || (!text.isEmpty() && text.chars().allMatch(Character::isDigit));
  }
}
