package gantry.engine.log.remote;

import java.time.Instant;
import java.util.Map;

/// Whose output it is.
///
/// @param id of the container, 64 characters
/// @param name without slash
/// @param imageId with its algorithm
/// @param command with its arguments
/// @param details labels and variables that the options choose
public record LogSubject(
    String id,
    String name,
    String imageId,
    String imageName,
    String command,
    Instant created,
    Map<String, String> details) {
  private static final int SHORT = 12;

  String shortId() {
    return id.substring(0, Math.min(SHORT, id.length()));
  }

  String shortImageId() {
    String hex = imageId.substring(imageId.indexOf(':') + 1);
    return hex.substring(0, Math.min(SHORT, hex.length()));
  }
}
