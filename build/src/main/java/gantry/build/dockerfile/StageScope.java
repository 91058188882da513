package gantry.build.dockerfile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a check knows at one place of a stage: its variables, and what the stages it is based on
/// have set.
final class StageScope implements Variables {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Map<String, String> environment;
  private final Map<String, Optional<String>> arguments = new LinkedHashMap<>();

  /// Whether every variable that the base sets is known.
  private final boolean complete;

  private boolean workdirSet;
  private boolean shellSet;

  private StageScope(Map<String, String> environment, boolean complete) {
    this.environment = new HashMap<>(environment);
    this.environment.putIfAbsent("PATH", DEFAULT_PATH);
    this.complete = complete;
  }

  static StageScope empty() {
    return new StageScope(Map.of(), true);
  }

  static StageScope of(Optional<Map<String, String>> environment) {
    return new StageScope(environment.orElse(Map.of()), environment.isPresent());
  }

  /// For a stage that begins where this one ends; arguments end with their stage.
  StageScope next() {
    StageScope next = new StageScope(environment, complete);
    next.workdirSet = workdirSet;
    next.shellSet = shellSet;
    return next;
  }

  @Override
  public Optional<String> get(String name) {
    return environment.containsKey(name)
        ? Optional.ofNullable(environment.get(name))
        : arguments.getOrDefault(name, Optional.empty());
  }

  /// Whether a variable that has no value may be used all the same.
  boolean isDeclared(String name) {
    return arguments.containsKey(name);
  }

  /// Those that have a value.
  Set<String> names() {
    Set<String> names = new HashSet<>(environment.keySet());
    arguments.forEach(
        (name, value) -> {
          if (value.isPresent()) {
            names.add(name);
          }
        });
    return names;
  }

  boolean complete() {
    return complete;
  }

  void declare(String name, Optional<String> value) {
    arguments.put(name, value);
  }

  void set(Env env) {
    env.variables().forEach(v -> environment.put(v.key(), v.value()));
  }

  boolean workdirSet() {
    return workdirSet;
  }

  void setWorkdir() {
    workdirSet = true;
  }

  boolean shellSet() {
    return shellSet;
  }

  void setShell() {
    shellSet = true;
  }
}
