package gantry.build.dockerfile;

import java.util.List;
import java.util.Optional;

/// `ARG NAME[=DEFAULT] …`: declares build arguments.
public record Arg(Origin origin, List<Argument> arguments) implements Instruction {
  public Arg {
    arguments = List.copyOf(arguments);
  }

  /// One of them.
  ///
  /// @param defaultValue none: the caller's value, or that of the global argument of this name
  public record Argument(String name, Optional<String> defaultValue) {}

  /// This instruction itself: each argument sees the one before it, also of the same ARG, and what
  /// that one's value is only the build knows. See [#expand(Argument, Variables)].
  @Override
  public Arg expand(Variables variables) {
    return this;
  }

  /// One of the arguments with its variables expanded.
  ///
  /// @throws DockerfileException as [Instruction#expand]
  public Argument expand(Argument argument, Variables variables) {
    Expander expander = new Expander(origin, variables);
    return new Argument(expander.word(argument.name), expander.word(argument.defaultValue));
  }
}
