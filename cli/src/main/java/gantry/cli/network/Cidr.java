package gantry.cli.network;

import gantry.cli.create.Addresses;
import java.net.InetAddress;

/// An address range in CIDR notation, e.g. `10.1.0.0/16`.
final class Cidr {

  /// As it was written, 4 or 16 bytes; bits behind the prefix count for nothing.
  private final byte[] address;

  private final int prefixLength;

  private Cidr(byte[] address, int prefixLength) {
    this.address = address;
    this.prefixLength = prefixLength;
  }

  /// Reads one.
  ///
  /// @throws IllegalArgumentException in the words of Go's parser
  static Cidr parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? "" : text.substring(0, slash);
    String length = text.substring(slash + 1);
    boolean digits =
        !length.isEmpty()
            && length.length() <= 3
            && length.chars().allMatch(c -> c >= '0' && c <= '9');
    if (digits && Addresses.isIp(address) && address.indexOf('%') < 0) {
      byte[] bytes = InetAddress.ofLiteral(address).getAddress();
      int bits = Integer.parseInt(length);
      if (bits <= bytes.length * Byte.SIZE) {
        return new Cidr(bytes, bits);
      }
    }
    throw new IllegalArgumentException("invalid CIDR address: " + text);
  }

  /// Whether an address, or the address in front of a range's `/`, lies in this range; what is no
  /// address lies in none.
  ///
  /// @throws IllegalArgumentException when what has a `/` is no range
  boolean contains(String text) {
    byte[] other;
    if (text.indexOf('/') >= 0) {
      other = parse(text).address;
    } else if (Addresses.isIp(text)) {
      other = InetAddress.ofLiteral(text).getAddress();
    } else {
      return false;
    }
    if (other.length != address.length) {
      return false;
    }
    for (int bit = 0; bit < prefixLength; bit++) {
      int mask = 0x80 >> bit % Byte.SIZE;
      if (((address[bit / Byte.SIZE] ^ other[bit / Byte.SIZE]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
