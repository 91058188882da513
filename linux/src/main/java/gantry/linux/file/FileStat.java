package gantry.linux.file;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/// What statx(2) tells about a file.
///
/// @param type what it is
/// @param permissions the lower 12 bits of the mode: `rwx` three times, set-user-ID, set-group-ID
///   and sticky
/// @param links number of hard links
/// @param uid owner
/// @param gid group
/// @param sizeBytes length; of a symbolic link, that of its target
/// @param blocks 512-byte blocks really occupied
/// @param inode number, unique within `device`
/// @param device the file system's
/// @param special the device that the file stands for, if it is one; `0:0` else
/// @param accessed last read
/// @param modified last written
/// @param changed last change of the inode
/// @param mountId the mount by which it was reached (first field of mountinfo)
/// @param mountRoot whether it is the root of that mount
public record FileStat(
    FileType type,
    int permissions,
    int links,
    int uid,
    int gid,
    long sizeBytes,
    long blocks,
    long inode,
    DeviceNumber device,
    DeviceNumber special,
    TimeSpec accessed,
    TimeSpec modified,
    TimeSpec changed,
    long mountId,
    boolean mountRoot) {

  static final int SIZE = 256; // struct statx, linux/stat.h
  static final int MASK = 0x7FF | 0x1000; // STATX_BASIC_STATS | STATX_MNT_ID (since 5.8)
  private static final long ATTR_MOUNT_ROOT = 0x2000; // since 5.8

  public boolean directory() {
    return type == FileType.DIRECTORY;
  }

  public boolean regular() {
    return type == FileType.REGULAR;
  }

  public boolean symlink() {
    return type == FileType.SYMLINK;
  }

  /// Type and permissions together, as `st_mode`.
  public int mode() {
    return type.bits() | permissions;
  }

  /// Whether both are the same file on the same file system.
  public boolean sameFile(FileStat other) {
    return inode == other.inode && device.equals(other.device);
  }

  static FileStat read(MemorySegment statx) {
    int mode = statx.get(JAVA_SHORT, 28) & 0xFFFF;
    return new FileStat(
        FileType.ofMode(mode),
        mode & 0xFFF,
        statx.get(JAVA_INT, 16),
        statx.get(JAVA_INT, 20),
        statx.get(JAVA_INT, 24),
        statx.get(JAVA_LONG, 40),
        statx.get(JAVA_LONG, 48),
        statx.get(JAVA_LONG, 32),
        new DeviceNumber(statx.get(JAVA_INT, 136), statx.get(JAVA_INT, 140)),
        new DeviceNumber(statx.get(JAVA_INT, 128), statx.get(JAVA_INT, 132)),
        time(statx, 64),
        time(statx, 112),
        time(statx, 96),
        statx.get(JAVA_LONG, 144),
        (statx.get(JAVA_LONG, 8) & ATTR_MOUNT_ROOT) != 0);
  }

  private static TimeSpec time(MemorySegment statx, long offset) {
    return new TimeSpec(statx.get(JAVA_LONG, offset), statx.get(JAVA_INT, offset + 8));
  }
}
