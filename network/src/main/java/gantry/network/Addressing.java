package gantry.network;

import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A container's side: addresses of its devices, and which of them leads elsewhere.
final class Addressing {
  private static final int LOOPBACK = 1;
  private static final int LINK_LOCAL_PREFIX = 16;
  private static final int LINK_LOCAL_PREFIX_IPV6 = 64;

  private Addressing() {}

  /// Switches a container's new device on and gives it its addresses; loopback too.
  static void give(
      NetworkNamespace namespace, RouteSocket inside, Fabric.Seat seat, String device) {
    boolean ipv6 = seat.ipv6().isPresent() || seat.linkLocal().stream().anyMatch(IpAddress::ipv6);
    if (ipv6) {
      namespace.inside(
          () -> {
            Sysctl.tryWrite("net/ipv6/conf/" + device + "/disable_ipv6", "0");
            return true;
          });
    }
    int index = inside.link(device).orElseThrow().index();
    RouteSocket.Batch batch =
        inside
            .batch("give a container its addresses")
            .change(LOOPBACK, LinkChange.none().up())
            .change(index, LinkChange.none().up());
    seat.ipv4().ifPresent(own -> add(batch, index, own.address(), own.subnet().prefixLength()));
    seat.ipv6().ifPresent(own -> add(batch, index, own.address(), own.subnet().prefixLength()));
    seat.linkLocal()
        .forEach(
            address ->
                add(
                    batch,
                    index,
                    address,
                    address.ipv6() ? LINK_LOCAL_PREFIX_IPV6 : LINK_LOCAL_PREFIX));
    batch.send();
  }

  private static void add(RouteSocket.Batch batch, int index, IpAddress address, int prefix) {
    batch.addAddress(index, address.inet(), prefix);
  }

  /// A container's endpoints, the one that leads elsewhere first: the highest priority, then one
  /// that is not internal, then by the networks' names.
  static List<Endpoint> inOrder(Collection<Endpoint> endpoints, Map<String, Network> networks) {
    Comparator<Endpoint> order =
        Comparator.comparingInt((Endpoint endpoint) -> -endpoint.gatewayPriority())
            .thenComparing(endpoint -> internal(endpoint, networks))
            .thenComparing(endpoint -> name(endpoint, networks));
    return endpoints.stream().sorted(order).toList();
  }

  private static boolean internal(Endpoint endpoint, Map<String, Network> networks) {
    Network network = networks.get(endpoint.networkId());
    return network != null && network.spec().internal();
  }

  private static String name(Endpoint endpoint, Map<String, Network> networks) {
    Network network = networks.get(endpoint.networkId());
    return network == null ? "" : network.name();
  }

  /// Sets the default routes; the way they had before is left in the same moment.
  static void route(RouteSocket inside, List<Endpoint> inOrder) {
    route(inside, inOrder, false);
    route(inside, inOrder, true);
  }

  private static void route(RouteSocket inside, List<Endpoint> inOrder, boolean ipv6) {
    Optional<Endpoint> way =
        inOrder.stream().filter(endpoint -> gateway(endpoint, ipv6).isPresent()).findFirst();
    if (way.isPresent()) {
      int index = inside.link(way.get().device()).orElseThrow().index();
      inside.replaceRoute(Route.byDefault(gateway(way.get(), ipv6).orElseThrow().inet(), index));
    }
  }

  private static Optional<IpAddress> gateway(Endpoint endpoint, boolean ipv6) {
    return ipv6 ? endpoint.ipv6Gateway() : endpoint.gateway();
  }
}
