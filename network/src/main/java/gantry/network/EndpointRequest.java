package gantry.network;

import gantry.linux.rtnetlink.MacAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is asked of a container's place in a network.
///
/// @param ipv4 an address it must have; empty for any
/// @param mac a hardware address it must have; empty for any
/// @param names what it is to be called, see [Endpoint#names]
/// @param options driver options in Docker's names, e.g. `com.docker.network.endpoint.ifname`
/// @param bound see [Endpoint#bound]
public record EndpointRequest(
    Network network,
    Optional<IpAddress> ipv4,
    Optional<IpAddress> ipv6,
    List<IpAddress> linkLocal,
    Optional<MacAddress> mac,
    List<String> names,
    Map<String, String> options,
    int gatewayPriority,
    boolean bound) {
  public EndpointRequest {
    linkLocal = List.copyOf(linkLocal);
    names = List.copyOf(names);
    options = Map.copyOf(options);
  }

  /// A place about which nothing else is said.
  public static EndpointRequest in(Network network) {
    return new EndpointRequest(
        network,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of(),
        Map.of(),
        0,
        true);
  }

  /// Whether any place in the network will do, so that one made ahead of need can be had.
  boolean anyPlace() {
    return ipv4.isEmpty() && ipv6.isEmpty() && linkLocal.isEmpty() && options.isEmpty();
  }

  /// The same with a hardware address.
  public EndpointRequest withMac(MacAddress address) {
    return new EndpointRequest(
        network,
        ipv4,
        ipv6,
        linkLocal,
        Optional.of(address),
        names,
        options,
        gatewayPriority,
        bound);
  }

  /// The same with an address.
  public EndpointRequest withIpv4(IpAddress address) {
    return new EndpointRequest(
        network,
        Optional.of(address),
        ipv6,
        linkLocal,
        mac,
        names,
        options,
        gatewayPriority,
        bound);
  }

  /// The same, with the right to use other addresses too.
  public EndpointRequest unbound() {
    return new EndpointRequest(
        network, ipv4, ipv6, linkLocal, mac, names, options, gatewayPriority, false);
  }

  /// The same under these names.
  public EndpointRequest withNames(List<String> value) {
    return new EndpointRequest(
        network, ipv4, ipv6, linkLocal, mac, value, options, gatewayPriority, bound);
  }
}
