package gantry.build.dockerfile;

/// What a stage begins with.
public sealed interface Base {
  /// No files at all.
  record Scratch() implements Base {}

  /// Another stage of the file, above this one: its files, its config, and its arguments too, which
  /// a stage does not hand on otherwise.
  record Earlier(Stage stage) implements Base {}

  /// An image, or a named context of the build.
  record Image(String reference) implements Base {}
}
