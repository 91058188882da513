package gantry.build.dockerfile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `HEALTHCHECK [OPTIONS] CMD COMMAND`, or `HEALTHCHECK NONE`: how to learn whether a container is
/// well.
///
/// @param command none: not at all, whatever the base has
/// @param interval between tests; zero here and below: the engine's default
/// @param retries failures in a row that make it unhealthy
public record Healthcheck(
    Origin origin,
    Optional<Command> command,
    Duration interval,
    Duration timeout,
    Duration startPeriod,
    Duration startInterval,
    int retries)
    implements Instruction {
  @Override
  public Healthcheck expand(Variables variables) {
    return this;
  }

  /// As an image's config has it.
  public gantry.oci.Healthcheck config() {
    return new gantry.oci.Healthcheck(
        test(), interval, timeout, startPeriod, startInterval, retries);
  }

  private List<String> test() {
    if (command.isEmpty()) {
      return List.of("NONE");
    }
    return switch (command.get()) {
      case Command.ShellForm(String text) -> List.of("CMD-SHELL", text);
      case Command.ExecForm(List<String> words) -> {
        List<String> test = new ArrayList<>(List.of("CMD"));
        test.addAll(words);
        yield test;
      }
      case Command.Script _ -> throw new IllegalStateException("a health check has no heredoc");
    };
  }
}
