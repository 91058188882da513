package gantry.stage;

/// A place for a descriptor in the running stage: the number `index` itself for an inherited one,
/// or whatever number a step's result had that was saved here.
///
/// @param index 0 to 191
/// @param name for people: `rootfs`, `stdout`
public record Slot(int index, String name) {
  /// So many slots are there: `SLOTS` in stage.c.
  static final int COUNT = 192;

  public Slot {
    if (index < 0 || index >= COUNT) {
      throw new IllegalArgumentException("a slot is 0 to 191, got " + index);
    }
  }
}
