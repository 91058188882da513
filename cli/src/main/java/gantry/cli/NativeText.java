package gantry.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Arguments and environment as UTF-8, whatever the locale.
///
/// Under the C locale the JVM decodes both as ASCII and loses every other byte. The kernel still
/// has them.
final class NativeText {

  private static final char LOST = '\uFFFD';

  private NativeText() {}

  static List<String> arguments(String[] decoded) {
    List<String> arguments = List.of(decoded);
    if (arguments.stream().noneMatch(argument -> argument.indexOf(LOST) >= 0)) {
      return arguments;
    }
    List<String> raw = zeroEnded("/proc/self/cmdline");
    return raw.size() < decoded.length
        ? arguments
        : raw.subList(raw.size() - decoded.length, raw.size());
  }

  static Map<String, String> environment() {
    Map<String, String> decoded = System.getenv();
    if (decoded.values().stream().noneMatch(value -> value.indexOf(LOST) >= 0)) {
      return decoded;
    }
    Map<String, String> environment = new HashMap<>();
    for (String entry : zeroEnded("/proc/self/environ")) {
      int equals = entry.indexOf('=', 1);
      if (equals > 0) {
        environment.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    return environment;
  }

  private static List<String> zeroEnded(String file) {
    try {
      String text = Files.readString(Path.of(file), StandardCharsets.UTF_8);
      List<String> parts = List.of(text.split("\0", -1));
      return parts.subList(0, parts.size() - 1);
    } catch (IOException _) {
      return List
          .of(); // no /proc, or bytes that are no UTF-8: what the JVM decoded is the best there is
    }
  }
}
