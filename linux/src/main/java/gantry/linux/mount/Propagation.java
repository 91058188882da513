package gantry.linux.mount;

/// Whether mounts made beneath one mount appear beneath another. See mount_namespaces(7).
public enum Propagation {
  UNBINDABLE(1 << 17),
  PRIVATE(1 << 18),
  /// Receives from its master, gives nothing back.
  SLAVE(1 << 19),
  SHARED(1 << 20);

  private final int bits;

  Propagation(int bits) {
    this.bits = bits;
  }

  /// The `MS_` bit of linux/mount.h, as mount_setattr(2) and mount(2) take it.
  public int bits() {
    return bits;
  }
}
