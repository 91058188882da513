package gantry.network;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/// A block of IPv4 addresses, e.g. `172.17.0.0/16`.
///
/// @param base the first address, as a big-endian number, with all host bits zero
/// @param prefixLength 0 to 32
public record Ipv4Subnet(int base, int prefixLength) {
  public Ipv4Subnet {
    if (prefixLength < 0 || prefixLength > 32) {
      throw new IllegalArgumentException("a prefix length is 0 to 32, not " + prefixLength);
    }
    if ((base & ~mask(prefixLength)) != 0) {
      throw new IllegalArgumentException(
          "%s/%d has host bits set".formatted(text(base), prefixLength));
    }
  }

  /// An address together with the block it is in, e.g. `172.17.0.1/16`.
  public record Interface(int address, Ipv4Subnet subnet) {
    /// Reads `address/length`.
    ///
    /// @throws IllegalArgumentException when it is anything else
    public static Interface parse(String text) {
      int slash = text.indexOf('/');
      Optional<Integer> address = slash < 0 ? Optional.empty() : number(text.substring(0, slash));
      if (address.isEmpty() || !text.substring(slash + 1).matches("[0-9]|[12][0-9]|3[0-2]")) {
        throw new IllegalArgumentException(
            "invalid network '%s': expected e.g. '172.17.0.1/16'".formatted(text));
      }
      return new Interface(
          address.get(), containing(address.get(), Integer.parseInt(text.substring(slash + 1))));
    }

    @Override
    public String toString() {
      return text(address) + "/" + subnet.prefixLength;
    }
  }

  /// Reads `address/length`; host bits are dropped.
  ///
  /// @throws IllegalArgumentException when it is anything else
  public static Ipv4Subnet parse(String text) {
    return Interface.parse(text).subnet();
  }

  /// The block of a length that has this address.
  public static Ipv4Subnet containing(int address, int prefixLength) {
    return new Ipv4Subnet(address & mask(prefixLength), prefixLength);
  }

  public boolean contains(int address) {
    return (address & mask(prefixLength)) == base;
  }

  /// Whether any address is in both.
  public boolean overlaps(Ipv4Subnet other) {
    return contains(other.base) || other.contains(base);
  }

  /// How many addresses there are.
  public long size() {
    return 1L << (32 - prefixLength);
  }

  /// The address `offset` places behind the first.
  public int at(long offset) {
    if (offset < 0 || offset >= size()) {
      throw new IllegalArgumentException("%s has no address %d".formatted(this, offset));
    }
    return base + (int) offset;
  }

  /// How far behind the first an address of the block is.
  long offset(int address) {
    return Integer.toUnsignedLong(address) - Integer.toUnsignedLong(base);
  }

  @Override
  public String toString() {
    return text(base) + "/" + prefixLength;
  }

  /// Dotted decimals.
  public static String text(int address) {
    return "%d.%d.%d.%d"
        .formatted(address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff);
  }

  /// An address for Java and the kernel.
  public static InetAddress inetAddress(int address) {
    byte[] bytes = {
      (byte) (address >>> 24), (byte) (address >>> 16), (byte) (address >>> 8), (byte) address
    };
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException impossible) { // for other lengths than 4 and 16
      throw new AssertionError(impossible);
    }
  }

  /// The number of an IPv4 address; empty for IPv6.
  public static Optional<Integer> number(InetAddress address) {
    if (!(address instanceof Inet4Address)) {
      return Optional.empty();
    }
    byte[] b = address.getAddress();
    return Optional.of(
        (b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | (b[3] & 0xff));
  }

  /// The number of dotted decimals; empty for anything else.
  public static Optional<Integer> number(String text) {
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
    return Optional.of(address);
  }

  private static int mask(int prefixLength) {
    return prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
  }
}
