package gantry.build.dockerfile;

/// `ENTRYPOINT COMMAND`: the program that a container is.
public record Entrypoint(Origin origin, Command command) implements Instruction {
  @Override
  public Entrypoint expand(Variables variables) {
    return this;
  }
}
