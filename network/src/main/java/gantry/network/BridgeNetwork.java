package gantry.network;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// One bridge and what is plugged into it: a container has one end of a veth, the bridge the other.
final class BridgeNetwork implements Fabric {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Host host;
  private final Network network;
  private final BridgeOptions options;
  private final Bridge bridge;
  private final Bindings bindings;
  private final Departures departures;
  private final Seats seats;

  /// Devices of this side that somebody owns: an endpoint, a sandbox that is ready, or one in the
  /// making.
  private final Set<String> owned = ConcurrentHashMap.newKeySet();

  BridgeNetwork(
      Host host,
      Network network,
      BridgeOptions options,
      Bridge bridge,
      Bindings bindings,
      Departures departures) {
    this.host = host;
    this.network = network;
    this.options = options;
    this.bridge = bridge;
    this.bindings = bindings;
    this.departures = departures;
    seats = new Seats(network);
  }

  @Override
  public Network network() {
    return network;
  }

  Bridge bridge() {
    return bridge;
  }

  BridgeOptions options() {
    return options;
  }

  @Override
  public Optional<IpAddress> gateway(boolean ipv6) {
    BridgeOptions.GatewayMode mode = ipv6 ? options.ipv6GatewayMode() : options.gatewayMode();
    return network.spec().internal() || mode == BridgeOptions.GatewayMode.ISOLATED
        ? Optional.empty()
        : network.pool(ipv6).flatMap(NetworkSpec.Pool::way);
  }

  @Override
  public String devicePrefix() {
    return options.devicePrefix();
  }

  @Override
  public Seat reserve(EndpointRequest request) {
    // A container that starts again asks for the address that its own last device still holds.
    Seats.Addresses addresses = departures.retry(() -> seats.take(request));
    String device = newDeviceName();
    owned.add(device);
    MacAddress mac =
        request
            .mac()
            .orElseGet(
                () -> Bridge.macOf(addresses.ipv4().or(addresses::ipv6).orElseThrow().address()));
    return new Seat(
        addresses.ipv4(), addresses.ipv6(), request.linkLocal(), mac, device, request.bound());
  }

  @Override
  public void wire(NetworkNamespace namespace, RouteSocket inside, Seat seat, String device) {
    bindings.bind(seat);
    RouteSocket.Batch batch = host.devices().batch("plug a container into bridge " + bridge.name());
    batch.createVeth(
        LinkChange.none().name(seat.hostDevice()).mtu(bridge.mtu()),
        LinkChange.none().name(device).mac(seat.mac()).mtu(bridge.mtu()).namespace(namespace.fd()));
    plugIn(batch, seat.hostDevice()).send();
    Addressing.give(namespace, inside, seat, device);
  }

  /// Without traffic between containers ports are isolated: they speak to the bridge alone, which
  /// routes nothing back to where it came from.
  private RouteSocket.Batch plugIn(RouteSocket.Batch batch, String hostDevice) {
    batch.change(hostDevice, LinkChange.none().master(bridge.index()).withoutLinkLocal());
    return (options.interContainer() ? batch : batch.isolatePort(hostDevice))
        .change(hostDevice, LinkChange.none().up());
  }

  @Override
  public Seat changeMac(Seat seat, MacAddress mac) {
    Seat changed = seat.withMac(mac);
    bindings.free(seat);
    bindings.bind(changed);
    return changed;
  }

  @Override
  public Seat unbind(Seat seat) {
    bindings.free(seat);
    return seat.unbound();
  }

  @Override
  public void vacate(Seat seat) {
    departures.add(seat.hostDevice(), () -> forget(seat));
  }

  @Override
  public void unwire(RouteSocket inside, Seat seat, String device) {
    host.devices()
        .link(seat.hostDevice())
        .ifPresent(link -> host.devices().deleteIfPresent(link.index()));
    forget(seat);
  }

  private void forget(Seat seat) {
    owned.remove(seat.hostDevice());
    bindings.forget(seat);
    seats.free(new Seats.Addresses(seat.ipv4(), seat.ipv6()));
  }

  @Override
  public void adopt(Endpoint endpoint) {
    owned.add(endpoint.hostDevice());
    bindings.bind(Seat.of(endpoint));
    seats.adopt(new Seats.Addresses(endpoint.ipv4(), endpoint.ipv6()));
  }

  @Override
  public boolean restore(Endpoint endpoint, long pid) {
    Optional<Link> link = host.devices().link(endpoint.hostDevice());
    if (link.isPresent()) {
      if (link.get().master().orElse(0) != bridge.index()) {
        plugIn(host.devices().batch("plug a container in again"), link.get().name()).send();
      }
      return false;
    }
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        RouteSocket inside = RouteSocket.openIn(namespace)) {
      wire(namespace, inside, Seat.of(endpoint), endpoint.device());
      return true;
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) { // it ended meanwhile
        throw e;
      }
      return false;
    }
  }

  @Override
  public int removeStrays() {
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

  @Override
  public boolean retire() {
    return seats.retire();
  }

  @Override
  public void remove() {
    host.devices().deleteIfPresent(bridge.index());
  }

  private static String newDeviceName() {
    byte[] bytes = new byte[4];
    RANDOM.nextBytes(bytes);
    return "veth" + HexFormat.of().formatHex(bytes).substring(0, 7);
  }
}
