package gantry.network;

import gantry.linux.rtnetlink.MacAddress;

/// A container's place in a network.
///
/// @param id 64 hexadecimal digits
/// @param address the container's, in its subnet
/// @param gateway where the container sends what is for elsewhere
/// @param device the container's end of the veth, e.g. `eth0`
/// @param hostDevice the other end
public record Endpoint(
    String id,
    String networkId,
    String containerId,
    Ipv4Subnet.Interface address,
    int gateway,
    MacAddress mac,
    String device,
    String hostDevice) {}
