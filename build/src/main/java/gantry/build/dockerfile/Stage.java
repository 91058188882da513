package gantry.build.dockerfile;

import java.util.List;
import java.util.Optional;

/// A FROM and the instructions below it.
///
/// @param index from 0, in the order of the file
/// @param instructions without the FROM
public record Stage(int index, From from, List<Instruction> instructions) {
  public Stage {
    instructions = List.copyOf(instructions);
  }

  /// Its name in lower case.
  public Optional<String> name() {
    return from.name();
  }

  /// The name, or `stage-N` where it has none.
  public String label() {
    return name().orElseGet(() -> "stage-" + index);
  }
}
