package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A pattern of `${x#pattern}` and its like: `*` is any text, `?` any character, a backslash takes
/// their meaning from `*`, `?`, `}` and itself. Matching takes time in proportion to text and
/// pattern.
final class Glob {
  private static final int ANY = -1;
  private static final int PATTERN_MAX = 1024;

  /// What stands between the stars; `segments.size() - 1` is the number of stars.
  private final List<int[]> segments;

  private Glob(List<int[]> segments) {
    this.segments = segments;
  }

  static Glob parse(String pattern) {
    if (pattern.length() > PATTERN_MAX) {
      throw new ExpansionException("pattern is longer than %d characters".formatted(PATTERN_MAX));
    }
    List<int[]> segments = new ArrayList<>();
    List<Integer> segment = new ArrayList<>();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> {
          segments.add(array(segment));
          segment.clear();
        }
        case '?' -> segment.add(ANY);
        case '\\' -> segment.add((int) escaped(pattern, ++i));
        default -> segment.add((int) c);
      }
    }
    segments.add(array(segment));
    return new Glob(segments);
  }

  private static char escaped(String pattern, int at) {
    if (at == pattern.length()) {
      throw new ExpansionException(
          "invalid pattern (%s) in substitution: nothing follows the last backslash"
              .formatted(pattern));
    }
    char c = pattern.charAt(at);
    if ("*?\\}/".indexOf(c) < 0) {
      throw new ExpansionException(
          "invalid pattern (%s) in substitution: invalid escape '\\%c'".formatted(pattern, c));
    }
    return c;
  }

  private static int[] array(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  /// `text` without the part at its start that matches.
  String withoutPrefix(String text, boolean longest) {
    int end = longest ? longestFrom(text, 0) : shortestFrom(text);
    return end < 0 ? text : text.substring(end);
  }

  /// `text` without the part at its end that matches.
  String withoutSuffix(String text, boolean longest) {
    String kept = reversed().withoutPrefix(reversed(text), longest);
    return text.substring(0, kept.length());
  }

  private Glob reversed() {
    List<int[]> turned = new ArrayList<>();
    for (int[] segment : segments) {
      int[] copy = new int[segment.length];
      for (int i = 0; i < segment.length; i++) {
        copy[i] = segment[segment.length - 1 - i];
      }
      turned.add(copy);
    }
    Collections.reverse(turned);
    return new Glob(turned);
  }

  /// Code unit by code unit, other than [StringBuilder#reverse]: a pair of surrogates must not be
  /// kept in order when the pattern's is turned.
  private static String reversed(String text) {
    char[] turned = new char[text.length()];
    for (int i = 0; i < turned.length; i++) {
      turned[i] = text.charAt(turned.length - 1 - i);
    }
    return new String(turned);
  }

  /// `text` with the first part that matches, or with every one, replaced.
  String replaceIn(String text, String replacement, boolean all, int limit) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int at = next(text, 0); at >= 0; at = next(text, at)) {
      int end = longestFrom(text, at);
      if (end < 0) {
        break; // what stands behind a star is nowhere in the rest
      }
      out.append(text, from, at).append(replacement);
      if (out.length() > limit) {
        throw new ExpansionException("result is longer than %d characters".formatted(limit));
      }
      from = end;
      if (!all || end == text.length()) {
        break;
      }
      if (end == at) {
        out.append(text.charAt(at));
        from = ++end;
      }
      at = end;
    }
    return out.append(text.substring(from)).toString();
  }

  /// The first place from `from` on where a match may begin.
  private int next(String text, int from) {
    return find(text, segments.getFirst(), from);
  }

  private int shortestFrom(String text) {
    if (!matches(text, segments.getFirst(), 0)) {
      return -1;
    }
    int at = segments.getFirst().length;
    for (int[] segment : segments.subList(1, segments.size())) {
      at = find(text, segment, at);
      if (at < 0) {
        return -1;
      }
      at += segment.length;
    }
    return at;
  }

  private int longestFrom(String text, int from) {
    if (!matches(text, segments.getFirst(), from)) {
      return -1;
    }
    int at = from + segments.getFirst().length;
    if (segments.size() == 1) {
      return at;
    }
    for (int[] segment : segments.subList(1, segments.size() - 1)) {
      at = find(text, segment, at);
      if (at < 0) {
        return -1;
      }
      at += segment.length;
    }
    int[] last = segments.getLast();
    for (int end = text.length() - last.length; end >= at; end--) {
      if (matches(text, last, end)) {
        return end + last.length;
      }
    }
    return -1;
  }

  private static int find(String text, int[] segment, int from) {
    for (int at = from; at + segment.length <= text.length(); at++) {
      if (matches(text, segment, at)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean matches(String text, int[] segment, int at) {
    if (at + segment.length > text.length()) {
      return false;
    }
    for (int i = 0; i < segment.length; i++) {
      if (segment[i] != ANY && segment[i] != text.charAt(at + i)) {
        return false;
      }
    }
    return true;
  }
}
