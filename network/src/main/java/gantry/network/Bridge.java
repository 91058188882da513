package gantry.network;

import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkAddress;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The device that ties a network's containers together, with the host's own addresses in that
/// network.
///
/// @param index the device's
record Bridge(
    String name,
    int index,
    int mtu,
    Optional<Subnet.Interface> ipv4,
    Optional<Subnet.Interface> ipv6) {
  private static final Subnet.Interface LINK_LOCAL = Subnet.Interface.parse("fe80::1/64");

  /// What a device is to be.
  record Wish(
      String name, int mtu, Optional<Subnet.Interface> ipv4, Optional<Subnet.Interface> ipv6) {}

  /// The MAC address that goes with an address, `02:42` and its last four bytes: who gets an
  /// address that somebody had before answers with the same one, and no neighbour sends to the
  /// dead.
  static MacAddress macOf(IpAddress address) {
    return new MacAddress(0x0242L << 32 | Integer.toUnsignedLong(address.lowest()));
  }

  /// Finds or makes the device, and gives it these addresses and none besides. What is right is
  /// left alone: packets may be under way.
  ///
  /// @throws NetworkException when the name is another device's
  static Bridge ensure(Host host, Wish wish) {
    RouteSocket devices = host.devices();
    int index = device(devices, wish);
    if (wish.ipv6.isPresent()) {
      host.call(
          () -> {
            Sysctl.tryWrite("net/ipv6/conf/" + wish.name + "/disable_ipv6", "0");
            Sysctl.tryWrite("net/ipv6/conf/" + wish.name + "/accept_ra", "0");
            return true;
          });
    }
    LinkChange change = LinkChange.none().mtu(wish.mtu).withoutLinkLocal().up();
    devices.change(
        index,
        Stream.of(wish.ipv4, wish.ipv6)
            .flatMap(Optional::stream)
            .findFirst()
            .map(own -> change.mac(macOf(own.address())))
            .orElse(change));
    settle(devices, index, wish);
    return new Bridge(wish.name, index, wish.mtu, wish.ipv4, wish.ipv6);
  }

  private static int device(RouteSocket devices, Wish wish) {
    Optional<Link> link = devices.link(wish.name);
    if (link.isPresent() && !link.get().kind().equals("bridge")) {
      throw new NetworkException(
          NetworkException.Kind.CONFLICT,
          "cannot use device '%s' as a bridge: it is there already and is none; choose another name with --bridge"
              .formatted(wish.name));
    }
    return link.map(Link::index)
        .orElseGet(() -> devices.createBridge(wish.name, LinkChange.none().mtu(wish.mtu)));
  }

  private static void settle(RouteSocket devices, int index, Wish wish) {
    List<Subnet.Interface> wanted =
        Stream.of(wish.ipv4, wish.ipv6, wish.ipv6.map(_ -> LINK_LOCAL))
            .flatMap(Optional::stream)
            .toList();
    List<Subnet.Interface> present = addresses(devices, index);
    present.stream()
        .filter(address -> !wanted.contains(address))
        .forEach(
            address ->
                devices.removeAddress(
                    index, address.address().inet(), address.subnet().prefixLength()));
    wanted.stream()
        .filter(address -> !present.contains(address))
        .forEach(
            address ->
                devices.addAddress(
                    index, address.address().inet(), address.subnet().prefixLength()));
  }

  /// The addresses that a device has.
  static List<Subnet.Interface> addresses(RouteSocket devices, int index) {
    return devices.addresses().stream()
        .filter(address -> address.index() == index)
        .map(Bridge::address)
        .toList();
  }

  private static Subnet.Interface address(LinkAddress address) {
    IpAddress number = IpAddress.of(address.address());
    return new Subnet.Interface(number, Subnet.containing(number, address.prefixLength()));
  }
}
