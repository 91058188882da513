package gantry.build.dockerfile;

/// `MAINTAINER NAME`: the author; a label says it today.
public record Maintainer(Origin origin, String name) implements Instruction {
  @Override
  public Maintainer expand(Variables variables) {
    return this;
  }
}
