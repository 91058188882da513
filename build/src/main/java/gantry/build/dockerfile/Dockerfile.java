package gantry.build.dockerfile;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/// A Dockerfile, read.
///
/// Nothing is expanded yet: what a name, a path or a base image is may depend on build arguments.
/// Bounded: file 4 MiB, 20,000 instructions.
///
/// Spec: Dockerfile reference.
///
/// @param globalArgs the ARGs above the first FROM, which only FROMs see
/// @param stages at least one, in the order of the file
/// @param emptyContinuations where an instruction goes on over an empty line
public record Dockerfile(
    Source source,
    Directives directives,
    List<Arg> globalArgs,
    List<Stage> stages,
    List<Span> emptyContinuations) {
  /// Arguments that need no ARG: a caller may set them, and they are neither in the image's history
  /// nor in the cache's keys.
  public static final Set<String> PREDEFINED_ARGS =
      Set.of(
          "HTTP_PROXY",
          "http_proxy",
          "HTTPS_PROXY",
          "https_proxy",
          "FTP_PROXY",
          "ftp_proxy",
          "NO_PROXY",
          "no_proxy",
          "ALL_PROXY",
          "all_proxy");

  /// Global arguments that the build itself sets; an instruction sees them after an ARG of the
  /// name.
  public static final Set<String> PLATFORM_ARGS =
      Set.of(
          "TARGETPLATFORM",
          "TARGETOS",
          "TARGETARCH",
          "TARGETVARIANT",
          "TARGETSTAGE",
          "BUILDPLATFORM",
          "BUILDOS",
          "BUILDARCH",
          "BUILDVARIANT");

  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  public Dockerfile {
    globalArgs = List.copyOf(globalArgs);
    stages = List.copyOf(stages);
    emptyContinuations = List.copyOf(emptyContinuations);
  }

  /// Reads a file, and tells all that is wrong with it at once.
  ///
  /// @param name as errors call it
  /// @throws DockerfileException when it is none
  public static Dockerfile parse(String name, byte[] text) {
    return new FileReader(name, text).file();
  }

  /// Reads one instruction of a base image's config, as ONBUILD put it there.
  ///
  /// @param name as errors call it: `ONBUILD of alpine:3.20`
  /// @throws DockerfileException when it is none, or one that is not allowed there
  public static Instruction parseTrigger(String name, String expression) {
    return FileReader.trigger(name, expression);
  }

  /// What a stage begins with.
  ///
  /// @param expanded the base of its FROM with variables expanded
  public Base base(Stage stage, String expanded) {
    if (expanded.equals(From.SCRATCH)) {
      return new Base.Scratch();
    }
    Optional<Stage> earlier = named(stages.subList(0, stage.index()), expanded);
    return earlier.<Base>map(Base.Earlier::new).orElseGet(() -> new Base.Image(expanded));
  }

  /// The stage that `--target` means: a name in any case, or a number.
  public Optional<Stage> stage(String reference) {
    Optional<Stage> named = named(stages, reference);
    return named.isPresent() ? named : numbered(reference);
  }

  /// The stage that `--from`, of COPY or of a mount, means in `stage`; none when it means an image
  /// or a context.
  ///
  /// @throws DockerfileException when that stage is not above this one
  public Optional<Stage> from(Stage stage, Instruction instruction, String reference) {
    OptionalInt number =
        NUMBER.matcher(reference).matches()
            ? OptionalInt.of(Integer.parseInt(reference))
            : OptionalInt.empty();
    if (number.isPresent() && number.getAsInt() >= stages.size()) {
      throw instruction.origin().problem("invalid stage index " + reference, reference);
    }
    Optional<Stage> found = number.isPresent() ? numbered(reference) : named(stages, reference);
    found.ifPresent(f -> checkOrder(f, stage, instruction, reference));
    return found;
  }

  private static void checkOrder(
      Stage from, Stage stage, Instruction instruction, String reference) {
    if (from.index() == stage.index()) {
      throw instruction
          .origin()
          .problem("circular dependency detected on stage: " + stage.label(), reference);
    }
    if (from.index() > stage.index()) {
      throw instruction
          .origin()
          .problem(
              "cannot copy from stage \"%s\", it needs to be defined before current stage \"%s\""
                  .formatted(reference, stage.label()),
              reference);
    }
  }

  /// The stage that a name was probably meant to be that is no stage's.
  public Optional<String> nearestStage(String reference) {
    return Suggestion.nearest(reference, stages.stream().flatMap(s -> s.name().stream()).toList());
  }

  /// Of several with one name the last counts.
  private static Optional<Stage> named(List<Stage> stages, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return stages.reversed().stream()
        .filter(s -> s.name().filter(lower::equals).isPresent())
        .findFirst();
  }

  private Optional<Stage> numbered(String reference) {
    if (!NUMBER.matcher(reference).matches()) {
      return Optional.empty();
    }
    int index = Integer.parseInt(reference);
    return index < stages.size() ? Optional.of(stages.get(index)) : Optional.empty();
  }
}
