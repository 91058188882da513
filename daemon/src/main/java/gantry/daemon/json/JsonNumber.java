package gantry.daemon.json;

/// A number as it is written.
record JsonNumber(String text) {
  @Override
  public String toString() {
    return text;
  }
}
