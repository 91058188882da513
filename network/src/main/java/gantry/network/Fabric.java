package gantry.network;

import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.List;
import java.util.Optional;

/// What ties the containers of one network together. Thread-safe; calls about one seat come one
/// after the other.
interface Fabric {
  /// What a container has in the network: its addresses and devices.
  ///
  /// @param hostDevice this side's device; empty where there is none
  record Seat(
      Optional<Subnet.Interface> ipv4,
      Optional<Subnet.Interface> ipv6,
      List<IpAddress> linkLocal,
      MacAddress mac,
      String hostDevice,
      boolean bound) {
    static Seat of(Endpoint endpoint) {
      return new Seat(
          endpoint.ipv4(),
          endpoint.ipv6(),
          endpoint.linkLocal(),
          endpoint.mac(),
          endpoint.hostDevice(),
          endpoint.bound());
    }

    Seat withMac(MacAddress value) {
      return new Seat(ipv4, ipv6, linkLocal, value, hostDevice, bound);
    }

    Seat unbound() {
      return new Seat(ipv4, ipv6, linkLocal, mac, hostDevice, false);
    }
  }

  Network network();

  /// Where a container sends what is for elsewhere.
  Optional<IpAddress> gateway(boolean ipv6);

  /// Beginning of the names of containers' devices.
  String devicePrefix();

  /// Takes addresses; nothing is wired yet.
  ///
  /// @throws NetworkException with Docker's words when one is not to be had, or the network is
  ///   being removed
  Seat reserve(EndpointRequest request);

  /// Makes the container's device, with its addresses and without default routes.
  ///
  /// @param inside the devices of `namespace`
  void wire(NetworkNamespace namespace, RouteSocket inside, Seat seat, String device);

  /// Takes note that a wired seat has another hardware address from now on.
  Seat changeMac(Seat seat, MacAddress mac);

  /// Lets the container of a wired seat use other addresses too.
  Seat unbind(Seat seat);

  /// Takes back what a container has, wired or not, once its namespace was let go. The addresses
  /// are free again when the devices are gone, so that no two ever answer for one.
  void vacate(Seat seat);

  /// Takes a container's device away while its namespace lives on, and its addresses back.
  void unwire(RouteSocket inside, Seat seat, String device);

  /// Takes note of an endpoint that was there before this engine started.
  void adopt(Endpoint endpoint);

  /// Wires a running container again, if it is not: somebody removed the device.
  ///
  /// @param pid a process of the container
  /// @return whether anything had to be done
  boolean restore(Endpoint endpoint, long pid);

  /// Removes what is plugged in and belongs to nobody; returns how many there were.
  int removeStrays();

  /// No seat is given any more; false when some are taken, and then they go on being given.
  boolean retire();

  /// Removes the devices of a retired network.
  void remove();
}
