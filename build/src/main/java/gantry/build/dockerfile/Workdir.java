package gantry.build.dockerfile;

/// `WORKDIR PATH`: where steps and containers work; a relative path continues the one before.
public record Workdir(Origin origin, String path) implements Instruction {
  @Override
  public Workdir expand(Variables variables) {
    return new Workdir(origin, new Expander(origin, variables).word(path));
  }
}
