package gantry.build.dockerfile;

import gantry.build.BuildException;
import java.util.List;
import java.util.stream.Collectors;

/// A Dockerfile that cannot be read, or not be followed; the message shows every problem with its
/// place.
public final class DockerfileException extends BuildException {
  private static final long serialVersionUID = 1;
  private static final int SHOWN_PROBLEMS = 20;

  private final transient List<Problem> problems;

  private DockerfileException(List<Problem> problems) {
    super(Kind.INVALID, message(problems));
    this.problems = problems;
  }

  /// With these problems, at least one, in the order of the file.
  static DockerfileException of(List<Problem> problems) {
    return new DockerfileException(List.copyOf(problems));
  }

  static DockerfileException of(Problem problem) {
    return of(List.of(problem));
  }

  private static String message(List<Problem> problems) {
    String shown =
        problems.stream()
            .limit(SHOWN_PROBLEMS)
            .map(Problem::render)
            .collect(Collectors.joining("\n\n"));
    int more = problems.size() - SHOWN_PROBLEMS;
    return more > 0 ? shown + "\n\nand " + more + " more" : shown;
  }

  /// What is wrong, in the order of the file.
  public List<Problem> problems() {
    return problems;
  }
}
