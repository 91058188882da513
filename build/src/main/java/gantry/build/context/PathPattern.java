package gantry.build.context;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// A compiled pattern for paths: `*`, `?`, `[a-z]`, `\` before a character that means itself, and
/// in rules `**` for any number of directories.
///
/// Matching is a walk through the path with the set of places in the pattern that may be reached,
/// so that a pattern of many stars costs no more than its length times the path's.
///
/// Source: Go's path/filepath.Match; moby/patternmatcher for what `**` means.
final class PathPattern {
  private enum Op {
    /// One certain character.
    LITERAL,
    /// One character of a set.
    CLASS,
    /// Any one character but a slash.
    ONE,
    /// Any characters but slashes.
    STAR,
    /// Nothing, or any directories with their slash: goes on to the loop and behind it.
    DEEP,
    /// Within [#DEEP]: stays, and may leave after a slash.
    DEEP_LOOP,
    /// Anything at all.
    ALL
  }

  private record Step(Op op, int literal, CharacterSet set) {
    static Step of(Op op) {
      return new Step(op, 0, CharacterSet.NONE);
    }

    boolean consumes(int c) {
      return switch (op) {
        case LITERAL -> literal == c;
        case CLASS -> set.contains(c);
        case ONE -> c != '/';
        default -> false;
      };
    }
  }

  private final String text;
  private final Step[] steps;
  private final String prefix; // what every match begins with
  private final String suffix; // and ends with
  private final boolean exact; // it is the prefix and nothing else
  private final boolean anyBefore; // whatever ends with the suffix

  private PathPattern(String text, List<Step> steps, boolean anyBefore) {
    this.text = text;
    this.steps = steps.toArray(Step[]::new);
    this.prefix = literals(steps);
    this.suffix = literalsAtEnd(steps);
    this.exact = steps.stream().allMatch(step -> step.op() == Op.LITERAL);
    this.anyBefore = anyBefore;
  }

  /// A pattern as the sources of COPY are, in which `**` is but two stars.
  ///
  /// @throws IllegalArgumentException if its syntax is wrong
  static PathPattern ofGlob(String text) {
    return new PathPattern(text, new Compiler(text, false).compile(), false);
  }

  /// A pattern as ignore files and `--exclude` have them.
  ///
  /// @throws IllegalArgumentException if its syntax is wrong
  static PathPattern ofRule(String text) {
    if (text.startsWith("**") && isPlain(text.substring(2))) {
      // `**/a` matches 'a' too, `**a` whatever ends so: not what its expansion would
      return new PathPattern(text, new Compiler(text.substring(2), false).compile(), true);
    }
    return new PathPattern(text, new Compiler(text, true).compile(), false);
  }

  private static boolean isPlain(String text) {
    return text.chars().noneMatch(c -> "*?[]\\".indexOf(c) >= 0);
  }

