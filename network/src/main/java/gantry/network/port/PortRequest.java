package gantry.network.port;

import gantry.network.IpAddress;
import java.util.Optional;

/// A port of a container that is to be reached by one of the host.
///
/// @param containerPort 1 to 65535
/// @param hostAddress empty for all addresses of the host
/// @param hostPorts one of them
public record PortRequest(
    Protocol protocol, int containerPort, Optional<IpAddress> hostAddress, PortRange hostPorts) {
  public PortRequest {
    if (containerPort < 1 || containerPort > 65_535) {
      throw new IllegalArgumentException("a port is 1 to 65535, not " + containerPort);
    }
  }
}
