package gantry.engine.container;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a user asks of a container's place in one network.
public record EndpointSpec(
    Optional<String> ipv4Address,
    Optional<String> ipv6Address,
    List<String> linkLocalAddresses,
    List<String> aliases,
    List<String> links,
    Optional<String> macAddress,
    Map<String, String> driverOptions,
    int gatewayPriority) {}
