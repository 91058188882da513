package gantry.network;

import gantry.linux.rtnetlink.MacAddress;
import java.util.List;
import java.util.Optional;

/// A container's place in a network.
///
/// @param id 64 hexadecimal digits
/// @param ipv4 the container's address, in its subnet; empty in a network without IPv4
/// @param linkLocal further addresses, for its own link
/// @param gateway where the container may send what is for elsewhere
/// @param device the container's end, e.g. `eth0`
/// @param hostDevice the end that is plugged into the bridge; empty where there is none
/// @param names what it is called in the network: the first one is the container's name; none where
///   names are not resolved
/// @param gatewayPriority of a container's endpoints that with the highest has the default route
/// @param bound whether the container may use no address but these
public record Endpoint(
    String id,
    String networkId,
    String containerId,
    Optional<Subnet.Interface> ipv4,
    Optional<Subnet.Interface> ipv6,
    List<IpAddress> linkLocal,
    Optional<IpAddress> gateway,
    Optional<IpAddress> ipv6Gateway,
    MacAddress mac,
    String device,
    String hostDevice,
    List<String> names,
    int gatewayPriority,
    boolean bound) {
  public Endpoint {
    linkLocal = List.copyOf(linkLocal);
    names = List.copyOf(names);
  }

  /// The addresses in the network, IPv4 first.
  public List<IpAddress> addresses() {
    return java.util.stream.Stream.of(ipv4, ipv6)
        .flatMap(Optional::stream)
        .map(Subnet.Interface::address)
        .toList();
  }

  /// The same under other names.
  Endpoint withNames(List<String> value) {
    return new Endpoint(
        id,
        networkId,
        containerId,
        ipv4,
        ipv6,
        linkLocal,
        gateway,
        ipv6Gateway,
        mac,
        device,
        hostDevice,
        value,
        gatewayPriority,
        bound);
  }
}
