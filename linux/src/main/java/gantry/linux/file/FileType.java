package gantry.linux.file;

/// What a name stands for: the `S_IFMT` part of a file's mode.
public enum FileType {
  FIFO(0x1000),
  CHARACTER_DEVICE(0x2000),
  DIRECTORY(0x4000),
  BLOCK_DEVICE(0x6000),
  REGULAR(0x8000),
  SYMLINK(0xA000),
  SOCKET(0xC000),
  /// The file system did not say (a directory entry without a type), or said something unheard of.
  UNKNOWN(0);

  private static final int MASK = 0xF000; // S_IFMT, linux/stat.h

  private final int bits;

  FileType(int bits) {
    this.bits = bits;
  }

  /// The type's bits in a mode, `S_IFDIR` and so on: or them to the permissions for [At#mknod].
  public int bits() {
    return bits;
  }

  static FileType ofMode(int mode) {
    return switch (mode & MASK) {
      case 0x1000 -> FIFO;
      case 0x2000 -> CHARACTER_DEVICE;
      case 0x4000 -> DIRECTORY;
      case 0x6000 -> BLOCK_DEVICE;
      case 0x8000 -> REGULAR;
      case 0xA000 -> SYMLINK;
      case 0xC000 -> SOCKET;
      default -> UNKNOWN;
    };
  }
}
