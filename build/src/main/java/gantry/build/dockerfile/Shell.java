package gantry.build.dockerfile;

import java.util.List;

/// `SHELL ["PROGRAM", "ARGUMENT", …]`: what runs the shell form of the instructions below.
public record Shell(Origin origin, List<String> command) implements Instruction {
  public Shell {
    command = List.copyOf(command);
  }

  @Override
  public Shell expand(Variables variables) {
    return this;
  }
}
