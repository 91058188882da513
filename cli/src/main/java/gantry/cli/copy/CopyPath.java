package gantry.cli.copy;

/// One side of a copy: `container:path`, or a path on this machine.
///
/// @param container empty for this machine
public record CopyPath(String container, String path) {

  /// An absolute path, and one whose part before the colon begins with a dot, is a local one.
  public static CopyPath parse(String text) {
    int colon = text.indexOf(':');
    if (text.startsWith("/") || colon < 0 || text.startsWith(".")) {
      return new CopyPath("", text);
    }
    return new CopyPath(text.substring(0, colon), text.substring(colon + 1));
  }

  public boolean local() {
    return container.isEmpty();
  }

  @Override
  public String toString() {
    return local() ? path : container + ":" + path;
  }
}
