package gantry.build.dockerfile;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// Notes which variables are asked for that are not set.
final class Unmatched implements Variables {
  private final Variables variables;
  private final Set<String> names = new LinkedHashSet<>();

  Unmatched(Variables variables) {
    this.variables = variables;
  }

  @Override
  public Optional<String> get(String name) {
    Optional<String> value = variables.get(name);
    if (value.isEmpty()) {
      names.add(name);
    }
    return value;
  }

  Set<String> names() {
    return names;
  }
}
