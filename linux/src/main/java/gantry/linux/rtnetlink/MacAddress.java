package gantry.linux.rtnetlink;

import java.util.HexFormat;

/// The hardware address of a device, six bytes: `02:42:ac:11:00:02`.
///
/// @param bits the bytes, the first in bits 40 to 47
public record MacAddress(long bits) {
  /// All zero: what a device without an address has.
  public static final MacAddress NONE = new MacAddress(0);

  private static final HexFormat FORMAT = HexFormat.ofDelimiter(":");
  private static final int LENGTH = 6;

  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException("a MAC address has six bytes");
    }
  }

  /// Reads six bytes; of an address of another length nothing.
  public static MacAddress ofBytes(byte[] bytes) {
    if (bytes.length != LENGTH) {
      return NONE;
    }
    long bits = 0;
    for (byte b : bytes) {
      bits = (bits << 8) | (b & 0xff);
    }
    return new MacAddress(bits);
  }

  /// Reads `02:42:ac:11:00:02`, also with `-`.
  ///
  /// @throws IllegalArgumentException with Docker's words when it is anything else
  public static MacAddress parse(String text) {
    try {
      byte[] bytes = FORMAT.parseHex(text.replace('-', ':'));
      if (bytes.length == LENGTH) {
        return ofBytes(bytes);
      }
    } catch (IllegalArgumentException _) {
      // said below
    }
    throw new IllegalArgumentException("invalid MAC address: address %s".formatted(text));
  }

  public byte[] bytes() {
    byte[] bytes = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      bytes[i] = (byte) (bits >>> (8 * (LENGTH - 1 - i)));
    }
    return bytes;
  }

  @Override
  public String toString() {
    return FORMAT.formatHex(bytes());
  }
}
