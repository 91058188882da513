package gantry.build.dockerfile;

import gantry.build.BuildException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Checks a Dockerfile against Docker's [rules][Rule].
public final class Lint {
  private final Dockerfile file;
  private final List<Warning> warnings = new ArrayList<>();

  private Lint(Dockerfile file) {
    this.file = file;
  }

  /// What is known besides the file.
  ///
  /// @param buildArgs what the caller sets
  /// @param ignored whether `.dockerignore` leaves a path of the context out; the path is relative
  /// @param baseEnvironment the variables of an image's config; none: not known, and then stages on
  ///   that image are not checked for undefined variables
  /// @param check in place of the file's own directive
  public record Options(
      Map<String, String> buildArgs,
      Predicate<String> ignored,
      Function<String, Optional<Map<String, String>>> baseEnvironment,
      Optional<Check> check) {
    /// Nothing is known.
    public static final Options NONE =
        new Options(Map.of(), _ -> false, _ -> Optional.empty(), Optional.empty());

    public Options {
      buildArgs = Map.copyOf(buildArgs);
    }
  }

  /// The warnings in the order of the file.
  public static List<Warning> check(Dockerfile file, Options options) {
    Lint lint = new Lint(file);
    new FileRules(file, options, lint::add).check();
    new StageRules(file, options, lint::add).check();
    Check check = options.check.orElse(file.directives().check());
    return lint.warnings.stream()
        .filter(w -> check.includes(w.rule()))
        .sorted(Comparator.comparing(w -> w.span().start()))
        .toList();
  }

  /// Ends the build where the file's check directive, or `check`, makes warnings errors.
  ///
  /// @throws BuildException naming the rules that are broken
  public static void enforce(List<Warning> warnings, Check check) {
    if (check.error() && !warnings.isEmpty()) {
      throw BuildException.invalid(
          "lint violation found for rules: "
              + warnings.stream()
                  .map(w -> w.rule().title())
                  .distinct()
                  .collect(Collectors.joining(", ")));
    }
  }

  /// Where rules leave their warnings.
  @FunctionalInterface
  interface Sink {
    void add(Rule rule, Span span, Object... values);
  }

  private void add(Rule rule, Span span, Object... values) {
    warnings.add(new Warning(rule, rule.message(values), file.source(), span));
  }
}
