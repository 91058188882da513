package gantry.image;

/// A difference between a container's files and its image's, as `docker diff` shows it.
///
/// @param path absolute, within the container
public record Change(Kind kind, String path) {
  /// In the order of Docker's numbers: 0, 1, 2.
  public enum Kind {
    MODIFIED,
    ADDED,
    DELETED
  }
}
