package gantry.linux.process;

import static gantry.linux.SyscallException.check;

import gantry.linux.call.Frame;
import gantry.linux.call.Sys;

/// Properties of the process that this is.
public final class ThisProcess {
  private static final int PR_SET_CHILD_SUBREAPER = 36; // linux/prctl.h

  private ThisProcess() {}

  /// Makes this process the parent of descendants whose own parent ends, in place of process 1.
  public static void becomeSubreaper() {
    try (Frame frame = Frame.open()) {
      check(frame.call(Sys.PRCTL, PR_SET_CHILD_SUBREAPER, 1), "prctl", "PR_SET_CHILD_SUBREAPER");
    }
  }

  /// Sets the permissions that new files are denied, for the whole process; returns those before.
  /// An engine sets 0 and says of each file what it shall have.
  public static int umask(int denied) {
    try (Frame frame = Frame.open()) {
      return (int) frame.call(Sys.UMASK, denied);
    }
  }

  /// The calling thread's number, by which the kernel knows it.
  public static int threadId() {
    try (Frame frame = Frame.open()) {
      return (int) frame.call(Sys.GETTID);
    }
  }
}
