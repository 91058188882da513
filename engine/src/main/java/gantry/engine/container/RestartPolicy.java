package gantry.engine.container;

import java.util.OptionalInt;

/// What the engine does when a container's program ends.
public sealed interface RestartPolicy {
  record No() implements RestartPolicy {}

  record Always() implements RestartPolicy {}

  record UnlessStopped() implements RestartPolicy {}

  /// After a failure, at most `maximum` times.
  record OnFailure(OptionalInt maximum) implements RestartPolicy {}
}
