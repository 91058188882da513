package gantry.network.port;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A port of the host is another's.
final class TakenException extends Exception {
  private static final long serialVersionUID = 1L;

  private final @Nullable String containerId;

  TakenException(String message) {
    super(message);
    containerId = null;
  }

  TakenException(String message, String containerId) {
    super(message);
    this.containerId = containerId;
  }

  /// The container that has it, where one does.
  Optional<String> containerId() {
    return Optional.ofNullable(containerId);
  }
}
