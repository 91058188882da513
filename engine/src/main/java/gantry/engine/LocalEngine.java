package gantry.engine;

/// The engine of this machine: opens the rooms below and joins them.
final class LocalEngine {
  private LocalEngine() {}

  @SuppressWarnings("DoNotCallSuggester") // only until the rooms below are joined
  static Engine open(EngineConfig config) {
    throw new EngineException(
        ErrorKind.UNAVAILABLE, "cannot open " + config.dataRoot() + ": the engine is being built");
  }
}
