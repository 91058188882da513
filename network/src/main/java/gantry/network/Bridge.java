package gantry.network;

import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkAddress;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The device that ties a network's containers together, with the host's own address in that
/// network.
///
/// @param index the device's
record Bridge(String name, int index, Ipv4Subnet.Interface address) {
  private static final int ATTEMPTS = 8;

  /// The MAC address that goes with an IPv4 address, `02:42` and its bytes: who gets an address
  /// that somebody had before answers with the same one, and no neighbour sends to the dead.
  static MacAddress macOf(int address) {
    return new MacAddress(0x0242L << 32 | Integer.toUnsignedLong(address));
  }

  /// Finds or makes the device, and sees that it has an address that leads nowhere else.
  ///
  /// @param remembered the address it had when it was last there
  /// @param reserved addresses that must not be in its subnet, such as the host's resolvers
  /// @throws NetworkException when the name is another device's, or no subnet is free
  static Bridge ensure(
      RouteSocket devices,
      NetworkConfig config,
      Optional<Ipv4Subnet.Interface> remembered,
      Collection<Integer> reserved) {
    int index = device(devices, config);
    Optional<Ipv4Subnet.Interface> present = addresses(devices, index).stream().findFirst();
    Ipv4Subnet.Interface wanted =
        config
            .address()
            .or(() -> present)
            .orElseGet(() -> choose(devices, config, index, remembered, reserved));
    for (int i = 0; i < ATTEMPTS; i++) {
      settle(devices, config, index, wanted);
      if (config.address().isPresent() || !yields(devices, index, wanted.subnet())) {
        return new Bridge(config.bridge(), index, wanted);
      }
      devices.removeAddress(
          index, Ipv4Subnet.inetAddress(wanted.address()), wanted.subnet().prefixLength());
      wanted = choose(devices, config, index, Optional.empty(), reserved);
    }
    throw new NetworkException(
        "cannot find a subnet for bridge '%s': others keep taking them".formatted(config.bridge()));
  }

  private static int device(RouteSocket devices, NetworkConfig config) {
    Optional<Link> link = devices.link(config.bridge());
    if (link.isPresent() && !link.get().kind().equals("bridge")) {
      throw new NetworkException(
          "cannot use device '%s' as a bridge: it is there already and is none; choose another name with --bridge"
              .formatted(config.bridge()));
    }
    return link.map(Link::index)
        .orElseGet(
            () -> devices.createBridge(config.bridge(), LinkChange.none().mtu(config.mtu())));
  }

  /// Gives the device the address, and none besides.
  private static void settle(
      RouteSocket devices, NetworkConfig config, int index, Ipv4Subnet.Interface wanted) {
    List<Ipv4Subnet.Interface> present = addresses(devices, index);
    for (Ipv4Subnet.Interface other : present) {
      if (!other.equals(wanted)) {
        devices.removeAddress(
            index, Ipv4Subnet.inetAddress(other.address()), other.subnet().prefixLength());
      }
    }
    devices.change(
        index,
        LinkChange.none().mac(macOf(wanted.address())).mtu(config.mtu()).withoutLinkLocal().up());
    if (!present.contains(wanted)) {
      devices.addAddress(
          index, Ipv4Subnet.inetAddress(wanted.address()), wanted.subnet().prefixLength());
    }
  }

  private static Ipv4Subnet.Interface choose(
      RouteSocket devices,
      NetworkConfig config,
      int index,
      Optional<Ipv4Subnet.Interface> remembered,
      Collection<Integer> reserved) {
    List<Ipv4Subnet> taken =
        Stream.concat(
                routed(devices, index).map(Routed::subnet),
                reserved.stream().map(address -> new Ipv4Subnet(address, 32)))
            .toList();
    return remembered
        .filter(address -> taken.stream().noneMatch(address.subnet()::overlaps))
        .or(
            () ->
                AddressPool.firstFree(config.pools(), taken)
                    .map(subnet -> new Ipv4Subnet.Interface(subnet.at(1), subnet)))
        .orElseThrow(
            () ->
                new NetworkException(
                    "cannot find a subnet for bridge '%s': all of the address pools overlap with routes of this host; set default-address-pools or bip"
                        .formatted(config.bridge())));
  }

  /// Whether somebody else took an overlapping subnet at the same moment, and keeps it: of two
  /// devices the older one does.
  private static boolean yields(RouteSocket devices, int index, Ipv4Subnet subnet) {
    return routed(devices, index)
        .anyMatch(route -> route.link < index && route.subnet.overlaps(subnet));
  }

  private record Routed(Ipv4Subnet subnet, int link) {}

  /// The IPv4 routes by other devices, but for the default ones.
  private static Stream<Routed> routed(RouteSocket devices, int index) {
    return devices.routes().stream()
        .filter(route -> route.prefixLength() > 0)
        .filter(route -> route.link().orElse(0) != index)
        .flatMap(route -> routed(route).stream());
  }

  private static Optional<Routed> routed(Route route) {
    return Ipv4Subnet.number(route.destination())
        .map(
            base ->
                new Routed(
                    Ipv4Subnet.containing(base, route.prefixLength()), route.link().orElse(0)));
  }

  private static List<Ipv4Subnet.Interface> addresses(RouteSocket devices, int index) {
    return devices.addresses().stream()
        .filter(address -> address.index() == index)
        .map(Bridge::ipv4)
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Ipv4Subnet.Interface> ipv4(LinkAddress address) {
    return Ipv4Subnet.number(address.address())
        .map(
            number ->
                new Ipv4Subnet.Interface(
                    number, Ipv4Subnet.containing(number, address.prefixLength())));
  }
}
