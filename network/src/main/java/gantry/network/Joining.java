package gantry.network;

import gantry.linux.OwnedFd;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A container on its way into its networks. Closed before it is there, all is taken back.
final class Joining implements AutoCloseable {
  private static final String DEVICE_NAME = "com.docker.network.endpoint.ifname";

  private final String containerId;
  private final NetworkNamespace namespace;
  private final List<Plugged> places = new ArrayList<>();
  private final List<Endpoint> endpoints = new ArrayList<>();
  private final Set<String> devices = new HashSet<>();
  private boolean kept;

  private Joining(String containerId, NetworkNamespace namespace) {
    this.containerId = containerId;
    this.namespace = namespace;
  }

  /// Begins with a namespace, of which it becomes the owner.
  static Joining of(String containerId, NetworkNamespace namespace) {
    return new Joining(containerId, namespace);
  }

  /// Begins with a place that was made ahead of need.
  static Joining at(String containerId, Plugged place, EndpointRequest request) {
    Joining joining = new Joining(containerId, place.namespace());
    try {
      Plugged own = request.mac().map(mac -> changeMac(place, mac)).orElse(place);
      joining.take(request.bound() ? own : own.withSeat(own.fabric().unbind(own.seat())), request);
      return joining;
    } catch (RuntimeException e) {
      place.close();
      throw e;
    }
  }

  /// Gives the container's device another hardware address.
  private static Plugged changeMac(Plugged place, MacAddress mac) {
    try (RouteSocket inside = RouteSocket.openIn(place.namespace())) {
      inside
          .batch("give a container the MAC address " + mac)
          .change(place.device(), LinkChange.none().mac(mac))
          .send();
    }
    return place.withSeat(place.fabric().changeMac(place.seat(), mac));
  }

  /// The container has these endpoints already, whose devices' names are taken.
  Joining beside(List<Endpoint> others) {
    others.forEach(endpoint -> devices.add(endpoint.device()));
    return this;
  }

  /// Devices of the namespace: none but loopback has IPv6 unless it is told to.
  RouteSocket openDevices() {
    return namespace.inside(Joining::openDevicesHere);
  }

  /// The same in the calling thread's namespace.
  static RouteSocket openDevicesHere() {
    Sysctl.tryWrite("net/ipv6/conf/default/disable_ipv6", "1");
    return RouteSocket.open();
  }

  /// Gives the container a place in one more network.
  Endpoint add(RouteSocket inside, Fabric fabric, EndpointRequest request) {
    String device = device(fabric, request);
    Fabric.Seat seat = fabric.reserve(request);
    try {
      fabric.wire(namespace, inside, seat, device);
    } catch (RuntimeException e) {
      fabric.vacate(seat);
      throw e;
    }
    return take(new Plugged(fabric, namespace, seat, device), request);
  }

  private Endpoint take(Plugged place, EndpointRequest request) {
    places.add(place);
    devices.add(place.device());
    Endpoint endpoint = place.endpoint(containerId, request);
    endpoints.add(endpoint);
    return endpoint;
  }

  private String device(Fabric fabric, EndpointRequest request) {
    String asked = request.options().getOrDefault(DEVICE_NAME, "");
    if (!asked.isEmpty()) {
      BridgeOptions.checkDevice(asked);
      if (devices.contains(asked) || asked.equals("lo")) {
        throw new NetworkException(
            NetworkException.Kind.CONFLICT,
            "interface name '%s' is taken in the container".formatted(asked));
      }
      return asked;
    }
    int number = 0;
    while (devices.contains(fabric.devicePrefix() + number)) {
      number++;
    }
    return fabric.devicePrefix() + number;
  }

  /// The endpoints so far, in the order of the requests.
  List<Endpoint> endpoints() {
    return List.copyOf(endpoints);
  }

  /// All is done: nothing is taken back any more.
  void keep() {
    kept = true;
  }

  /// All is done; the caller gets the namespace.
  OwnedFd release() {
    kept = true;
    return namespace.release();
  }

  @Override
  public void close() {
    namespace.close();
    if (!kept) {
      kept = true;
      places.forEach(place -> place.fabric().vacate(place.seat()));
    }
  }
}
