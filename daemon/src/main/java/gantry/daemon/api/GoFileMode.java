package gantry.daemon.api;

/// A file's mode in the bits of Go's `io/fs.FileMode`, which are not the kernel's.
final class GoFileMode {
  private static final long DIRECTORY = 1L << 31;
  private static final long SYMLINK = 1L << 27;
  private static final long DEVICE = 1L << 26;
  private static final long PIPE = 1L << 25;
  private static final long SOCKET = 1L << 24;
  private static final long SET_UID = 1L << 23;
  private static final long SET_GID = 1L << 22;
  private static final long CHARACTER_DEVICE = 1L << 21;
  private static final long STICKY = 1L << 20;
  private static final int PERMISSIONS = 0777;

  private GoFileMode() {}

  /// @param mode st_mode of stat(2)
  static long of(int mode) {
    long kind =
        switch (mode & 0170000) {
          case 0040000 -> DIRECTORY;
          case 0120000 -> SYMLINK;
          case 0060000 -> DEVICE;
          case 0020000 -> DEVICE | CHARACTER_DEVICE;
          case 0010000 -> PIPE;
          case 0140000 -> SOCKET;
          default -> 0;
        };
    long special =
        ((mode & 04000) != 0 ? SET_UID : 0)
            | ((mode & 02000) != 0 ? SET_GID : 0)
            | ((mode & 01000) != 0 ? STICKY : 0);
    return kind | special | (mode & PERMISSIONS);
  }
}
