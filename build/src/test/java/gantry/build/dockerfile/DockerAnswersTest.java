package gantry.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Small Dockerfiles and what `docker build --call=check` of Docker 28.5.2 says of them: a warning
/// each line that begins with `>>`, the error that ends it in the line that begins with `!!`. The
/// context has a `.dockerignore` that says `ign*`.
class DockerAnswersTest {
  private static final Lint.Options OPTIONS =
      new Lint.Options(
          java.util.Map.of(),
          path -> path.startsWith("ign"),
          _ -> Optional.empty(),
          Optional.empty());

  /// Errors that only a build meets: what a signal, an image or a platform is called, and where a
  /// mount is below the working directory.
  private static final List<String> OF_THE_BUILD =
      List.of(
          "invalid signal",
          "failed to parse stage name",
          "failed to parse platform",
          "invalid mount target");

  /// Where Docker 28.5.2 is behind the reference, or worse: flags that its frontend knows only as
  /// "labs"; a description that an empty line keeps apart is one all the same; Go's words for an
  /// address; an invalid character shown for a substitution that is not closed.
  private static final List<String> OTHERWISE =
      List.of("--parents", "--device", "# other", "[::1]", "${x\n", "=${x");

  record Answer(String dockerfile, List<String> warnings, Optional<String> error) {
    @Override
    public String toString() {
      return dockerfile.replace("\n", "⏎");
    }
  }

  static Stream<Answer> answers() throws IOException {
    try (InputStream in = DockerAnswersTest.class.getResourceAsStream("docker-28.5.2-check.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Arrays.stream(text.split("\n%%\n")).map(DockerAnswersTest::answer).toList().stream();
    }
  }

  private static Answer answer(String text) {
    List<String> dockerfile = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    Optional<String> error = Optional.empty();
    for (String line : text.split("\n", -1)) {
      if (line.startsWith(">> ")) {
        warnings.add(line.substring(3));
      } else if (line.startsWith("!! ")) {
        error = Optional.of(line.substring(3));
      } else {
        dockerfile.add(line);
      }
    }
    return new Answer(String.join("\n", dockerfile), warnings, error);
  }

  @ParameterizedTest
  @MethodSource("answers")
  void answersAsDockerDoes(Answer docker) {
    List<String> problems = new ArrayList<>();
    Optional<Dockerfile> file = parse(docker.dockerfile, problems);
    file.ifPresent(f -> expand(f, problems));
    if (OTHERWISE.stream().anyMatch((docker.dockerfile + "\n")::contains)) {
      assertThat(file).isPresent();
    } else if (docker.error.filter(e -> e.startsWith("lint violation")).isPresent()) {
      assertThatThrownBy(
              () ->
                  Lint.enforce(
                      Lint.check(file.orElseThrow(), OPTIONS),
                      file.orElseThrow().directives().check()))
          .hasMessageStartingWith("lint violation found for rules: FromAsCasing");
    } else if (docker.error.filter(DockerAnswersTest::isOfTheBuild).isPresent()) {
      assertThat(problems).isEmpty();
    } else if (docker.error.isPresent()) {
      assertThat(problems).isNotEmpty();
      assertThat(problems.getFirst()).startsWith(docker.error.get());
    } else {
      assertThat(problems).isEmpty();
      assertThat(Lint.check(file.orElseThrow(), OPTIONS))
          .extracting(w -> line(w) + " " + w.rule() + ": " + w.message())
          .containsExactlyInAnyOrderElementsOf(docker.warnings);
    }
  }

  private static boolean isOfTheBuild(String error) {
    return OF_THE_BUILD.stream().anyMatch(error::startsWith);
  }

  /// Docker places an empty continuation at the end of its instruction.
  private static int line(Warning warning) {
    return warning.rule() == Rule.NO_EMPTY_CONTINUATION
        ? warning.span().lastLine()
        : warning.span().firstLine();
  }

  private static Optional<Dockerfile> parse(String text, List<String> problems) {
    try {
      return Optional.of(Dockerfile.parse("Dockerfile", text.getBytes(StandardCharsets.UTF_8)));
    } catch (DockerfileException e) {
      e.problems().forEach(p -> problems.add(p.message()));
      return Optional.empty();
    }
  }

  /// What a build would do with variables.
  private static void expand(Dockerfile file, List<String> problems) {
    Globals globals = new Globals(file, java.util.Map.of());
    for (Stage stage : file.stages()) {
      StageScope scope = StageScope.empty();
      try {
        stage.from().expand(globals);
        for (Instruction instruction : stage.instructions()) {
          expand(file, stage, instruction, scope);
        }
      } catch (DockerfileException e) {
        e.problems().forEach(p -> problems.add(p.message()));
      }
    }
  }

  private static void expand(Dockerfile file, Stage stage, Instruction raw, StageScope scope) {
    switch (raw instanceof Arg ? raw : raw.expand(scope)) {
      case Arg arg ->
          arg.arguments()
              .forEach(a -> scope.declare(a.name(), arg.expand(a, scope).defaultValue()));
      case Env env -> scope.set(env);
      case Run run -> run.mounts();
      case Expose expose -> expose.containerPorts();
      case Copy copy -> copy.from().ifPresent(f -> file.from(stage, copy, f));
      default -> {}
    }
  }
}
