package gantry.linux.event;

/// How often a handler is told of one readiness. See epoll(7).
public enum Trigger {
  /// Again and again as long as it lasts: the handler may leave something undone.
  LEVEL(0),
  /// Once when it comes: the handler must go on until `EAGAIN`, on a non-blocking descriptor.
  EDGE(1 << 31),
  /// Once; then nothing until [Registration#change] arms it again. So another thread can do the
  /// work.
  ONE_SHOT(1 << 30),
  /// Once and never again: the registration closes itself before the handler is called, which may
  /// close the descriptor.
  ONCE(1 << 30);

  private final int bits;

  Trigger(int bits) {
    this.bits = bits;
  }

  int bits() {
    return bits;
  }
}
