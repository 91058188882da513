package gantry.linux.file;

/// A device's number. Devices with a driver of their own have a major number of 12 bits and a minor
/// one of 20.
public record DeviceNumber(int major, int minor) {
  /// The kernel's 64-bit `dev_t` as mknod(2) takes it.
  public long encoded() {
    long high = Integer.toUnsignedLong(major);
    long low = Integer.toUnsignedLong(minor);
    return ((high & 0xFFFFF000L) << 32)
        | ((high & 0xFFFL) << 8)
        | ((low & 0xFFFFFF00L) << 12)
        | (low & 0xFFL);
  }

  /// Takes a `dev_t` apart.
  public static DeviceNumber decode(long dev) {
    long high = ((dev >>> 32) & 0xFFFFF000L) | ((dev >>> 8) & 0xFFFL);
    long low = ((dev >>> 12) & 0xFFFFFF00L) | (dev & 0xFFL);
    return new DeviceNumber((int) high, (int) low);
  }

  /// `8:16`, as cgroup files and mountinfo write it.
  @Override
  public String toString() {
    return major + ":" + minor;
  }
}
