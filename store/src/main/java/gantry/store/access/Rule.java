package gantry.store.access;

import gantry.store.content.Glob;
import java.util.Set;

/// Who may do what with which repositories.
///
/// @param who names of users and robots; `*` is everybody, `@users` everybody who is logged in
public record Rule(Glob repository, Set<String> who, Set<Action> may) {
  static final String EVERYBODY = "*";
  static final String USERS = "@users";

  boolean allows(Principal principal, CharSequence name, Action action) {
    boolean meant =
        who.contains(EVERYBODY)
            || (!principal.anonymous() && (who.contains(USERS) || who.contains(principal.name())));
    return meant && may.contains(action) && repository.matches(name);
  }
}
