package gantry.engine.health;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import java.util.Locale;
import java.util.Map;

/// What the engine does with a container that becomes unhealthy. Said by a label, which every
/// client and every Compose file can set.
public enum OnFailure {
  /// It is shown, and told by an event.
  NONE,
  /// SIGKILL; its restart policy decides what follows.
  KILL,
  /// It is stopped and started again, whatever its restart policy.
  RESTART,
  /// It is stopped as by its user, and stays so.
  STOP;

  /// `none`, `kill`, `restart` or `stop`.
  public static final String LABEL = "gantry.health.on-failure";

  /// What a container's labels say; nothing is `none`.
  ///
  /// @throws EngineException `INVALID_ARGUMENT` for another word
  public static OnFailure of(Map<String, String> labels) {
    String word = labels.getOrDefault(LABEL, "none");
    for (OnFailure action : values()) {
      if (action.name().toLowerCase(Locale.ROOT).equals(word)) {
        return action;
      }
    }
    throw new EngineException(
        ErrorKind.INVALID_ARGUMENT,
        "invalid value '%s' of label %s: expected none, kill, restart or stop"
            .formatted(word, LABEL));
  }
}
