package gantry.network;

import gantry.linux.rtnetlink.MacAddress;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// An IPv4 or IPv6 address as a number, e.g. `172.17.0.2` or `fd00::2`.
///
/// @param high the upper 64 bits of an IPv6 address; 0 for IPv4
/// @param low the lower 64 bits; of an IPv4 address the lower 32 of these
public record IpAddress(boolean ipv6, long high, long low) implements Comparable<IpAddress> {
  public IpAddress {
    if (!ipv6 && (high != 0 || low >>> 32 != 0)) {
      throw new IllegalArgumentException("an IPv4 address has 32 bits");
    }
  }

  /// The IPv4 address of a big-endian number.
  public static IpAddress ofIpv4(int number) {
    return new IpAddress(false, 0, Integer.toUnsignedLong(number));
  }

  /// An address of Java or the kernel; an IPv6 zone is dropped.
  public static IpAddress of(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address
        ? ofIpv4(bytes.getInt())
        : new IpAddress(true, bytes.getLong(), bytes.getLong());
  }

  /// The IPv6 address for the link alone that a device makes itself of its MAC address. Source: RFC
  /// 4291, appendix A.
  static IpAddress linkLocal(MacAddress mac) {
    long upper = (mac.bits() >>> 24) ^ 0x020000;
    return new IpAddress(
        true, 0xfe80L << 48, upper << 40 | 0xfffeL << 24 | (mac.bits() & 0xffffff));
  }

  /// Reads dotted decimals without superfluous zeros, or an IPv6 address without zone and brackets;
  /// empty for anything else.
  public static Optional<IpAddress> find(String text) {
    return text.indexOf(':') < 0 ? ipv4(text) : ipv6(text);
  }

  /// Reads an address.
  ///
  /// @throws IllegalArgumentException with Docker's words when it is none
  public static IpAddress parse(String text) {
    return find(text)
        .orElseThrow(() -> new IllegalArgumentException("invalid IP address: " + text));
  }

  private static Optional<IpAddress> ipv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return Optional.empty();
    }
    int address = 0;
    for (String part : parts) {
      if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
        return Optional.empty();
      }
      address = (address << 8) | Integer.parseInt(part);
    }
    return Optional.of(ofIpv4(address));
  }

  private static Optional<IpAddress> ipv6(String text) {
    if (text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(of(Inet6Address.ofLiteral(text)));
    } catch (IllegalArgumentException _) { // that is the answer
      return Optional.empty();
    }
  }

  /// How many bits such an address has: 32 or 128.
  public int bits() {
    return ipv6 ? 128 : 32;
  }

  /// The address `offset` places behind this one.
  public IpAddress plus(long offset) {
    long sum = low + offset;
    if (!ipv6) {
      return new IpAddress(false, 0, sum & 0xffffffffL);
    }
    return new IpAddress(true, Long.compareUnsigned(sum, low) < 0 ? high + 1 : high, sum);
  }

  /// This address with all bits behind the first `length` zero.
  IpAddress network(int length) {
    if (!ipv6) {
      return new IpAddress(false, 0, low & left(32 + length));
    }
    return new IpAddress(true, high & left(length), low & left(length - 64));
  }

  /// This address with all bits behind the first `length` one.
  IpAddress last(int length) {
    if (!ipv6) {
      return new IpAddress(false, 0, (low | ~left(32 + length)) & 0xffffffffL);
    }
    return new IpAddress(true, high | ~left(length), low | ~left(length - 64));
  }

  /// A word of which the first `length` bits are one.
  private static long left(int length) {
    return length <= 0 ? 0 : length >= 64 ? -1 : -1L << (64 - length);
  }

  /// The lowest 32 bits.
  int lowest() {
    return (int) low;
  }

  public boolean loopback() {
    return ipv6 ? high == 0 && low == 1 : low >>> 24 == 127;
  }

  /// Whether it is an address for one link only, which is in no subnet.
  public boolean linkLocal() {
    return ipv6 ? high >>> 54 == 0xfe80 >>> 6 : low >>> 16 == 0xa9fe;
  }

  public byte[] bytes() {
    return ipv6
        ? ByteBuffer.allocate(16).putLong(high).putLong(low).array()
        : ByteBuffer.allocate(4).putInt((int) low).array();
  }

  /// For Java and the kernel.
  public InetAddress inet() {
    try {
      return ipv6
          ? Inet6Address.getByAddress(null, bytes(), -1)
          : InetAddress.getByAddress(bytes());
    } catch (UnknownHostException impossible) { // for other lengths than 4 and 16
      throw new AssertionError(impossible);
    }
  }

  @Override
  public int compareTo(IpAddress other) {
    int family = Boolean.compare(ipv6, other.ipv6);
    int upper = family == 0 ? Long.compareUnsigned(high, other.high) : family;
    return upper == 0 ? Long.compareUnsigned(low, other.low) : upper;
  }

  /// Dotted decimals; of IPv6 the form of RFC 5952, as Go prints it.
  @Override
  public String toString() {
    if (!ipv6) {
      return "%d.%d.%d.%d"
          .formatted(low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff);
    }
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (int) ((i < 4 ? high : low) >>> (48 - 16 * (i % 4))) & 0xffff;
    }
    return compressed(groups);
  }

  private static String compressed(int[] groups) {
    int start = -1;
    int length = 1; // a single zero is written out
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == start) {
        text.append("::");
        i += length - 1;
      } else {
        text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":");
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }
}
