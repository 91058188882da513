package gantry.network;

import java.util.Optional;

/// A block of addresses, e.g. `172.17.0.0/16` or `fd00::/64`.
///
/// @param base the first address, with all host bits zero
/// @param prefixLength 0 to 32 or 128
public record Subnet(IpAddress base, int prefixLength) {
  public Subnet {
    if (prefixLength < 0 || prefixLength > base.bits()) {
      throw new IllegalArgumentException(
          "a prefix length is 0 to %d, not %d".formatted(base.bits(), prefixLength));
    }
    if (!base.network(prefixLength).equals(base)) {
      throw new IllegalArgumentException("%s/%d has host bits set".formatted(base, prefixLength));
    }
  }

  /// An address together with the block it is in, e.g. `172.17.0.1/16`.
  public record Interface(IpAddress address, Subnet subnet) {
    public Interface {
      if (!subnet.contains(address)) {
        throw new IllegalArgumentException("%s is not in %s".formatted(address, subnet));
      }
    }

    /// Reads `address/length`.
    ///
    /// @throws IllegalArgumentException when it is anything else
    public static Interface parse(String text) {
      return find(text)
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "invalid network '%s': expected e.g. '172.17.0.1/16'".formatted(text)));
    }

    private static Optional<Interface> find(String text) {
      int slash = text.indexOf('/');
      if (slash < 0 || !text.substring(slash + 1).matches("0|[1-9][0-9]{0,2}")) {
        return Optional.empty();
      }
      int length = Integer.parseInt(text.substring(slash + 1));
      return IpAddress.find(text.substring(0, slash))
          .filter(address -> length <= address.bits())
          .map(address -> new Interface(address, containing(address, length)));
    }

    @Override
    public String toString() {
      return address + "/" + subnet.prefixLength;
    }
  }

  /// Reads `address/length`; host bits are dropped.
  ///
  /// @throws IllegalArgumentException when it is anything else
  public static Subnet parse(String text) {
    return Interface.parse(text).subnet();
  }

  /// The block of a length that has this address.
  public static Subnet containing(IpAddress address, int prefixLength) {
    return new Subnet(address.network(prefixLength), prefixLength);
  }

  /// The block of this one address.
  static Subnet only(IpAddress address) {
    return new Subnet(address, address.bits());
  }

  public boolean ipv6() {
    return base.ipv6();
  }

  public boolean contains(IpAddress address) {
    return address.ipv6() == ipv6() && address.network(prefixLength).equals(base);
  }

  /// Whether all of `other` is in here.
  public boolean contains(Subnet other) {
    return other.prefixLength >= prefixLength && contains(other.base);
  }

  /// Whether any address is in both.
  public boolean overlaps(Subnet other) {
    return contains(other.base) || other.contains(base);
  }

  /// The last address, which of IPv4 is the one for all.
  public IpAddress last() {
    return base.last(prefixLength);
  }

  /// The address `offset` places behind the first.
  public IpAddress at(long offset) {
    IpAddress address = base.plus(offset);
    if (offset < 0 || !contains(address)) {
      throw new IllegalArgumentException("%s has no address %d".formatted(this, offset));
    }
    return address;
  }

  @Override
  public String toString() {
    return base + "/" + prefixLength;
  }
}
