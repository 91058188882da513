package gantry.network;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.Optional;

/// A network whose containers' devices hang on a device of the host's: macvlan or ipvlan. They are
/// on that device's link, beside the host, which itself they do not reach; no rule of ours is in
/// between.
///
/// A network without a parent has one of its own, a bridge that nothing else is plugged into.
final class ParentedNetwork implements Fabric {
  private final Host host;
  private final Network network;
  private final ParentedOptions options;
  private final int parent;
  private final Seats seats;

  private ParentedNetwork(Host host, Network network, ParentedOptions options, int parent) {
    this.host = host;
    this.network = network;
    this.options = options;
    this.parent = parent;
    seats = new Seats(network);
  }

  /// Finds or makes the parent.
  ///
  /// @throws NetworkException when it is not there
  static ParentedNetwork open(Host host, Network network) {
    ParentedOptions options = ParentedOptions.parse(network.spec());
    return new ParentedNetwork(host, network, options, parent(host.devices(), network, options));
  }

  private static int parent(RouteSocket devices, Network network, ParentedOptions options) {
    Optional<Link> present = devices.link(network.device());
    if (present.isPresent()) {
      return present.get().index();
    }
    String parent = options.parent().orElse("");
    if (parent.isEmpty()) {
      return devices.createBridge(network.device(), LinkChange.none().up());
    }
    throw new NetworkException(
        NetworkException.Kind.INVALID,
        "invalid parent interface %s: this host has no such device; make it first"
            .formatted(parent));
  }

  /// The name of the device of a network without a parent, and of one with a parent the parent's.
  static String device(String id, NetworkSpec spec) {
    return ParentedOptions.parse(spec).parent().orElse("dm-" + id.substring(0, 12));
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public Optional<IpAddress> gateway(boolean ipv6) {
    return network.spec().internal() ? Optional.empty() : network.gateway(ipv6);
  }

  @Override
  public String devicePrefix() {
    return "eth";
  }

  @Override
  public Seat reserve(EndpointRequest request) {
    Seats.Addresses addresses = seats.take(request);
    IpAddress first = addresses.ipv4().or(addresses::ipv6).orElseThrow().address();
    return new Seat(
        addresses.ipv4(),
        addresses.ipv6(),
        request.linkLocal(),
        request.mac().orElseGet(() -> Bridge.macOf(first)),
        "",
        request.bound());
  }

  @Override
  public void wire(NetworkNamespace namespace, RouteSocket inside, Seat seat, String device) {
    LinkChange change = LinkChange.none().name(device).namespace(namespace.fd());
    boolean macvlan = network.driver() == Network.Driver.MACVLAN;
    host.devices()
        .createOn(
            parent,
            macvlan ? RouteSocket.Kind.MACVLAN : RouteSocket.Kind.IPVLAN,
            options.mode(),
            macvlan ? change.mac(seat.mac()) : change);
    Addressing.give(namespace, inside, seat, device);
  }

  @Override
  public Seat changeMac(Seat seat, MacAddress mac) {
    return seat.withMac(mac);
  }

  @Override
  public Seat unbind(Seat seat) {
    return seat.unbound();
  }

  /// The device goes with its namespace.
  @Override
  public void vacate(Seat seat) {
    seats.free(new Seats.Addresses(seat.ipv4(), seat.ipv6()));
  }

  @Override
  public void unwire(RouteSocket inside, Seat seat, String device) {
    inside.link(device).ifPresent(link -> inside.deleteIfPresent(link.index()));
    vacate(seat);
  }

  @Override
  public void adopt(Endpoint endpoint) {
    seats.adopt(new Seats.Addresses(endpoint.ipv4(), endpoint.ipv6()));
  }

  @Override
  public boolean restore(Endpoint endpoint, long pid) {
    try (NetworkNamespace namespace = NetworkNamespace.ofProcess(pid);
        RouteSocket inside = RouteSocket.openIn(namespace)) {
      if (inside.link(endpoint.device()).isPresent()) {
        return false;
      }
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
    return 0; // all that is made is in a container's namespace
  }

  @Override
  public boolean retire() {
    return seats.retire();
  }

  @Override
  public void remove() {
    if (options.parent().isEmpty()) {
      host.devices()
          .link(network.device())
          .ifPresent(link -> host.devices().deleteIfPresent(link.index()));
    }
  }
}
