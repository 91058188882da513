package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.runtime.ContainerRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// The runtimes that a container can ask for, by name.
final class Runtimes implements AutoCloseable {
  private final String defaultName;
  private final Map<String, ContainerRuntime> byName = new LinkedHashMap<>();
  private final Map<String, String> paths;

  /// @param paths of the binaries by name; empty for the built-in one
  Runtimes(String defaultName, Map<String, ContainerRuntime> byName, Map<String, String> paths) {
    this.defaultName = defaultName;
    this.byName.putAll(byName);
    this.paths = paths;
  }

  /// The runtime of that name; empty for the default one.
  ContainerRuntime named(String name) {
    ContainerRuntime runtime = byName.get(name.isEmpty() ? defaultName : name);
    if (runtime == null) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "unknown or invalid runtime name: " + name);
    }
    return runtime;
  }

  Set<String> names() {
    return byName.keySet();
  }

  String defaultName() {
    return defaultName;
  }

  Map<String, String> paths() {
    return paths;
  }

  @Override
  public void close() {
    byName.values().forEach(ContainerRuntime::close);
  }
}
