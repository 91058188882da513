package gantry.linux.mount;

/// What a mount forbids: bits for [FileSystemContext#mount] and [MountChange] (linux/mount.h).
public final class MountFlags {
  public static final int RDONLY = 0x1;
  public static final int NOSUID = 0x2;
  public static final int NODEV = 0x4;
  public static final int NOEXEC = 0x8;

  /// The three ways to keep access times, of which a mount has one: clear this to set another.
  /// `RELATIME` is none of its bits.
  public static final int ATIME_MASK = 0x70;

  public static final int RELATIME = 0;
  public static final int NOATIME = 0x10;
  public static final int STRICTATIME = 0x20;
  public static final int NODIRATIME = 0x80;

  /// Symbolic links are not followed there; since 5.14.
  public static final int NOSYMFOLLOW = 0x200000;

  private MountFlags() {}
}
