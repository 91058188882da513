package gantry.linux.mount;

/// Whether an operation on a mount includes the mounts beneath it.
public enum Depth {
  ONE(0),
  TREE(0x8000); // AT_RECURSIVE, linux/fcntl.h

  private final int bits;

  Depth(int bits) {
    this.bits = bits;
  }

  /// The bits for the calls' flags.
  public int bits() {
    return bits;
  }
}
