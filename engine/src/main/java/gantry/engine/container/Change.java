package gantry.engine.container;

/// One difference of a container's file system to its image.
public record Change(Kind kind, String path) {
  /// In the order of the API's numbers 0, 1 and 2.
  public enum Kind {
    MODIFIED,
    ADDED,
    DELETED
  }
}
