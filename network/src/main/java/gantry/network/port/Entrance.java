package gantry.network.port;

import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.network.NamespaceWork;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// A pair of devices by which the host sends to itself: a packet that goes out by one comes in by
/// the other, as new. That is how a packet that the host's firewall let in for a published port
/// gets to the beginning of its way again, see [PortTable].
///
/// Both ends have the same hardware address and ask nobody for others, so that any packet gets
/// through. The kernel checks where a packet comes from by the routes back (`rp_filter`): this
/// device stands for every other, so it takes all that some route leads back to, for which it needs
/// an address, one that is nobody's (RFC 7600).
final class Entrance {
  /// Where packets are sent by it: any address does, as they are at their destination when they
  /// come in.
  static final String NEXT = "192.0.0.8";

  static final String NEXT_IPV6 = "100::8"; // from the discard prefix, RFC 6666

  private static final InetAddress OWN = InetAddress.ofLiteral(NEXT);
  private static final MacAddress MAC = MacAddress.parse("02:42:c0:00:00:08");
  private static final int MTU = 65_535; // nothing that came whole is cut

  private final NamespaceWork host;
  private final RouteSocket devices;
  private final Devices names;

  /// The two ends: out of the one, in by the other.
  record Devices(String in, String out) {
    /// Named after the engine's table, of which each engine has another.
    static Devices of(String table) {
      int underscore = table.lastIndexOf('_');
      String own = underscore < 0 ? "" : table.substring(underscore + 1);
      return own.isEmpty() || own.length() > 8
          ? new Devices("gantry-in", "gantry-out")
          : new Devices("gtin-" + own, "gtout-" + own);
    }
  }

  Entrance(NamespaceWork host, RouteSocket devices, Devices names) {
    this.host = host;
    this.devices = devices;
    this.names = names;
  }

  Devices names() {
    return names;
  }

  /// Makes the devices, unless they are there.
  void open() {
    if (devices.link(names.in).filter(Link::up).isPresent()
        && devices.link(names.out).filter(Link::up).isPresent()) {
      return;
    }
    close();
    devices
        .batch("make the entrance for published ports")
        .createVeth(
            LinkChange.none().name(names.in).mac(MAC).mtu(MTU),
            LinkChange.none().name(names.out).mac(MAC).mtu(MTU))
        .change(names.in, LinkChange.none().withoutLinkLocal())
        .change(names.out, LinkChange.none().withoutLinkLocal().withoutArp())
        .change(names.in, LinkChange.none().up())
        .change(names.out, LinkChange.none().up())
        .send();
    devices.addAddress(devices.link(names.in).orElseThrow().index(), OWN, 32);
    host.call(
        () -> {
          Files.writeString(setting("rp_filter"), "2");
          return true;
        });
  }

  /// IPv6 sends by no device without a route.
  void openIpv6() {
    devices.replaceRoute(
        new Route(
            InetAddress.ofLiteral(NEXT_IPV6),
            128,
            Optional.empty(),
            OptionalInt.of(devices.link(names.out).orElseThrow().index()),
            Route.MAIN));
  }

  private Path setting(String name) {
    return Path.of("/proc/sys/net/ipv4/conf", names.in, name);
  }

  /// Removes them, with one the other.
  void close() {
    devices.link(names.in).ifPresent(link -> devices.deleteIfPresent(link.index()));
    devices.link(names.out).ifPresent(link -> devices.deleteIfPresent(link.index()));
  }
}
