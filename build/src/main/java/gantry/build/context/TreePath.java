package gantry.build.context;

import java.util.ArrayDeque;
import java.util.Deque;

/// Paths below a root, as text: `a/b`, the root is empty.
final class TreePath {
  private TreePath() {}

  /// Without what means nothing, and with `..` taken as a process in the root would that meets no
  /// link: `/a/./b/../c/` is `a/c`, and nothing is above the root.
  static String clean(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return String.join("/", parts);
  }

  static String child(String path, String name) {
    return path.isEmpty() ? name : path + "/" + name;
  }

  /// All but the last component.
  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  /// The last component; empty for the root.
  static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
