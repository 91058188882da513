package gantry.network;

import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Chooses subnets that lead nowhere else: none that overlaps with a route of this host, with one
/// of its resolvers, or with another network of ours.
final class Subnets {
  private final RouteSocket devices;
  private final List<AddressPool> pools;
  private final List<IpAddress> reserved;

  /// @param reserved addresses that must not be in a subnet, such as the host's resolvers
  Subnets(RouteSocket devices, List<AddressPool> pools, List<IpAddress> reserved) {
    this.devices = devices;
    this.pools = pools;
    this.reserved = reserved;
  }

  /// A free subnet of a family.
  ///
  /// @param own device whose routes do not count: that of the network itself, if it is there
  /// @param others subnets of other networks
  /// @throws NetworkException when there is none, with Docker's words
  Subnet choose(boolean ipv6, Optional<String> own, List<Subnet> others) {
    List<Subnet> taken = new ArrayList<>(others);
    taken.addAll(taken(own));
    return AddressPool.firstFree(pools, ipv6, taken)
        .orElseThrow(
            () ->
                new NetworkException(
                    NetworkException.Kind.INVALID,
                    "all predefined address pools have been fully subnetted, or overlap with routes of this host; set default-address-pools or bip, or give a subnet"));
  }

  /// Whether nothing else has a part of it.
  boolean free(Subnet subnet, Optional<String> own) {
    return taken(own).stream().noneMatch(subnet::overlaps);
  }

  private List<Subnet> taken(Optional<String> own) {
    int index = own.flatMap(devices::link).map(Link::index).orElse(0);
    return Stream.concat(routed(index).map(Routed::subnet), reserved.stream().map(Subnet::only))
        .toList();
  }

  /// Whether somebody else took an overlapping subnet at the same moment, and keeps it: of two
  /// devices the older one does.
  boolean yields(int index, Subnet subnet) {
    return routed(index).anyMatch(route -> route.link < index && route.subnet.overlaps(subnet));
  }

  private record Routed(Subnet subnet, int link) {}

  /// The routes by other devices, but for the default ones and those of a link alone.
  private Stream<Routed> routed(int index) {
    return devices.routes().stream()
        .filter(route -> route.prefixLength() > 0)
        .filter(route -> index == 0 || route.link().orElse(0) != index)
        .map(Subnets::routed)
        .filter(route -> !(route.subnet.ipv6() && route.subnet.base().linkLocal()));
  }

  private static Routed routed(Route route) {
    IpAddress base = IpAddress.of(route.destination());
    return new Routed(Subnet.containing(base, route.prefixLength()), route.link().orElse(0));
  }
}
