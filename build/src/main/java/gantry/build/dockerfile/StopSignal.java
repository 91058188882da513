package gantry.build.dockerfile;

/// `STOPSIGNAL SIGNAL`: a name or number; how a container is asked to end.
public record StopSignal(Origin origin, String signal) implements Instruction {
  @Override
  public StopSignal expand(Variables variables) {
    return new StopSignal(origin, new Expander(origin, variables).word(signal));
  }
}
