package gantry.network.port;

import gantry.network.IpAddress;
import gantry.network.Subnet;

/// A published port with what it leads to.
///
/// @param target the container's address, of the same family as the host's
/// @param bridge the device that the container is behind
/// @param subnet the container's network
record Mapping(PublishedPort port, IpAddress target, String bridge, Subnet subnet) {
  boolean ipv6() {
    return target.ipv6();
  }
}
