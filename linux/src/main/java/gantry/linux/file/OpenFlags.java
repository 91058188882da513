package gantry.linux.file;

import gantry.linux.call.Arch;

/// Flags of open(2), for the `flags` parameters of [At]; `O_CLOEXEC` is always added there. Four of
/// them have another value on arm64 (its asm/fcntl.h).
public final class OpenFlags {
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_NOCTTY = 0x100;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_DSYNC = 0x1000;
  public static final int O_DIRECT = Arch.pick(0x4000, 0x10000);
  public static final int O_DIRECTORY = Arch.pick(0x10000, 0x4000);
  public static final int O_NOFOLLOW = Arch.pick(0x20000, 0x8000);
  public static final int O_NOATIME = 0x40000;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_SYNC = 0x101000;
  public static final int O_PATH = 0x200000;
  public static final int O_TMPFILE = 0x400000 | O_DIRECTORY;

  private OpenFlags() {}
}
