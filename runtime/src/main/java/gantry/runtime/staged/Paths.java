package gantry.runtime.staged;

import java.util.ArrayDeque;
import java.util.Deque;

/// Paths inside a container, as text.
final class Paths {
  private Paths() {}

  /// `/a/./b//../c/` → `/a/c`: absolute, without `.`, `..` and doubled slashes. What is above the
  /// root is the root.
  static String clean(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return "/" + String.join("/", parts);
  }
}
