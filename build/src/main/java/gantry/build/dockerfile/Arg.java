package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /// This instruction with its defaults expanded; each of them sees those before it, also of the
  /// same ARG. Where the caller sets one of several in one ARG, only [#expand(Argument, Variables)]
  /// gives those behind it that value.
  @Override
  public Arg expand(Variables variables) {
    Map<String, String> defaults = new HashMap<>();
    List<Argument> expanded = new ArrayList<>();
    for (Argument argument : arguments) {
      Argument next =
          expand(
              argument,
              name -> Optional.ofNullable(defaults.get(name)).or(() -> variables.get(name)));
      next.defaultValue.ifPresent(value -> defaults.put(next.name, value));
      expanded.add(next);
    }
    return new Arg(origin, expanded);
  }

  /// One of the arguments with its variables expanded.
  ///
  /// @throws DockerfileException as [Instruction#expand]
  public Argument expand(Argument argument, Variables variables) {
    Expander expander = new Expander(origin, variables);
    return new Argument(expander.word(argument.name), expander.word(argument.defaultValue));
  }
}
