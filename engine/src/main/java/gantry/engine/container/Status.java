package gantry.engine.container;

import java.util.Locale;

/// The state of a container, as `State.Status` of the API names it.
public enum Status {
  CREATED,
  RUNNING,
  PAUSED,
  RESTARTING,
  REMOVING,
  EXITED,
  DEAD;

  /// Lower case, as the API has it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
