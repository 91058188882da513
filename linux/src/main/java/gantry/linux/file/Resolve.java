package gantry.linux.file;

/// How openat2(2) may walk a path: bits for the `resolve` parameter of [At#openat2]
/// (linux/openat2.h, since 5.6).
public final class Resolve {
  /// Do not cross into another mount.
  public static final int NO_XDEV = 0x01;

  /// Do not follow the links of /proc that jump (`/proc/PID/exe`, `/proc/PID/fd/N`).
  public static final int NO_MAGICLINKS = 0x02;

  /// Do not follow symbolic links, in no component.
  public static final int NO_SYMLINKS = 0x04;

  /// Fail with `EXDEV` where the path leaves the directory.
  public static final int BENEATH = 0x08;

  /// The directory is `/`: absolute links and `..` stay inside, as after chroot(2).
  public static final int IN_ROOT = 0x10;

  /// Only what the kernel has cached, else `EAGAIN` (since 5.12).
  public static final int CACHED = 0x20;

  private Resolve() {}
}
