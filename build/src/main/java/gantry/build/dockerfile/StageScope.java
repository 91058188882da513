package gantry.build.dockerfile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a check knows at one place of a stage: its variables, and what the stages it is based on
/// have set. Of an ARG and an ENV of one name, the later one counts.
final class StageScope implements Variables {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Map<String, String> values;
  private final Set<String> declared = new HashSet<>();

  /// Whether every variable that the base sets is known.
  private final boolean complete;

  private boolean workdirSet;
  private boolean shellSet;

  private StageScope(Map<String, String> environment, boolean complete) {
    this.values = new HashMap<>(environment);
    this.values.putIfAbsent("PATH", DEFAULT_PATH);
    this.complete = complete;
  }

  static StageScope empty() {
    return new StageScope(Map.of(), true);
  }

  static StageScope of(Optional<Map<String, String>> environment) {
    return new StageScope(environment.orElse(Map.of()), environment.isPresent());
  }

  /// For a stage that begins where this one ends, with its variables and its arguments.
  StageScope next() {
    StageScope next = new StageScope(values, complete);
    next.declared.addAll(declared);
    next.workdirSet = workdirSet;
    next.shellSet = shellSet;
    return next;
  }

  @Override
  public Optional<String> get(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /// Whether a variable that has no value may be used all the same.
  boolean isDeclared(String name) {
    return declared.contains(name);
  }

  /// Those that have a value.
  Set<String> names() {
    return Set.copyOf(values.keySet());
  }

  boolean complete() {
    return complete;
  }

  void declare(String name, Optional<String> value) {
    declared.add(name);
    value.ifPresent(v -> values.put(name, v));
  }

  void set(Env env) {
    env.variables().forEach(v -> values.put(v.key(), v.value()));
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
