package gantry.build.dockerfile;

import gantry.oci.FormatException;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The rules about the file as a whole, its FROMs and its comments.
final class FileRules {
  private static final Set<String> RESERVED = Set.of("context", "scratch");
  private static final Set<String> TARGET_PLATFORM = Set.of("$TARGETPLATFORM", "${TARGETPLATFORM}");

  private final Dockerfile file;
  private final Lint.Options options;
  private final Lint.Sink sink;

  FileRules(Dockerfile file, Lint.Options options, Lint.Sink sink) {
    this.file = file;
    this.options = options;
    this.sink = sink;
  }

  void check() {
    casing();
    for (Span span : file.emptyContinuations()) {
      sink.add(Rule.NO_EMPTY_CONTINUATION, span);
    }
    file.globalArgs().forEach(this::description);
    Globals defaults = new Globals(file, Map.of());
    Globals given = new Globals(file, options.buildArgs());
    Set<String> names = new HashSet<>();
    for (Stage stage : file.stages()) {
      stageName(stage.from(), names);
      base(stage.from(), defaults, given);
      platform(stage.from());
      description(stage.from());
      stage.instructions().forEach(this::description);
    }
  }

  private List<Instruction> instructions() {
    List<Instruction> all = new ArrayList<>(file.globalArgs());
    for (Stage stage : file.stages()) {
      all.add(stage.from());
      all.addAll(stage.instructions());
    }
    return all;
  }

  private void casing() {
    int lower = 0;
    int upper = 0;
    for (Instruction instruction : instructions()) {
      String keyword = instruction.origin().keyword();
      lower += keyword.equals(keyword.toLowerCase(Locale.ROOT)) ? 1 : 0;
      upper += keyword.equals(keyword.toUpperCase(Locale.ROOT)) ? 1 : 0;
    }
    boolean wantsLower = lower > upper;
    for (Instruction instruction : instructions()) {
      String keyword = instruction.origin().keyword();
      String wanted =
          wantsLower ? keyword.toLowerCase(Locale.ROOT) : keyword.toUpperCase(Locale.ROOT);
      if (!keyword.equals(wanted)) {
        add(
            Rule.CONSISTENT_INSTRUCTION_CASING,
            instruction,
            keyword,
            wantsLower ? "lowercase" : "uppercase");
      }
    }
  }

  private void stageName(From from, Set<String> names) {
    if (from.name().isEmpty()) {
      return;
    }
    String name = from.name().get();
    String written = from.nameAsWritten().orElse(name);
    String as = from.as().orElse("");
    String keyword = from.origin().keyword();
    if (!written.equals(name)) {
      add(Rule.STAGE_NAME_CASING, from, written);
    }
    if (isLower(keyword) ? !isLower(as) : isUpper(keyword) && !isUpper(as)) {
      add(Rule.FROM_AS_CASING, from, as, keyword);
    }
    if (RESERVED.contains(name)) {
      add(Rule.RESERVED_STAGE_NAME, from, name);
    }
    if (!names.add(name)) {
      add(Rule.DUPLICATE_STAGE_NAME, from, written);
    }
  }

  private static boolean isLower(String word) {
    return word.equals(word.toLowerCase(Locale.ROOT));
  }

  private static boolean isUpper(String word) {
    return word.equals(word.toUpperCase(Locale.ROOT));
  }

  private void base(From from, Globals defaults, Globals given) {
    try {
      Reference.parse(from.expand(defaults).base());
    } catch (FormatException | DockerfileException _) {
      add(Rule.INVALID_DEFAULT_ARG_IN_FROM, from, from.base());
    }
    Unmatched unmatched = new Unmatched(given);
    try {
      from.expand(unmatched);
    } catch (DockerfileException _) {
      // the build tells, when it comes to it; what was asked for until then is checked
    }
    for (String name : unmatched.names()) {
      add(Rule.UNDEFINED_ARG_IN_FROM, from, name, Suggestion.of(name, given.names()));
    }
  }

  private void platform(From from) {
    String platform = from.platform().orElse("");
    if (TARGET_PLATFORM.contains(platform)) {
      add(Rule.REDUNDANT_TARGET_PLATFORM, from, platform);
    } else if (isConstant(platform) && !isNamedAfter(from, platform)) {
      add(Rule.FROM_PLATFORM_FLAG_CONST_DISALLOWED, from, platform);
    }
  }

  private static boolean isConstant(String platform) {
    return !platform.isEmpty() && platform.indexOf('$') < 0;
  }

  /// A stage that says in its name what it is for may be for that alone.
  private static boolean isNamedAfter(From from, String platform) {
    String name = from.name().orElse("");
    try {
      Platform parsed = Platform.parse(platform);
      return name.contains(parsed.os()) || name.contains(parsed.architecture());
    } catch (FormatException _) {
      return true; // the build refuses it
    }
  }

  private void description(Instruction instruction) {
    switch (instruction) {
      case From from when from.name().isPresent() ->
          description(from, "FROM", List.of(from.nameAsWritten().orElse("")));
      case Arg arg ->
          description(arg, "ARG", arg.arguments().stream().map(Arg.Argument::name).toList());
      default -> {}
    }
  }

  private void description(Instruction instruction, String keyword, List<String> names) {
    List<String> comments = instruction.origin().comments();
    if (!comments.isEmpty() && !names.contains(comments.getLast().split("\\s", 2)[0])) {
      add(
          Rule.INVALID_DEFINITION_DESCRIPTION,
          instruction,
          keyword,
          names.size() > 1 ? "<arg_key>" : names.getFirst());
    }
  }

  private void add(Rule rule, Instruction instruction, Object... values) {
    sink.add(rule, instruction.origin().span(), values);
  }
}
