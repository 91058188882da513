package gantry.linux.file;

import static gantry.linux.SyscallException.check;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;

/// Files that are memory only and have no name (memfd_create(2)).
public final class MemoryFile {
  /// The size can no longer shrink. linux/fcntl.h
  public static final int SEAL_SHRINK = 2;

  /// The size can no longer grow.
  public static final int SEAL_GROW = 4;

  /// The content can no longer change; mappings for writing must be gone.
  public static final int SEAL_WRITE = 8;

  /// No more seals.
  public static final int SEAL_SEAL = 1;

  private static final int CLOEXEC = 1; // MFD_*, linux/memfd.h
  private static final int ALLOW_SEALING = 2;
  private static final int EXEC = 0x10; // since 6.3
  private static final int F_ADD_SEALS = 1033;
  private static final int EINVAL = 22;

  private MemoryFile() {}

  /// An empty file for data. `label` is what `/proc/PID/fd` shows.
  public static OwnedFd open(String label) {
    try (Frame frame = Frame.open()) {
      return OwnedFd.adopt(create(frame, label, 0), "memfd_create", label);
    }
  }

  /// An empty file that may be executed once a program is in it.
  public static OwnedFd openExecutable(String label) {
    try (Frame frame = Frame.open()) {
      long result = create(frame, label, EXEC);
      if (result == -EINVAL) { // before 6.3 all are
        result = create(frame, label, 0);
      }
      return OwnedFd.adopt(result, "memfd_create", label);
    }
  }

  private static long create(Frame frame, String label, int flags) {
    return frame.call(Sys.MEMFD_CREATE, frame.text(label), flags | CLOEXEC | ALLOW_SEALING);
  }

  /// Adds `SEAL_` bits, for ever.
  public static void seal(Fd file, int seals) {
    try (Frame frame = Frame.open()) {
      check(frame.call(Sys.FCNTL, file.value(), F_ADD_SEALS, seals), "fcntl", "F_ADD_SEALS");
    }
  }
}
