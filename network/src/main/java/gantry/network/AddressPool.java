package gantry.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// A block that networks take their subnets from, as `default-address-pools` of `daemon.json` has
/// it.
///
/// @param base the block
/// @param size prefix length of one network's subnet
public record AddressPool(Ipv4Subnet base, int size) {
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
    if (size < base.prefixLength() || size > 30) {
      throw new IllegalArgumentException(
          "invalid address pool '%s': networks of size /%d cannot be taken from it; expected a size from %d to 30"
              .formatted(base, size, base.prefixLength()));
    }
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
        size = Optional.of(part.substring(5)).filter(number -> number.matches("\\d{1,2}"));
      }
    }
    if (base.isEmpty() || size.isEmpty()) {
      throw new IllegalArgumentException(
          "invalid address pool '%s': expected e.g. 'base=10.10.0.0/16,size=24'".formatted(text));
    }
    return of(base.get(), Integer.parseInt(size.get()));
  }

  /// The first subnet of the pools, in order, that overlaps none of `taken`.
  static Optional<Ipv4Subnet> firstFree(List<AddressPool> pools, Collection<Ipv4Subnet> taken) {
    return pools.stream()
        .flatMap(pool -> pool.subnets().stream())
        .filter(subnet -> taken.stream().noneMatch(subnet::overlaps))
        .findFirst();
  }

  private List<Ipv4Subnet> subnets() {
    List<Ipv4Subnet> subnets = new ArrayList<>();
    long step = 1L << (32 - size);
    // a pool of more than this many networks is never used up
    for (long offset = 0; offset < base.size() && subnets.size() < 4096; offset += step) {
      subnets.add(new Ipv4Subnet(base.at(offset), size));
    }
    return subnets;
  }

  private static AddressPool of(String base, int size) {
    return new AddressPool(Ipv4Subnet.parse(base), size);
  }
}
