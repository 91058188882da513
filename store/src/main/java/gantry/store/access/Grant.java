package gantry.store.access;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// What a token allows: `repository:team/web:pull,push`.
public record Grant(String repository, Set<Action> actions) {
  private static final String KIND = "repository:";

  /// Reads a scope; empty for one that is about something else. Actions that are none of ours are
  /// passed over; `*` is all of them.
  public static Optional<Grant> parse(String scope) {
    int colon = scope.lastIndexOf(':');
    if (!scope.startsWith(KIND) || colon < KIND.length()) {
      return Optional.empty();
    }
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (String word : scope.substring(colon + 1).split(",", -1)) {
      if (word.equals("*")) {
        actions.addAll(EnumSet.allOf(Action.class));
      }
      Action.parse(word).ifPresent(actions::add);
    }
    return Optional.of(new Grant(scope.substring(KIND.length(), colon), actions));
  }
}
