package gantry.cli.json;

/// JSON's `null`, so that no Java null stands in a collection.
public enum JsonNull {
  NULL;

  @Override
  public String toString() {
    return "null";
  }
}
