package gantry.network;

import java.util.List;
import java.util.Optional;

/// Who has which addresses of a network, of both families; and whether any are given still.
/// Thread-safe.
final class Seats {
  private final Network network;
  private final Optional<AddressAllocator> ipv4;
  private final Optional<AddressAllocator> ipv6;
  private int taken; // guarded by this
  private boolean retired; // guarded by this

  Seats(Network network) {
    this.network = network;
    ipv4 = allocator(network, false);
    ipv6 = allocator(network, true);
  }

  private static Optional<AddressAllocator> allocator(Network network, boolean ipv6) {
    return network
        .pool(ipv6)
        .filter(_ -> ipv6 ? network.spec().ipv6() : network.spec().ipv4())
        .map(
            pool -> {
              AddressAllocator allocator =
                  new AddressAllocator(pool.subnet(), pool.range().orElse(pool.subnet()));
              pool.gateway().ifPresent(allocator::claim);
              pool.auxiliary().values().forEach(allocator::claim);
              return allocator;
            });
  }

  /// What was taken: one address of each family that the network has.
  record Addresses(Optional<Subnet.Interface> ipv4, Optional<Subnet.Interface> ipv6) {}

  /// @throws NetworkException with Docker's words when one is not to be had
  Addresses take(EndpointRequest request) {
    synchronized (this) {
      if (retired) {
        throw new NetworkException(
            NetworkException.Kind.NOT_FOUND, "network " + network.name() + " not found");
      }
      taken++;
    }
    Optional<Subnet.Interface> first = Optional.empty();
    try {
      first = take(ipv4, request.ipv4(), "IPv4");
      return new Addresses(first, take(ipv6, request.ipv6(), "IPv6"));
    } catch (RuntimeException e) {
      free(new Addresses(first, Optional.empty()));
      throw e;
    }
  }

  private Optional<Subnet.Interface> take(
      Optional<AddressAllocator> family, Optional<IpAddress> asked, String word) {
    if (family.isEmpty()) {
      asked.ifPresent(address -> throwUnconfigured());
      return Optional.empty();
    }
    AddressAllocator allocator = family.get();
    IpAddress address =
        asked.map(wanted -> claim(allocator, wanted)).orElseGet(() -> any(allocator, word));
    return Optional.of(new Subnet.Interface(address, allocator.subnet()));
  }

  private static void throwUnconfigured() {
    throw new NetworkException(
        NetworkException.Kind.INVALID,
        "user specified IP address is supported only when connecting to networks with user configured subnets");
  }

  private IpAddress claim(AddressAllocator allocator, IpAddress wanted) {
    if (!allocator.subnet().contains(wanted)) {
      throw new NetworkException(
          NetworkException.Kind.INVALID,
          "no configured subnet contains IP address %s: network %s has %s"
              .formatted(wanted, network.name(), allocator.subnet()));
    }
    if (!allocator.claim(wanted)) {
      throw new NetworkException(
          NetworkException.Kind.FORBIDDEN,
          "Address already in use: %s in network %s".formatted(wanted, network.name()));
    }
    return wanted;
  }

  private IpAddress any(AddressAllocator allocator, String word) {
    return allocator
        .allocate()
        .orElseThrow(
            () ->
                new NetworkException(
                    "no available %s addresses on this network's address pools: %s (%s): no address is free in %s; remove containers, or give it a larger subnet"
                        .formatted(word, network.name(), network.id(), allocator.subnet())));
  }

  void free(Addresses addresses) {
    addresses.ipv4.ifPresent(address -> ipv4.orElseThrow().free(address.address()));
    addresses.ipv6.ifPresent(address -> ipv6.orElseThrow().free(address.address()));
    synchronized (this) {
      taken--;
    }
  }

  /// Takes note of what somebody has already.
  void adopt(Addresses addresses) {
    synchronized (this) {
      taken++;
    }
    adopt(ipv4, addresses.ipv4);
    adopt(ipv6, addresses.ipv6);
  }

  private static void adopt(Optional<AddressAllocator> family, Optional<Subnet.Interface> address) {
    for (AddressAllocator allocator : family.stream().toList()) {
      address.ifPresent(
          had -> {
            boolean _ = allocator.claim(had.address());
            allocator.continueAfter(had.address());
          });
    }
  }

  /// Gives no more; false when some are taken.
  synchronized boolean retire() {
    retired |= taken == 0;
    return retired;
  }

  /// The subnets that addresses are from.
  List<Subnet> subnets() {
    return java.util.stream.Stream.of(ipv4, ipv6)
        .flatMap(Optional::stream)
        .map(AddressAllocator::subnet)
        .toList();
  }
}