  /// Whether it has characters that stand for others.
  static boolean isGlob(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '*' || c == '?' || c == '[') {
        return true;
      }
    }
    return false;
  }

  private static String literals(List<Step> steps) {
    StringBuilder literals = new StringBuilder();
    for (Step step : steps) {
      if (step.op() != Op.LITERAL) {
        break;
      }
      literals.appendCodePoint(step.literal());
    }
    return literals.toString();
  }

  private static String literalsAtEnd(List<Step> steps) {
    int start = steps.size();
    while (start > 0 && steps.get(start - 1).op() == Op.LITERAL) {
      start--;
    }
    return literals(steps.subList(start, steps.size()));
  }

  boolean matches(String path) {
    if (anyBefore) {
      return path.endsWith(suffix) || (suffix.startsWith("/") && path.equals(suffix.substring(1)));
    }
    if (exact) {
      return path.equals(prefix);
    }
    return path.startsWith(prefix) && path.endsWith(suffix) && after(path).get(steps.length);
  }

  /// Whether some path in the directory `path` or deeper may match.
  boolean mayMatchBeneath(String path) {
    return anyBefore || !after(path + "/").isEmpty();
  }

  /// The places in the pattern that are reached when all of `path` is consumed.
  private BitSet after(String path) {
    BitSet now = new BitSet(steps.length + 1);
    BitSet next = new BitSet(steps.length + 1);
    reach(now, 0);
    for (int i = 0; i < path.length() && !now.isEmpty(); ) {
      int c = path.codePointAt(i);
      next.clear();
      for (int at = now.nextSetBit(0); at >= 0; at = now.nextSetBit(at + 1)) {
        if (at < steps.length) {
          step(steps[at], at, c, next);
        }
      }
      BitSet swap = now;
      now = next;
      next = swap;
      i += Character.charCount(c);
    }
    return now;
  }

  private void step(Step step, int at, int c, BitSet next) {
    switch (step.op()) {
      case STAR -> {
        if (c != '/') {
          reach(next, at);
        }
      }
      case ALL -> reach(next, at);
      case DEEP_LOOP -> {
        next.set(at);
        if (c == '/') {
          reach(next, at + 1);
        }
      }
      default -> {
        if (step.consumes(c)) {
          reach(next, at + 1);
        }
      }
    }
  }

  /// Adds a place and those that need no character more.
  private void reach(BitSet places, int from) {
    int at = from;
    while (!places.get(at)) {
      places.set(at);
      Op op = at < steps.length ? steps[at].op() : Op.LITERAL;
      switch (op) {
        case STAR, ALL -> at++;
        case DEEP -> {
          places.set(at + 1);
          at += 2;
        }
        default -> {
          return;
        }
      }
    }
  }

  @Override
  public String toString() {
    return text;
  }

  /// Characters between brackets.
  private record CharacterSet(boolean negated, List<int[]> ranges) {
    static final CharacterSet NONE = new CharacterSet(false, List.of());

    boolean contains(int c) {
      return ranges.stream().anyMatch(range -> range[0] <= c && c <= range[1]) != negated;
    }
  }

  /// From text to steps.
  private static final class Compiler {
    private final String text;
    private final boolean deep;
    private final List<Step> steps = new ArrayList<>();
    private int position;

    Compiler(String text, boolean deep) {
      this.text = text;
      this.deep = deep;
    }

    List<Step> compile() {
      while (position < text.length()) {
        int c = take();
        switch (c) {
          case '*' -> star();
          case '?' -> steps.add(Step.of(Op.ONE));
          case '[' -> steps.add(new Step(Op.CLASS, 0, set()));
          case '\\' -> steps.add(new Step(Op.LITERAL, escaped(), CharacterSet.NONE));
          default -> steps.add(new Step(Op.LITERAL, c, CharacterSet.NONE));
        }
      }
      return steps;
    }

    private void star() {
      if (!deep || !at('*')) {
        steps.add(Step.of(Op.STAR));
        return;
      }
      position++;
      if (at('/')) {
        position++;
      }
      if (position == text.length()) {
        steps.add(Step.of(Op.ALL));
      } else {
        steps.add(Step.of(Op.DEEP));
        steps.add(Step.of(Op.DEEP_LOOP));
      }
    }

    private CharacterSet set() {
      boolean negated = at('^');
      if (negated) {
        position++;
      }
      List<int[]> ranges = new ArrayList<>();
      while (ranges.isEmpty() || !at(']')) {
        int low = member();
        int high = low;
        if (at('-')) {
          position++;
          high = member();
        }
        ranges.add(new int[] {low, high});
      }
      position++;
      return new CharacterSet(negated, ranges);
    }

    private int member() {
      if (at('-') || at(']')) {
        throw wrong();
      }
      int c = take();
      return c == '\\' ? escaped() : c;
    }

    private int escaped() {
      return take();
    }

    private boolean at(char c) {
      return position < text.length() && text.charAt(position) == c;
    }

    private int take() {
      if (position >= text.length()) {
        throw wrong();
      }
      int c = text.codePointAt(position);
      position += Character.charCount(c);
      return c;
    }

    private IllegalArgumentException wrong() {
      return new IllegalArgumentException(
          "'%s': syntax error in pattern: a bracket is not closed, or nothing follows a backslash"
              .formatted(text));
    }
  }
}
