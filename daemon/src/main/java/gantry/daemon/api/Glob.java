package gantry.daemon.api;

import gantry.oci.FormatException;
import gantry.oci.Reference;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Patterns of Go's `path.Match`: `*` and `?` stop at a slash.
final class Glob {
  private Glob() {}

  /// Whether an image's name, `busybox:latest` or `busybox@sha256:…`, fits a pattern, with its tag
  /// or without.
  static boolean matchesReference(String pattern, String name) {
    int at = name.indexOf('@');
    int colon = at < 0 ? name.indexOf(':', name.lastIndexOf('/') + 1) : -1;
    String bare = at >= 0 ? name.substring(0, at) : colon >= 0 ? name.substring(0, colon) : name;
    String familiar = familiar(pattern);
    return matches(familiar, name) || matches(familiar, bare);
  }

  // `docker.io/library/busybox` means the same as `busybox`.
  private static String familiar(String pattern) {
    try {
      Reference reference = Reference.parse(pattern);
      if (reference.domain().equals("docker.io") && pattern.startsWith("docker.io/")) {
        String rest = pattern.substring("docker.io/".length());
        return rest.startsWith("library/") ? rest.substring("library/".length()) : rest;
      }
    } catch (FormatException _) {
      // A pattern with stars is no reference.
    }
    return pattern;
  }

  static boolean matches(String pattern, String text) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> regex.append("[^/]*");
        case '?' -> regex.append("[^/]");
        case '[' -> {
          int end = pattern.indexOf(']', i + 1);
          if (end < 0) {
            return false;
          }
          regex.append(pattern, i, end + 1);
          i = end;
        }
        case '\\' -> {
          i++;
          if (i < pattern.length()) {
            regex.append(Pattern.quote(String.valueOf(pattern.charAt(i))));
          }
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    try {
      return Pattern.matches(regex.toString(), text);
    } catch (PatternSyntaxException _) {
      return false;
    }
  }
}
