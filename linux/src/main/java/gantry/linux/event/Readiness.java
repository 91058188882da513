package gantry.linux.event;

/// What is the matter with a descriptor: epoll's bits (linux/eventpoll.h). [#ERROR] and [#HANG_UP]
/// are told without being asked for.
///
/// @param bits some of the constants
public record Readiness(int bits) {
  /// Something can be read: bytes, a connection, an end of a process, or the end of the file.
  public static final int READABLE = 0x001;

  /// Exceptional: a cgroup's file changed, out-of-band data came.
  public static final int PRIORITY = 0x002;

  /// Something can be written.
  public static final int WRITABLE = 0x004;

  /// For the writing end of a pipe: nobody can read it any more.
  public static final int ERROR = 0x008;

  /// The other side is gone; what it left can still be read.
  public static final int HANG_UP = 0x010;

  /// The other side of a stream socket writes no more.
  public static final int READ_HANG_UP = 0x2000;

  public boolean readable() {
    return (bits & READABLE) != 0;
  }

  public boolean writable() {
    return (bits & WRITABLE) != 0;
  }

  public boolean error() {
    return (bits & ERROR) != 0;
  }

  public boolean hungUp() {
    return (bits & HANG_UP) != 0;
  }
}
