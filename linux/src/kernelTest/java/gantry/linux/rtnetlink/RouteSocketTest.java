package gantry.linux.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.testing.KernelTest;
import java.net.InetAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// Everything happens in namespaces made for the test.
class RouteSocketTest {
  private NetworkNamespace host = NetworkNamespace.create();
  private RouteSocket socket = RouteSocket.openIn(host);

  @BeforeEach
  void loopback() {
    socket.change(1, LinkChange.none().up());
  }

  @AfterEach
  void close() {
    socket.close();
    host.close();
  }

  @KernelTest
  void create_newNamespace_hasOnlyLoopback() {
    assertThat(socket.links())
        .singleElement()
        .satisfies(
            link -> {
              assertThat(link.name()).isEqualTo("lo");
              assertThat(link.up()).isTrue();
              assertThat(link.mtu()).isEqualTo(65536);
            });
    assertThat(socket.addresses()).contains(new LinkAddress(1, ip("127.0.0.1"), 8));
    assertThat(host.holds(ProcessHandle.current().pid())).isFalse();
    try (NetworkNamespace own = NetworkNamespace.current()) {
      assertThat(own.holds(ProcessHandle.current().pid())).isTrue();
    }
    assertThat(host.holds(4_000_000)).isFalse();
  }

  @KernelTest
  void bridge_isMadeChangedAndRemoved() {
    MacAddress mac = MacAddress.parse("02:42:ac:11:00:01");
    int bridge = socket.createBridge("br-test", LinkChange.none().mac(mac).mtu(1400).up());
    Link link = socket.link("br-test").orElseThrow();
    assertThat(link.index()).isEqualTo(bridge);
    assertThat(link.kind()).isEqualTo("bridge");
    assertThat(link.mac()).isEqualTo(mac);
    assertThat(link.mtu()).isEqualTo(1400);
    assertThat(link.up()).isTrue();
    socket.change(bridge, LinkChange.none().down());
    socket.change(bridge, LinkChange.none().name("br-other").mtu(1300));
    assertThat(socket.link("br-test")).isEmpty();
    assertThat(socket.link("br-other").orElseThrow().mtu()).isEqualTo(1300);
    socket.delete(bridge);
    socket.deleteIfPresent(bridge);
    assertThat(socket.link("br-other")).isEmpty();
  }

  @KernelTest
  void create_existingName_saysSo() {
    int device = socket.createBridge("d0", LinkChange.none());
    assertThatThrownBy(() -> socket.createBridge("d0", LinkChange.none()))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.is(Errno.EEXIST)).isTrue())
        .hasMessageContaining("create bridge d0");
    socket.delete(device);
  }

  @KernelTest
  void addressesAndRoutes_areListedAsTheyWereSet() {
    int device = socket.createBridge("d0", LinkChange.none().up());
    socket.addAddress(device, ip("10.9.0.1"), 24);
    socket.addAddress(device, ip("fd00:9::1"), 64);
    Route byDefault = Route.byDefault(ip("10.9.0.254"), device);
    socket.addRoute(byDefault);
    assertThat(socket.addresses())
        .contains(
            new LinkAddress(device, ip("10.9.0.1"), 24),
            new LinkAddress(device, ip("fd00:9::1"), 64));
    assertThat(socket.routes())
        .contains(byDefault)
        .anySatisfy(
            route -> {
              assertThat(route.destination()).isEqualTo(ip("10.9.0.0"));
              assertThat(route.prefixLength()).isEqualTo(24);
              assertThat(route.link()).hasValue(device);
            });
    assertThatThrownBy(() -> socket.addRoute(byDefault))
        .hasMessageContaining("add route to 0.0.0.0/0 via 10.9.0.254");
    socket.replaceRoute(Route.byDefault(ip("10.9.0.253"), device));
    socket.removeRoute(Route.byDefault(ip("10.9.0.253"), device));
    socket.removeAddress(device, ip("10.9.0.1"), 24);
    assertThat(socket.addresses()).doesNotContain(new LinkAddress(device, ip("10.9.0.1"), 24));
    assertThat(socket.routes()).noneMatch(route -> route.prefixLength() == 0);
  }

  @KernelTest
  void veth_withItsPeerElsewhere_isReadyAfterTwoExchanges() {
    int bridge = socket.createBridge("br0", LinkChange.none().up());
    try (NetworkNamespace other = NetworkNamespace.create();
        RouteSocket inside = RouteSocket.openIn(other)) {
      MacAddress mac = MacAddress.parse("02:42:0a:09:00:02");
      socket
          .batch("make a pair")
          .createVeth(
              LinkChange.none().name("near"),
              LinkChange.none().name("eth0").mac(mac).namespace(other.fd()))
          .change("near", LinkChange.none().master(bridge).withoutLinkLocal().up())
          .send();
      inside
          .batch("set up")
          .change(1, LinkChange.none().up())
          .change(2, LinkChange.none().up())
          .addAddress(2, ip("10.9.0.2"), 24)
          .addRoute(Route.byDefault(ip("10.9.0.1"), 2))
          .send();
      Link near = socket.link("near").orElseThrow();
      assertThat(near.kind()).isEqualTo("veth");
      assertThat(near.master()).hasValue(bridge);
      assertThat(near.peer()).hasValue(2);
      assertThat(near.up()).isTrue();
      assertThat(near.carrier()).isTrue();
      assertThat(socket.addresses()).noneMatch(address -> address.index() == near.index());
      Link far = inside.link("eth0").orElseThrow();
      assertThat(far.index()).isEqualTo(2);
      assertThat(far.mac()).isEqualTo(mac);
      assertThat(inside.routes()).contains(Route.byDefault(ip("10.9.0.1"), 2));
      socket.delete(near.index());
      assertThat(inside.link("eth0")).isEmpty();
    }
  }

  private static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }
}
