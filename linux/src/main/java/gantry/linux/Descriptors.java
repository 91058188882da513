package gantry.linux;

import gantry.linux.call.Frame;
import gantry.linux.call.Sys;

/// Numbers of descriptors.
public final class Descriptors {
  private static final int O_CLOEXEC = 0x80000;

  private Descriptors() {}

  /// Makes the number `target` stand for the same open file as `source`, close-on-exec, closing
  /// what it stood for. See dup3(2).
  public static void duplicate(Fd source, int target) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.DUP3, source.value(), target, O_CLOEXEC, 0);
      SyscallException.check(result, "dup3", source.value() + " to " + target);
    }
  }
}
