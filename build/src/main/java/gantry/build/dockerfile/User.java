package gantry.build.dockerfile;

/// `USER NAME|UID[:GROUP|GID]`: who steps and containers run as.
public record User(Origin origin, String user) implements Instruction {
  @Override
  public User expand(Variables variables) {
    return new User(origin, new Expander(origin, variables).word(user));
  }
}
