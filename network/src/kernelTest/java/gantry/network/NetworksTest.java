package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.nftables.Nftables;
import gantry.linux.rtnetlink.Link;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.MacAddress;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// The networks of an engine, on a host that is a namespace of the test's own.
class NetworksTest extends NetworksFixture {
  @KernelTest
  void attach_givesAddressRouteAndLoopback() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        Sandbox sandbox = attach(networks, "c1");
        NetworkNamespace inside = copy(sandbox);
        RouteSocket container = RouteSocket.openIn(inside)) {
      Endpoint endpoint = sandbox.endpoints().getFirst();
      assertThat(endpoint.ipv4().orElseThrow()).hasToString("172.17.0.2/16");
      assertThat(endpoint.mac()).hasToString("02:42:ac:11:00:02");
      assertThat(container.links()).extracting(Link::name).containsExactly("lo", "eth0");
      assertThat(container.links()).allMatch(Link::up);
      assertThat(container.link("eth0").orElseThrow().mac()).isEqualTo(endpoint.mac());
      assertThat(container.addresses())
          .extracting(address -> address.address().getHostAddress())
          .containsExactlyInAnyOrder("127.0.0.1", "172.17.0.2", "0:0:0:0:0:0:0:1");
      assertThat(container.routes())
          .anyMatch(
              route ->
                  route.prefixLength() == 0
                      && route.gateway().equals(Optional.of(ip("172.17.0.1"))));
      assertThat(setting(inside, "net/ipv4/ip_unprivileged_port_start")).isEqualTo("0");
      assertThat(setting(inside, "net/ipv4/ping_group_range")).isEqualTo("0\t2147483647");
      assertThat(networks.endpoints("c1")).containsExactly(endpoint);
      assertThat(networks.endpoints(networks.find("bridge").orElseThrow()))
          .containsExactly(endpoint);
      assertThat(setting(host, "net/ipv4/ip_forward")).isEqualTo("1");
      assertThat(devices.link(endpoint.hostDevice()).orElseThrow().carrier()).isTrue();
    }
  }

  @KernelTest
  void attach_withMac_hasIt() {
    MacAddress mac = MacAddress.parse("92:d0:c6:0a:29:33");
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        Sandbox sandbox = networks.attach("c1", List.of(onBridge(networks).withMac(mac)));
        NetworkNamespace inside = copy(sandbox);
        RouteSocket container = RouteSocket.openIn(inside)) {
      assertThat(container.link("eth0").orElseThrow().mac()).isEqualTo(mac);
      assertThat(sandbox.endpoints().getFirst().mac()).isEqualTo(mac);
    }
  }

  @KernelTest
  void isolate_hasLoopbackAlone() {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        Sandbox sandbox = networks.isolate();
        NetworkNamespace inside = copy(sandbox);
        RouteSocket container = RouteSocket.openIn(inside)) {
      assertThat(container.links())
          .singleElement()
          .satisfies(
              link -> {
                assertThat(link.name()).isEqualTo("lo");
                assertThat(link.up()).isTrue();
              });
      assertThat(sandbox.endpoints()).isEmpty();
    }
  }

  @KernelTest
  void containers_reachEachOtherAndTheHost() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        Sandbox first = attach(networks, "c1");
        Sandbox second = attach(networks, "c2");
        NetworkNamespace server = copy(first);
        NetworkNamespace client = copy(second)) {
      assertThat(echo(server, client, "172.17.0.2")).isEqualTo("172.17.0.3");
      assertThat(echo(host, client, "172.17.0.1")).isEqualTo("172.17.0.3");
      assertThat(echo(server, host, "172.17.0.2")).isEqualTo("172.17.0.1");
    }
  }

  @KernelTest
  void containers_withoutInterContainer_doNotReachEachOther() {
    NetworkConfig apart =
        config.withBridge(
            new NetworkConfig.DefaultBridge("gantry0", true, false, List.of(), 1500, true, false));
    try (Database database = Database.open(directory);
        Networks networks = opened(apart, database);
        Nftables filter = host.inside(Nftables::open)) {
      assertThat(networks.list()).hasSize(3);
      assertThat(filter.run("list set inet gantry together")).doesNotContain("elements");
    }
  }

  @KernelTest
  void outside_isReachedByTheHostsAddressAndReachesNobody() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        NetworkNamespace outside = NetworkNamespace.create();
        RouteSocket beyond = outside("192.0.2", outside);
        Sandbox sandbox = attach(networks, "c1");
        NetworkNamespace container = copy(sandbox)) {
      assertThat(echo(outside, container, "192.0.2.2")).isEqualTo("192.0.2.1");
      beyond.addRoute(Route.byDefault(ip("192.0.2.1"), 2));
      assertThatThrownBy(() -> echo(container, outside, "172.17.0.2"))
          .isInstanceOf(IOException.class);
    }
  }

  @KernelTest
  void forgedSource_isDropped() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        NetworkNamespace outside = NetworkNamespace.create();
        RouteSocket beyond = outside("192.0.2", outside);
        Sandbox sandbox = attach(networks, "c1");
        NetworkNamespace container = copy(sandbox);
        RouteSocket inside = RouteSocket.openIn(container)) {
      beyond.addRoute(Route.byDefault(ip("192.0.2.1"), 2));
      int eth0 = inside.link("eth0").orElseThrow().index();
      inside.addAddress(eth0, ip("10.66.0.9"), 24);
      int gantry0 = devices.link("gantry0").orElseThrow().index();
      devices.addRoute( // answers would find their way
          new Route(ip("10.66.0.0"), 24, Optional.empty(), OptionalInt.of(gantry0), Route.MAIN));
      try (ServerSocket server = listening(outside);
          Socket socket = container.inside(Socket::new)) {
        assertThatThrownBy(
                () -> {
                  container.inside(
                      () -> {
                        socket.bind(new InetSocketAddress("10.66.0.9", 0));
                        return true;
                      });
                  socket.connect(new InetSocketAddress("192.0.2.2", server.getLocalPort()), 500);
                })
            .isInstanceOf(IOException.class);
      }
    }
  }

  @KernelTest
  void release_freesDeviceAndAddress() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Set<String> addresses = new HashSet<>();
      Endpoint endpoint;
      try (Sandbox sandbox = attach(networks, "c1")) {
        endpoint = sandbox.endpoints().getFirst();
      }
      networks.release("c1");
      networks.release("c1");
      await(networks::tidy);
      assertThat(devices.link(endpoint.hostDevice())).isEmpty();
      assertThat(networks.endpoints("c1")).isEmpty();
      for (int i = 0; i < 10; i++) {
        try (Sandbox sandbox = attach(networks, "again")) {
          addresses.add(sandbox.endpoints().getFirst().ipv4().orElseThrow().toString());
        }
      }
      assertThat(addresses).hasSize(10).doesNotContain(endpoint.ipv4().orElseThrow().toString());
    }
  }

  @KernelTest
  void addresses_usedUp_isAnErrorAndComesBack() throws Exception {
    NetworkConfig small =
        config
            .withPrepared(0)
            .withBridge(
                new NetworkConfig.DefaultBridge(
                    "gantry0",
                    true,
                    false,
                    List.of(
                        NetworkSpec.Pool.of(Subnet.parse("10.5.0.0/29"))
                            .withGateway(IpAddress.parse("10.5.0.1"))),
                    1500,
                    true,
                    true));
    try (Database database = Database.open(directory);
        Networks networks = opened(small, database)) {
      for (int i = 0; i < 5; i++) {
        attach(networks, "c" + i).close();
      }
      assertThatThrownBy(() -> attach(networks, "c5"))
          .isInstanceOf(NetworkException.class)
          .hasMessageContaining("no address is free in 10.5.0.0/29");
      networks.release("c3");
      await(networks::tidy);
      try (Sandbox sandbox = attach(networks, "c5")) {
        assertThat(sandbox.endpoints().getFirst().ipv4().orElseThrow()).hasToString("10.5.0.5/29");
      }
    }
  }

  @KernelTest
  void close_withoutContainers_leavesNothing() {
    try (Database database = Database.open(directory)) {
      Networks networks = opened(config, database);
      networks.close();
      networks.close();
      await(() -> devices.links().size() == 1);
      try (Nftables filter = host.inside(Nftables::open)) {
        assertThat(filter.run("list ruleset")).isEmpty();
      }
    }
  }

  @KernelTest
  void restart_keepsTheLivingAndFreesTheDead() throws Exception {
    Process living;
    Endpoint livingEndpoint;
    Endpoint deadEndpoint;
    try (Database database = Database.open(directory)) {
      Networks networks = opened(config, database);
      try (Sandbox sandbox = attach(networks, "living");
          Sandbox dead = attach(networks, "dead")) {
        living = processIn(sandbox);
        livingEndpoint = sandbox.endpoints().getFirst();
        deadEndpoint = dead.endpoints().getFirst();
      }
      networks.close();
    }
    try (Database database = Database.open(directory);
        NetworkNamespace inside = NetworkNamespace.ofProcess(living.pid());
        Networks networks = opened(config, database, Map.of("living", living.pid()))) {
      int bridge = devices.link("gantry0").orElseThrow().index();
      stray(bridge);
      networks.repair(Map.of("living", living.pid()));
      await(networks::tidy);
      assertThat(networks.endpoints("living")).containsExactly(livingEndpoint);
      assertThat(networks.endpoints("dead")).isEmpty();
      assertThat(devices.link(deadEndpoint.hostDevice())).isEmpty();
      assertThat(devices.link("vethstray")).isEmpty();
      assertThat(echo(inside, host, "172.17.0.2")).isEqualTo("172.17.0.1");
      try (Sandbox sandbox = attach(networks, "new")) {
        assertThat(sandbox.endpoints().getFirst().ipv4().orElseThrow())
            .isNotEqualTo(livingEndpoint.ipv4().orElseThrow());
      }
    } finally {
      living.destroyForcibly().waitFor();
    }
  }

  @KernelTest
  void repair_bridgeRemovedByHand_plugsTheLivingInAgain() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        Sandbox sandbox = attach(networks, "living");
        NetworkNamespace inside = copy(sandbox)) {
      Process living = processIn(sandbox);
      try {
        String device = sandbox.endpoints().getFirst().hostDevice();
        devices.delete(devices.link(device).orElseThrow().index());
        networks.repair(Map.of("living", living.pid()));
        assertThat(echo(inside, host, "172.17.0.2")).isEqualTo("172.17.0.1");
        devices.change(devices.link(device).orElseThrow().index(), LinkChange.none().master(0));
        networks.repair(Map.of("living", living.pid()));
        assertThat(echo(inside, host, "172.17.0.2")).isEqualTo("172.17.0.1");
      } finally {
        living.destroyForcibly().waitFor();
      }
    }
  }

  @KernelTest
  void open_clashWithARoute_takesTheNextSubnet() throws Exception {
    int other = devices.createBridge("other", LinkChange.none().up());
    devices.addAddress(other, ip("172.17.9.1"), 24);
    devices.addRoute(
        new Route(
            ip("172.18.0.0"),
            20,
            Optional.of(ip("172.17.9.2")),
            OptionalInt.of(other),
            Route.MAIN));
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      assertThat(networks.find("bridge").orElseThrow().subnet(false))
          .contains(Subnet.parse("172.19.0.0/16"));
    }
  }

  @KernelTest
  void open_poolsExhausted_saysWhatToSet() {
    int other = devices.createBridge("other", LinkChange.none().up());
    devices.addAddress(other, ip("10.0.0.1"), 8);
    try (Database database = Database.open(directory)) {
      assertThatThrownBy(
              () ->
                  Networks.open(
                      config.withPools(List.of(AddressPool.parse("base=10.1.0.0/16,size=24"))),
                      database))
          .isInstanceOf(NetworkException.class)
          .hasMessageContaining("default-address-pools");
    }
  }

  @KernelTest
  void open_nameOfAnotherDevice_isRefused() {
    devices
        .batch("x")
        .createVeth(LinkChange.none().name("gantry0"), LinkChange.none().name("v1"))
        .send();
    try (Database database = Database.open(directory)) {
      assertThatThrownBy(() -> opened(config, database))
          .hasMessageContaining("cannot use device 'gantry0' as a bridge");
    }
  }

  @KernelTest
  void severalEngines_doNotClash() throws Exception {
    NetworkConfig secondConfig =
        NetworkConfig.of(Path.of("/run/other")).withHost(host).withPrepared(1);
    try (Database database = Database.open(directory.resolve("a"));
        Database secondDatabase = Database.open(directory.resolve("b"));
        Networks first = opened(config, database);
        Networks second = opened(secondConfig, secondDatabase);
        Sandbox one = attach(first, "c1");
        Sandbox two = attach(second, "c1");
        NetworkNamespace inOne = copy(one);
        NetworkNamespace inTwo = copy(two)) {
      assertThat(two.endpoints().getFirst().ipv4().orElseThrow()).hasToString("172.18.0.2/16");
      assertThat(echo(host, inOne, "172.17.0.1")).isEqualTo("172.17.0.2");
      assertThat(echo(host, inTwo, "172.18.0.1")).isEqualTo("172.18.0.2");
      assertThatThrownBy(() -> echo(inTwo, inOne, "172.18.0.2")).isInstanceOf(IOException.class);
    }
  }
}
