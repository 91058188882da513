package gantry.build.dockerfile;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/// Which rules a file is checked against: `skip=RULE,…;error=true;experimental=RULE,…`; `all`
/// stands for every rule.
///
/// @param skip names of rules, as Docker writes them
/// @param experimental rules that are checked only when named here
/// @param error whether a warning makes the build fail
public record Check(Set<String> skip, Set<String> experimental, boolean error) {
  /// Every rule that is not experimental; warnings stay warnings.
  public static final Check ALL = new Check(Set.of(), Set.of(), false);

  private static final String EVERY = "all";

  public Check {
    skip = Set.copyOf(skip);
    experimental = Set.copyOf(experimental);
  }

  /// Reads a directive's value, or that of `--build-arg BUILDKIT_DOCKERFILE_CHECK`.
  ///
  /// @throws IllegalArgumentException in Docker's words
  public static Check parse(String text) {
    Set<String> skip = new HashSet<>();
    Set<String> experimental = new HashSet<>();
    boolean error = false;
    for (String option : text.split(";", -1)) {
      int equals = option.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException(
            "failed to parse check options: invalid check option \"%s\"".formatted(option));
      }
      String value = option.substring(equals + 1).strip();
      switch (option.substring(0, equals).strip()) {
        case "skip" -> skip.addAll(names(value));
        case "experimental" -> experimental.addAll(names(value));
        case "error" -> error = truth(option, value);
        default ->
            throw new IllegalArgumentException(
                "failed to parse check options: invalid check option \"%s\""
                    .formatted(option.substring(0, equals)));
      }
    }
    return new Check(skip, experimental, error);
  }

  private static Set<String> names(String value) {
    return Set.copyOf(Arrays.stream(value.split(",", -1)).map(String::strip).distinct().toList());
  }

  private static boolean truth(String option, String value) {
    return GoText.truth(value)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    ("failed to parse check options: failed to parse check option \"%s\":"
                            + " strconv.ParseBool: parsing \"%s\": invalid syntax")
                        .formatted(option, value)));
  }

  /// Whether a rule is checked.
  public boolean includes(Rule rule) {
    Set<String> names = rule.experimental() ? experimental : skip;
    return rule.experimental() == (names.contains(EVERY) || names.contains(rule.title()));
  }
}
