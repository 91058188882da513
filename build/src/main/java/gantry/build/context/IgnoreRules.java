package gantry.build.context;

import gantry.build.BuildException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// Which paths a build leaves out: the lines of a `.dockerignore`, or the patterns of `--exclude`.
/// The last rule that fits a path, or a directory above it, decides; `!` before a rule takes paths
/// in again.
///
/// Immutable. Source: Docker's documentation, "Dockerfile reference", `.dockerignore`;
/// moby/patternmatcher.
public final class IgnoreRules {
  /// Leaves out nothing.
  public static final IgnoreRules NONE = new IgnoreRules(List.of());

  private static final int RULES_MAX = 10_000;

  /// One rule.
  ///
  /// @param line where it stands, from 1
  /// @param text as it was meant: `!docs/*.md`
  /// @param exception whether it takes paths in again
  public record Rule(int line, String text, boolean exception) {}

  private record Compiled(Rule rule, PathPattern pattern) {}

  /// What is known of a directory, for what is in it.
  static final class Match {
    private final BitSet fitting;
    private final boolean excluded;

    private Match(BitSet fitting, boolean excluded) {
      this.fitting = fitting;
      this.excluded = excluded;
    }

    boolean excluded() {
      return excluded;
    }
  }

  static final Match ROOT = new Match(new BitSet(0), false);

  private final List<Compiled> rules;
  private final boolean exceptions;

  private IgnoreRules(List<Compiled> rules) {
    this.rules = rules;
    this.exceptions = rules.stream().anyMatch(rule -> rule.rule().exception());
  }

  /// Reads a `.dockerignore`: a rule a line, `#` at the very beginning of one for comments.
  ///
  /// @param file its name, for errors
  /// @throws BuildException naming file and line of a pattern that is none
  public static IgnoreRules parse(String text, String file) {
    List<Compiled> rules = new ArrayList<>();
    int number = 0;
    for (String line : withoutMark(text).split("\n", -1)) {
      number++;
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      int at = number;
      compiled(at, fromLine(line.strip()), () -> "%s:%d: ".formatted(file, at))
          .ifPresent(rules::add);
      checkCount(rules, file);
    }
    return rules.isEmpty() ? NONE : new IgnoreRules(List.copyOf(rules));
  }

  /// The patterns of `--exclude`, which are as those of a file.
  ///
  /// @throws BuildException naming a pattern that is none
  public static IgnoreRules of(List<String> patterns) {
    List<Compiled> rules = new ArrayList<>();
    for (String pattern : patterns) {
      if (!pattern.isBlank()) {
        compiled(rules.size() + 1, pattern.strip(), () -> "invalid exclude pattern: ")
            .ifPresent(rules::add);
      }
      checkCount(rules, "--exclude");
    }
    return rules.isEmpty() ? NONE : new IgnoreRules(List.copyOf(rules));
  }

  private static void checkCount(List<Compiled> rules, String file) {
    if (rules.size() > RULES_MAX) {
      throw BuildException.invalid("%s: more than %d patterns".formatted(file, RULES_MAX));
    }
  }

  private static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /// A slash at the beginning means nothing; what remains is cleaned as any pattern.
  private static String fromLine(String line) {
    boolean exception = line.startsWith("!");
    String pattern = exception ? line.substring(1).strip() : line;
    String cleaned = pattern.isEmpty() ? "" : cleaned(pattern);
    if (cleaned.length() > 1 && cleaned.startsWith("/")) {
      cleaned = cleaned.substring(1);
    }
    return exception ? "!" + cleaned : cleaned;
  }

  private static Optional<Compiled> compiled(
      int line, String text, java.util.function.Supplier<String> where) {
    boolean exception = text.startsWith("!");
    String pattern = exception ? text.substring(1) : text;
    if (pattern.isEmpty()) {
      throw BuildException.invalid(where.get() + "illegal exclusion pattern: \"!\"");
    }
    try {
      Rule rule = new Rule(line, text, exception);
      return Optional.of(new Compiled(rule, PathPattern.ofRule(cleaned(pattern))));
    } catch (IllegalArgumentException e) {
      throw BuildException.invalid(where.get() + e.getMessage());
    }
  }

  /// As Go's filepath.Clean: `a//./b/../c/` is `a/c`, a `..` at the beginning stays, and so does a
  /// slash.
  private static String cleaned(String pattern) {
    boolean rooted = pattern.startsWith("/");
    List<String> parts = new ArrayList<>();
    for (String part : pattern.split("/", -1)) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      boolean up = part.equals("..");
      if (up && !parts.isEmpty() && !parts.getLast().equals("..")) {
        parts.removeLast();
      } else if (!up || !rooted) {
        parts.add(part);
      }
    }
    String joined = String.join("/", parts);
    return rooted ? "/" + joined : joined.isEmpty() ? "." : joined;
  }

  /// Whether there are none.
  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /// Whether a path is left out, taken for itself and all directories above it.
  ///
  /// @param path below the root: `src/a`
  public boolean excludes(String path) {
    return excluding(path).isPresent();
  }

  /// The rule that leaves a path out, to tell the user why it is not there.
  public Optional<Rule> excluding(String path) {
    Match match = ROOT;
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      match = match(path.substring(0, slash), match);
    }
    Match last = match(path, match);
    if (!last.excluded()) {
      return Optional.empty();
    }
    return Optional.of(rules.get(last.fitting.length() - 1).rule()); // the last that fits decided
  }

  /// What the rules say of a path whose directory has `parent`.
  Match match(String path, Match parent) {
    if (rules.isEmpty()) {
      return ROOT;
    }
    BitSet fitting = new BitSet(rules.size());
    boolean excluded = false;
    for (int i = 0; i < rules.size(); i++) {
      Compiled rule = rules.get(i);
      boolean inherited = parent.fitting.get(i);
      // A rule that would change nothing is not asked, and so not inherited: as Docker has it.
      if (inherited || (rule.rule().exception() == excluded && rule.pattern().matches(path))) {
        fitting.set(i);
        excluded = !rule.rule().exception();
      }
    }
    return new Match(fitting, excluded);
  }

  /// Whether something in a directory that is left out may be taken in again.
  boolean mayReinclude(String directory) {
    return exceptions
        && rules.stream()
            .anyMatch(rule -> rule.rule().exception() && rule.pattern().mayMatchBeneath(directory));
  }

  /// Whether something in a directory may fit a rule: of rules that say what is taken.
  boolean mayMatchBeneath(String directory) {
    return rules.stream().anyMatch(rule -> rule.pattern().mayMatchBeneath(directory));
  }
}
