package gantry.build.dockerfile;

/// `ONBUILD INSTRUCTION`: kept in the image, and carried out by builds that have it as base.
///
/// @param expression the instruction with its heredocs, as the image's config keeps it;
///   [Dockerfile#parseTrigger] reads it
public record OnBuild(Origin origin, String expression) implements Instruction {
  @Override
  public OnBuild expand(Variables variables) {
    return this;
  }
}
