package gantry.linux.process;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;

/// Properties of the calling thread: only for one that is thrown away.
final class ThisThread {
  private static final int PR_SET_DUMPABLE = 4; // linux/prctl.h
  private static final int CAPABILITY_VERSION_3 = 0x20080522; // linux/capability.h
  private static final int HEADER_SIZE = 8;
  private static final int DATA_SIZE = 24; // two times effective, permitted, inheritable
  private static final int HALF = 12;

  private ThisThread() {}

  /// What it creates from now on belongs to this user and group; it may do what it could before.
  ///
  /// The kernel takes the rights over files from a thread whose user for files is not root any
  /// more: they are raised again. It also makes the whole process one that cannot be looked into by
  /// its own user, which is undone.
  static void ownFilesAs(int uid, int gid) {
    try (Frame frame = Frame.open()) {
      long _ = frame.call(Sys.SETFSGID, gid); // tells nothing but who it was before
      long _ = frame.call(Sys.SETFSUID, uid);
      MemorySegment header = frame.allocate(HEADER_SIZE);
      MemorySegment data = frame.allocate(DATA_SIZE);
      header.set(JAVA_INT, 0, CAPABILITY_VERSION_3);
      check(frame.call(Sys.CAPGET, header.address(), data.address()), "capget", "own");
      for (int at = 0; at < DATA_SIZE; at += HALF) {
        data.set(JAVA_INT, at, data.get(JAVA_INT, at + 4));
      }
      check(frame.call(Sys.CAPSET, header.address(), data.address()), "capset", "own");
      check(frame.call(Sys.PRCTL, PR_SET_DUMPABLE, 1), "prctl", "PR_SET_DUMPABLE");
    }
  }
}
