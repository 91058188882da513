package gantry.daemon.api;

import gantry.oci.FormatException;
import gantry.oci.Reference;

/// Patterns of Go's `path.Match`: `*` and `?` stop at a slash.
final class Glob {
  private static final int NONE = -1;

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

  /// Whether the whole text fits. Not by way of a regular expression: a pattern is a client's, and
  /// with many stars that could take any time. A bad pattern fits nothing.
  static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = NONE; // behind the last star; it has taken the text up to `taken`
    int taken = 0;
    while (p < pattern.length() || t < text.length()) {
      boolean onStar = p < pattern.length() && pattern.charAt(p) == '*';
      int next = t < text.length() && !onStar ? fit(pattern, p, text.charAt(t)) : NONE;
      if (onStar) {
        star = ++p;
        taken = t;
      } else if (next != NONE) {
        p = next;
        t++;
      } else if (star != NONE && taken < text.length() && text.charAt(taken) != '/') {
        // What an earlier star could take instead, this one can.
        p = star;
        t = ++taken;
      } else {
        return false;
      }
    }
    return true;
  }

  /// The index behind the part of the pattern at `p`, if `c` fits that.
  private static int fit(String pattern, int p, char c) {
    if (p >= pattern.length()) {
      return NONE;
    }
    boolean more = p + 1 < pattern.length();
    return switch (pattern.charAt(p)) {
      case '?' -> c != '/' ? p + 1 : NONE;
      case '\\' -> more && pattern.charAt(p + 1) == c ? p + 2 : NONE;
      case '[' -> fitClass(pattern, p + 1, c);
      default -> pattern.charAt(p) == c ? p + 1 : NONE;
    };
  }

  /// `[a-z_]`, `[^a-z]`: the index behind it, if `c` fits.
  private static int fitClass(String pattern, int begin, char c) {
    boolean negated = pattern.startsWith("^", begin);
    int first = negated ? begin + 1 : begin;
    boolean found = false;
    int at = first;
    while (at == first || !pattern.startsWith("]", at)) {
      int low = member(pattern, at);
      boolean range = low != NONE && pattern.startsWith("-", low + 1);
      int high = range ? member(pattern, low + 2) : low;
      if (high == NONE) {
        return NONE;
      }
      found |= pattern.charAt(low) <= c && c <= pattern.charAt(high);
      at = high + 1;
    }
    return found != negated ? at + 1 : NONE;
  }

  /// Where the character of a class is that is written at `at`, escaped or not.
  private static int member(String pattern, int at) {
    int index = pattern.startsWith("\\", at) ? at + 1 : at;
    boolean mark = index == at && (pattern.startsWith("-", at) || pattern.startsWith("]", at));
    return index < pattern.length() && !mark ? index : NONE;
  }
}
