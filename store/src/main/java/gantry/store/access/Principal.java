package gantry.store.access;

import java.util.List;
import java.util.Optional;

/// Who sends a request.
///
/// @param name empty for nobody in particular
/// @param scope what the token at hand was made for; empty when no token was shown
public record Principal(String name, Optional<List<Grant>> scope) {
  public static final Principal ANONYMOUS = new Principal("", Optional.empty());

  public boolean anonymous() {
    return name.isEmpty();
  }

  /// The name for people.
  public String display() {
    return anonymous() ? "anonymous" : name;
  }
}
