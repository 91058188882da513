package gantry.build.dockerfile;

/// A word of a line and where it begins there.
record Token(String text, int offset) {
  int end() {
    return offset + text.length();
  }
}
