package gantry.network;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// One bridge and what is plugged into it.
final class BridgeNetwork {
  private static final String CONTAINER_DEVICE = "eth0";
  private static final int LOOPBACK = 1;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Host host;
  private final Bridge bridge;
  private final int mtu;
  private final Departures departures;
  private final AddressAllocator addresses;

  /// Devices of this side that somebody owns: an endpoint, a sandbox that is ready, or one in the
  /// making.
  private final Set<String> owned = ConcurrentHashMap.newKeySet();

  BridgeNetwork(Host host, Bridge bridge, int mtu, Departures departures) {
    this.departures = departures;
    this.host = host;
    this.bridge = bridge;
    this.mtu = mtu;
    addresses = new AddressAllocator(bridge.address().subnet());
    addresses.claim(bridge.address().address());
  }

  Bridge bridge() {
    return bridge;
  }

  /// A sandbox that is plugged in and has an address, and belongs to no container yet.
  record Plugged(
      BridgeNetwork network,
      NetworkNamespace namespace,
      Ipv4Subnet.Interface address,
      MacAddress mac,
      String hostDevice)
      implements AutoCloseable {
    /// Gives it to nobody: it vanishes.
    @Override
    public void close() {
      namespace.close();
      network.unplug(hostDevice, address.address());
    }
  }

  /// Makes a sandbox. Takes the kernel a few milliseconds.
  Plugged plug() {
    int address =
        addresses
            .allocate()
            .orElseThrow(
                () ->
                    new NetworkException(
                        "no address is free in %s of bridge '%s'; remove containers, or give it a larger subnet"
                            .formatted(bridge.address().subnet(), bridge.name())));
    String device = newDeviceName();
    owned.add(device);
    try {
      return plug(address, device);
    } catch (RuntimeException e) {
      unplug(device, address);
      throw e;
    }
  }

  private Plugged plug(int address, String device) {
    Ipv4Subnet.Interface inside = new Ipv4Subnet.Interface(address, bridge.address().subnet());
    MacAddress mac = Bridge.macOf(address);
    NetworkNamespace.Created<RouteSocket> created =
        NetworkNamespace.create(BridgeNetwork::openWithoutIpv6);
    NetworkNamespace namespace = created.namespace();
    try (RouteSocket devices = created.value()) {
      connect(namespace, devices, device, inside, mac);
    } catch (RuntimeException e) {
      namespace.close();
      throw e;
    }
    return new Plugged(this, namespace, inside, mac, device);
  }

  /// In a new namespace: its devices, before any has an IPv6 address (loopback keeps its own).
  private static RouteSocket openWithoutIpv6() {
    Sysctl.writeContainerDefaults();
    Sysctl.tryWrite("net/ipv6/conf/default/disable_ipv6", "1");
    return RouteSocket.open();
  }

  private void connect(
      NetworkNamespace namespace,
      RouteSocket inside,
      String device,
      Ipv4Subnet.Interface address,
      MacAddress mac) {
    host.devices()
        .batch("plug a container into bridge " + bridge.name())
        .createVeth(
            LinkChange.none().name(device).mtu(mtu),
            LinkChange.none().name(CONTAINER_DEVICE).mac(mac).mtu(mtu).namespace(namespace.fd()))
        .change(device, LinkChange.none().master(bridge.index()).withoutLinkLocal().up())
        .send();
    int index = inside.link(CONTAINER_DEVICE).orElseThrow().index();
    inside
        .batch("give a container its address " + address)
        .change(LOOPBACK, LinkChange.none().up())
        .change(index, LinkChange.none().up())
        .addAddress(
            index, Ipv4Subnet.inetAddress(address.address()), address.subnet().prefixLength())
        .addRoute(Route.byDefault(Ipv4Subnet.inetAddress(bridge.address().address()), index))
        .send();
  }

  /// Takes a device and its address back, once the namespace was let go. The address is free again
  /// when the device is gone, so that no two ever answer for it.
  void unplug(String device, int address) {
    departures.add(
        device,
        () -> {
          owned.remove(device);
          addresses.free(address);
        });
  }

  /// Takes note of an endpoint that was there before this engine started.
  void adopt(Endpoint endpoint) {
    owned.add(endpoint.hostDevice());
    addresses.claim(endpoint.address().address());
    addresses.continueAfter(endpoint.address().address());
  }

  /// Plugs a running container in again, if it is not: somebody removed the bridge or the device.
  ///
  /// @param pid a process of the container
  void restore(Endpoint endpoint, long pid) {
    Optional<Link> link = host.devices().link(endpoint.hostDevice());
    if (link.isPresent()) {
      if (link.get().master().orElse(0) != bridge.index()) {
        host.devices().change(link.get().index(), LinkChange.none().master(bridge.index()).up());
      }
      return;
    }
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        RouteSocket inside = RouteSocket.openIn(namespace)) {
      connect(namespace, inside, endpoint.hostDevice(), endpoint.address(), endpoint.mac());
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) { // it ended meanwhile
        throw e;
      }
    }
  }

  /// Removes what is plugged into the bridge and belongs to nobody; returns how many there were.
  int removeStrays() {
    int removed = 0;
    for (Link link : host.devices().links()) {
      if (link.master().orElse(0) == bridge.index()
          && link.kind().equals("veth")
          && !owned.contains(link.name())) {
        host.devices().deleteIfPresent(link.index());
        removed++;
      }
    }
    return removed;
  }

  /// Gives the container's device another hardware address.
  void changeMac(NetworkNamespace namespace, MacAddress mac) {
    try (RouteSocket inside = RouteSocket.openIn(namespace)) {
      inside
          .batch("give a container the MAC address " + mac)
          .change(CONTAINER_DEVICE, LinkChange.none().mac(mac))
          .send();
    }
  }

  static String containerDevice() {
    return CONTAINER_DEVICE;
  }

  private static String newDeviceName() {
    byte[] bytes = new byte[4];
    RANDOM.nextBytes(bytes);
    return "veth" + HexFormat.of().formatHex(bytes).substring(0, 7);
  }
}
