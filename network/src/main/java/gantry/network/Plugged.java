package gantry.network;

import gantry.linux.rtnetlink.NetworkNamespace;

/// A sandbox that is plugged into a network and has an address, and belongs to no container yet.
record Plugged(Fabric fabric, NetworkNamespace namespace, Fabric.Seat seat, String device)
    implements AutoCloseable {
  /// What it is to the container that gets it.
  Endpoint endpoint(String containerId, EndpointRequest request) {
    return new Endpoint(
        NetworkStore.newId(),
        fabric.network().id(),
        containerId,
        seat.ipv4(),
        seat.ipv6(),
        seat.linkLocal(),
        seat.ipv4().flatMap(_ -> fabric.gateway(false)),
        seat.ipv6().flatMap(_ -> fabric.gateway(true)),
        seat.mac(),
        device,
        seat.hostDevice(),
        request.names(),
        request.gatewayPriority(),
        seat.bound());
  }

  Plugged withSeat(Fabric.Seat value) {
    return new Plugged(fabric, namespace, value, device);
  }

  /// Gives it to nobody: it vanishes.
  @Override
  public void close() {
    namespace.close();
    fabric.vacate(seat);
  }
}
