package gantry.engine.container;

/// What a wait waits for.
public enum WaitCondition {
  NOT_RUNNING,
  NEXT_EXIT,
  REMOVED
}
