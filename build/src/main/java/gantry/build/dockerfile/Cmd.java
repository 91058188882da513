package gantry.build.dockerfile;

/// `CMD COMMAND`: what a container runs unless told otherwise; arguments where there is an
/// entrypoint.
public record Cmd(Origin origin, Command command) implements Instruction {
  @Override
  public Cmd expand(Variables variables) {
    return this;
  }
}
