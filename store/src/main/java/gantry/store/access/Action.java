package gantry.store.access;

import java.util.Locale;
import java.util.Optional;

/// What can be done with a repository; the names, in lower case, are those in scopes of tokens.
public enum Action {
  PULL,
  PUSH,
  DELETE;

  /// Reads a name as it is in a scope or in the file of rights; empty for one that is none of ours.
  public static Optional<Action> parse(String text) {
    for (Action action : values()) {
      if (action.toString().equals(text)) {
        return Optional.of(action);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
