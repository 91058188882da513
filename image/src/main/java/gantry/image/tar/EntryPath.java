package gantry.image.tar;

import java.util.ArrayList;
import java.util.List;

/// Names of entries as paths below a root: `/a/./b/` is `a/b`, the root itself is empty.
final class EntryPath {
  private static final int DEPTH_MAX = 512;

  private EntryPath() {}

  /// The path without what means nothing.
  ///
  /// @throws TarException if a `..` leads out of the tree
  static String normalized(String name) {
    if (plain(name)) {
      return name;
    }
    List<String> parts = new ArrayList<>();
    for (String part : name.split("/", -1)) {
      if (part.equals("..")) {
        if (parts.isEmpty()) {
          throw new TarException("'%s': path traversal, it leads out of the tree".formatted(name));
        }
        parts.removeLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    if (parts.size() > DEPTH_MAX) {
      throw new TarException(
          "'%.80s…': nested deeper than %d directories".formatted(name, DEPTH_MAX));
    }
    return String.join("/", parts);
  }

  /// Whether there is nothing to normalise: the usual case, without garbage.
  private static boolean plain(String name) {
    int start = 0;
    int depth = 0;
    int length = name.length();
    while (start < length) {
      int slash = name.indexOf('/', start);
      int end = slash < 0 ? length : slash;
      boolean dots = name.charAt(start) == '.' && end - start <= 2;
      if (end == start || dots || slash == length - 1 || ++depth > DEPTH_MAX) {
        return false;
      }
      start = end + 1;
    }
    return length > 0;
  }

  /// All but the last component; empty for a name in the root.
  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  /// The last component.
  static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
