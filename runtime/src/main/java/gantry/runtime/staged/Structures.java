package gantry.runtime.staged;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// Structures of the kernel as bytes, little-endian, the same on x86-64 and arm64.
final class Structures {
  private Structures() {}

  /// `struct mount_attr` of linux/mount.h.
  static byte[] mountAttributes(long set, long clear, long propagation) {
    return buffer(32).putLong(set).putLong(clear).putLong(propagation).putLong(0).array();
  }

  /// `struct rlimit64`.
  static byte[] limit(long soft, long hard) {
    return buffer(16).putLong(soft).putLong(hard).array();
  }

  /// `struct winsize`.
  static byte[] windowSize(int rows, int columns) {
    return buffer(8)
        .putShort((short) rows)
        .putShort((short) columns)
        .putShort((short) 0)
        .putShort((short) 0)
        .array();
  }

  /// `struct __user_cap_header_struct`, version 3, for the calling thread.
  static byte[] capabilityHeader() {
    return buffer(8).putInt(0x20080522).putInt(0).array();
  }

  /// Two `struct __user_cap_data_struct`: the lower and the upper 32 capabilities.
  static byte[] capabilities(long effective, long permitted, long inheritable) {
    return buffer(24)
        .putInt((int) effective)
        .putInt((int) permitted)
        .putInt((int) inheritable)
        .putInt((int) (effective >>> 32))
        .putInt((int) (permitted >>> 32))
        .putInt((int) (inheritable >>> 32))
        .array();
  }

  /// An array of group ids.
  static byte[] groups(List<Integer> groups) {
    byte[] bytes = new byte[4 * groups.size()];
    ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    groups.forEach(view::putInt);
    return bytes;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
