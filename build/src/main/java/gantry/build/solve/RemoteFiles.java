package gantry.build.solve;

/// Sources of `ADD` that are elsewhere.
final class RemoteFiles {
  private RemoteFiles() {}

  static boolean remote(String source) {
    return source.startsWith("http://")
        || source.startsWith("https://")
        || source.startsWith("git@")
        || source.startsWith("git://")
        || source.startsWith("ssh://");
  }
}
