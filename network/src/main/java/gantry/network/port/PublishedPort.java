package gantry.network.port;

import gantry.network.IpAddress;

/// A port of the host that leads to one of a container.
///
/// @param hostAddress `0.0.0.0` or `::` for all addresses of the family
public record PublishedPort(
    Protocol protocol, int containerPort, IpAddress hostAddress, int hostPort) {
  /// The host's side as people write it: `127.0.0.1:8080`, `[::]:8080`.
  String host() {
    return (hostAddress.ipv6() ? "[" + hostAddress + "]" : hostAddress.toString()) + ":" + hostPort;
  }

  boolean everywhere() {
    return everywhere(hostAddress);
  }

  static boolean everywhere(IpAddress address) {
    return address.high() == 0 && address.low() == 0;
  }
}
