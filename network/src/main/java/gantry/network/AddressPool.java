package gantry.network;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A block that networks take their subnets from, as `default-address-pools` of `daemon.json` has
/// it.
///
/// @param base the block
/// @param size prefix length of one network's subnet
public record AddressPool(Subnet base, int size) {
  /// Where networks come from when nobody says otherwise: Docker's, in Docker's order.
  public static final List<AddressPool> DEFAULTS =
      List.of(
          of("172.17.0.0/16", 16),
          of("172.18.0.0/16", 16),
          of("172.19.0.0/16", 16),
          of("172.20.0.0/14", 16),
          of("172.24.0.0/14", 16),
          of("172.28.0.0/14", 16),
          of("192.168.0.0/16", 20));

  public AddressPool {
    int largest = base.ipv6() ? 126 : 30;
    if (size < base.prefixLength() || size > largest) {
      throw new IllegalArgumentException(
          "invalid address pool '%s': networks of size /%d cannot be taken from it; expected a size from %d to %d"
              .formatted(base, size, base.prefixLength(), largest));
    }
  }

  /// The IPv6 addresses of one engine, which no other one has: unique local ones of a random number
  /// of 40 bits. Source: RFC 4193.
  static AddressPool uniqueLocal(long number) {
    IpAddress base = new IpAddress(true, (0xfdL << 40 | (number & 0xff_ffff_ffffL)) << 16, 0);
    return new AddressPool(new Subnet(base, 48), 64);
  }

  /// Reads `base=10.10.0.0/16,size=24`.
  ///
  /// @throws IllegalArgumentException when it is anything else
  public static AddressPool parse(String text) {
    Optional<String> base = Optional.empty();
    Optional<String> size = Optional.empty();
    for (String part : text.split(",", -1)) {
      if (part.startsWith("base=")) {
        base = Optional.of(part.substring(5));
      } else if (part.startsWith("size=")) {
        size = Optional.of(part.substring(5)).filter(number -> number.matches("\\d{1,3}"));
      }
    }
    if (base.isEmpty() || size.isEmpty()) {
      throw new IllegalArgumentException(
          "invalid address pool '%s': expected e.g. 'base=10.10.0.0/16,size=24'".formatted(text));
    }
    return of(base.get(), Integer.parseInt(size.get()));
  }

  /// The first subnet of one family of the pools, in order, that overlaps none of `taken`.
  static Optional<Subnet> firstFree(
      List<AddressPool> pools, boolean ipv6, Collection<Subnet> taken) {
    return pools.stream()
        .filter(pool -> pool.base.ipv6() == ipv6)
        .flatMap(pool -> pool.firstFree(taken).stream())
        .findFirst();
  }

  /// Goes from one obstacle to behind it: a pool may have more subnets than can be looked at.
  private Optional<Subnet> firstFree(Collection<Subnet> taken) {
    IpAddress next = base.base();
    while (base.contains(next)) {
      Subnet candidate = Subnet.containing(next, size);
      Optional<IpAddress> obstacle =
          taken.stream()
              .filter(candidate::overlaps)
              .map(Subnet::last)
              .max(Comparator.naturalOrder());
      if (obstacle.isEmpty()) {
        return Optional.of(candidate);
      }
      IpAddress end = max(obstacle.get(), candidate.last());
      next = end.plus(1);
      if (next.compareTo(end) < 0) { // the end of all addresses
        break;
      }
    }
    return Optional.empty();
  }

  private static IpAddress max(IpAddress one, IpAddress other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static AddressPool of(String base, int size) {
    return new AddressPool(Subnet.parse(base), size);
  }
}
