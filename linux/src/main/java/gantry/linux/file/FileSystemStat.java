package gantry.linux.file;

/// What statfs(2) tells about a file system.
///
/// @param magic its type, one of the `_MAGIC` numbers of linux/magic.h
/// @param blockBytes size of a block
/// @param blocks blocks in all
/// @param freeBlocks free ones
/// @param availableBlocks those of them that unprivileged users may take
/// @param files inodes in all; 0 where they are made as needed
/// @param freeFiles free ones
/// @param nameMax longest file name, in bytes
public record FileSystemStat(
    long magic,
    long blockBytes,
    long blocks,
    long freeBlocks,
    long availableBlocks,
    long files,
    long freeFiles,
    int nameMax) {
  static final int SIZE = 120; // struct statfs64, asm-generic/statfs.h

  public static final long OVERLAYFS = 0x794C7630;
  public static final long TMPFS = 0x01021994;
  public static final long EXT4 = 0xEF53;
  public static final long BTRFS = 0x9123683EL;
  public static final long XFS = 0x58465342;
  public static final long NSFS = 0x6E736673;
  public static final long CGROUP = 0x27E0EB;
  public static final long CGROUP2 = 0x63677270;
  public static final long PROC = 0x9FA0;
  public static final long DEVPTS = 0x1CD1;

  public long totalBytes() {
    return blocks * blockBytes;
  }

  public long availableBytes() {
    return availableBlocks * blockBytes;
  }
}
