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
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Networks that users make: who reaches whom in them, and what does not get out.
class UserNetworksTest extends NetworksFixture {
  private static final NetworkSpec FIRST = bridge("first", "10.1.0.0/24");
  private static final NetworkSpec SECOND = bridge("second", "10.2.0.0/24");

  // making

  @KernelTest
  void create_hasBridgeAddressesAndRules_removeTakesThem() {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        Nftables filter = host.inside(Nftables::open)) {
      List<String> before = names();
      String rulesBefore = filter.run("list table inet gantry");
      Network network = networks.create(both("n", "10.1.0.0/24", "fd01::/64"));
      assertThat(network.device()).isEqualTo("br-" + network.id().substring(0, 12));
      int index = devices.link(network.device()).orElseThrow().index();
      assertThat(Bridge.addresses(devices, index))
          .extracting(Subnet.Interface::toString)
          .containsExactlyInAnyOrder("10.1.0.1/24", "fd01::1/64", "fe80::1/64");
      assertThat(filter.run("list set inet gantry bridges")).contains(network.device());
      networks.remove(network);
      assertThat(names()).isEqualTo(before);
      assertThat(filter.run("list table inet gantry")).isEqualTo(rulesBefore);
      assertThat(networks.find("n")).isEmpty();
      assertThat(NetworkStore.open(database).networks())
          .extracting(Network::name)
          .doesNotContain("n");
    }
  }

  @KernelTest
  void create_wrong_isRefusedAndLeavesNothing() {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network _ = networks.create(FIRST);
      List<String> before = names();
      refused(networks, bridge("first", "10.9.0.0/24"), "network with name first already exists");
      refused(networks, bridge("x", "10.1.0.128/25"), "10.1.0.128/25 is in use by network first");
      refused(networks, bridge("x", "10.0.0.0/8"), "Pool overlaps with other one");
      refused(
          networks,
          SECOND.withOptions(Map.of(BridgeOptions.NAME, "gantry0")),
          "networks have same bridge name");
      refused(
          networks, SECOND.withOptions(Map.of(BridgeOptions.NAME, "lo")), "a device of that name");
      refused(
          networks,
          SECOND.withOptions(Map.of(BridgeOptions.NAME, "sixteen-letters0")),
          "invalid bridge name 'sixteen-letters0'");
      refused(
          networks, SECOND.withOptions(Map.of(BridgeOptions.MTU, "-1")), "invalid MTU number: -1");
      refused(
          networks,
          SECOND.withPools(
              true,
              false,
              List.of(
                  NetworkSpec.Pool.of(Subnet.parse("10.2.0.0/24")),
                  NetworkSpec.Pool.of(Subnet.parse("10.3.0.0/24")))),
          "bridge driver doesn't support multiple subnets");
      assertThat(names()).isEqualTo(before);
      assertThat(networks.list()).hasSize(4);
    }
  }

  @KernelTest
  void create_withoutSubnet_avoidsRoutesAndOtherNetworks() {
    int other = devices.createBridge("other", LinkChange.none().up());
    devices.addAddress(other, ip("172.18.5.1"), 24);
    List<AddressPool> pools = new ArrayList<>(AddressPool.DEFAULTS);
    pools.add(AddressPool.parse("base=fd77::/48,size=64"));
    try (Database database = Database.open(directory);
        Networks networks = opened(config.withPools(pools), database)) {
      Network first = networks.create(NetworkSpec.of("a", Network.Driver.BRIDGE));
      Network second =
          networks.create(
              NetworkSpec.of("b", Network.Driver.BRIDGE).withPools(true, true, List.of()));
      assertThat(first.subnet(false)).contains(Subnet.parse("172.19.0.0/16"));
      assertThat(second.subnet(false)).contains(Subnet.parse("172.20.0.0/16"));
      assertThat(second.subnet(true)).contains(Subnet.parse("fd77::/64"));
    }
  }

  @KernelTest
  void options_giveNameMtuAndDevices() {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network network =
          networks.create(
              FIRST.withOptions(
                  Map.of(
                      BridgeOptions.NAME,
                      "mybridge",
                      BridgeOptions.MTU,
                      "1400",
                      "com.docker.network.container_iface_prefix",
                      "net")));
      try (Sandbox sandbox = networks.attach("c", List.of(EndpointRequest.in(network)));
          NetworkNamespace inside = copy(sandbox);
          RouteSocket container = RouteSocket.openIn(inside)) {
        assertThat(devices.link("mybridge").orElseThrow().mtu()).isEqualTo(1400);
        assertThat(container.link("net0").orElseThrow().mtu()).isEqualTo(1400);
      }
    }
  }

  // places

  @KernelTest
  void attach_severalNetworks_oneDefaultRouteByPriority() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network first = networks.create(FIRST);
      Network second = networks.create(both("second", "10.2.0.0/24", "fd02::/64"));
      EndpointRequest fixed =
          EndpointRequest.in(second)
              .withIpv4(IpAddress.parse("10.2.0.77"))
              .withMac(MacAddress.parse("02:42:00:00:00:77"));
      try (Sandbox sandbox =
              networks.attach("c", List.of(onBridge(networks), EndpointRequest.in(first), fixed));
          NetworkNamespace inside = copy(sandbox);
          RouteSocket container = RouteSocket.openIn(inside)) {
        assertThat(container.links())
            .extracting(Link::name)
            .containsExactly("lo", "eth0", "eth1", "eth2");
        assertThat(container.link("eth2").orElseThrow().mac()).hasToString("02:42:00:00:00:77");
        assertThat(echo(inside, host, "10.2.0.77")).isEqualTo("10.2.0.1");
        assertThat(echo(host, inside, "fd02::1")).isEqualTo("fd02:0:0:0:0:0:0:2");
        assertThat(gateways(container))
            .containsExactlyInAnyOrder("172.17.0.1", "fd02:0:0:0:0:0:0:1");
        networks.release("c");
        await(networks::tidy);
      }
    }
  }

  @KernelTest
  void connectAndDisconnect_ofTheRunning_moveTheDefaultRouteAndBreakNothing() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network first = networks.create(FIRST);
      Network second = networks.create(SECOND);
      EndpointRequest important =
          new EndpointRequest(
              second,
              Optional.empty(),
              Optional.empty(),
              List.of(),
              Optional.empty(),
              List.of("c"),
              Map.of(),
              7,
              true);
      try (Sandbox sandbox = networks.attach("c", List.of(EndpointRequest.in(first)));
          NetworkNamespace inside = copy(sandbox);
          RouteSocket container = RouteSocket.openIn(inside);
          Talk talk = new Talk(inside, host, "10.1.0.2")) {
        Process living = processIn(sandbox);
        try {
          assertThat(gateways(container)).containsExactly("10.1.0.1");
          Endpoint endpoint = networks.connect("c", living.pid(), important);
          assertThat(endpoint.device()).isEqualTo("eth1");
          assertThat(networks.endpoints("c"))
              .extracting(Endpoint::networkId)
              .containsExactly(second.id(), first.id());
          assertThat(gateways(container)).containsExactly("10.2.0.1");
          assertThat(echo(inside, host, "10.2.0.2")).isEqualTo("10.2.0.1");
          talk.goOn();
          assertThatThrownBy(() -> networks.connect("c", living.pid(), important))
              .hasMessageContaining("already exists in network second");
          assertThatThrownBy(() -> networks.remove(second))
              .hasMessageContaining("active endpoints");
          networks.disconnect("c", Optional.of(living.pid()), second);
          assertThat(gateways(container)).containsExactly("10.1.0.1");
          assertThat(container.link("eth1")).isEmpty();
          talk.goOn();
          networks.remove(second);
        } finally {
          living.destroyForcibly().waitFor();
        }
      }
    }
  }

  @KernelTest
  void attach_whoseListenerRefuses_leavesNothing() {
    try (Database database = Database.open(directory)) {
      try (Networks networks = Networks.open(config, database)) {
        List<String> told = new ArrayList<>();
        networks.add(
            new EndpointListener() {
              @Override
              public void changed(String containerId, List<Endpoint> endpoints) {
                told.add("changed " + endpoints.getFirst().names());
                throw new NetworkException("no");
              }

              @Override
              public void left(String containerId) {
                told.add("left " + containerId);
              }
            });
        networks.repair(Map.of());
        Network network = networks.create(FIRST);
        EndpointRequest request =
            EndpointRequest.in(network)
                .withIpv4(IpAddress.parse("10.1.0.9"))
                .withNames(List.of("web"));
        assertThatThrownBy(() -> networks.attach("c", List.of(request))).hasMessage("no");
        await(networks::tidy);
        assertThat(told).containsExactly("changed [web]", "left c");
        assertThat(networks.endpoints("c")).isEmpty();
        assertThat(NetworkStore.open(database).endpoints()).isEmpty();
        assertThat(plugged(network)).isZero();
        assertThatThrownBy(() -> networks.attach("c", List.of(request))).hasMessage("no");
        await(networks::tidy);
        networks.remove(network);
      }
    }
  }

  @KernelTest
  void attach_takenOrOutsideAddress_isRefusedAndLeavesNothing() {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network first = networks.create(FIRST);
      Network second = networks.create(SECOND);
      EndpointRequest taken = EndpointRequest.in(second).withIpv4(IpAddress.parse("10.2.0.1"));
      assertThatThrownBy(() -> networks.attach("c", List.of(EndpointRequest.in(first), taken)))
          .hasMessage("Address already in use: 10.2.0.1 in network second");
      assertThatThrownBy(
              () ->
                  networks.attach(
                      "c",
                      List.of(EndpointRequest.in(first).withIpv4(IpAddress.parse("10.3.0.1")))))
          .hasMessageContaining("10.3.0.1");
      await(networks::tidy);
      assertThat(plugged(first) + plugged(second)).isZero();
      networks.remove(first);
      networks.remove(second);
    }
  }

  // isolation

  @KernelTest
  void networks_doNotReachEachOther_norByForgedAddresses() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network first = networks.create(both("first", "10.1.0.0/24", "fd01::/64"));
      Network second = networks.create(both("second", "10.2.0.0/24", "fd02::/64"));
      try (Sandbox one = networks.attach("c1", List.of(EndpointRequest.in(first).unbound()));
          Sandbox two = networks.attach("c2", List.of(EndpointRequest.in(second)));
          NetworkNamespace attacker = copy(one);
          NetworkNamespace victim = copy(two);
          RouteSocket forging = RouteSocket.openIn(attacker)) {
        assertThat(arrives(attacker, "10.1.0.2", victim, "10.2.0.2")).isFalse();
        assertThat(arrives(attacker, "fd01::2", victim, "fd02::2")).isFalse();
        assertThatThrownBy(() -> echo(victim, attacker, "10.2.0.2"))
            .isInstanceOf(IOException.class);
        int eth0 = forging.link("eth0").orElseThrow().index();
        forging.addAddress(eth0, ip("10.2.0.99"), 32); // one of the other network
        forging.addAddress(eth0, ip("fd02::99"), 128);
        forging.addAddress(eth0, ip("192.0.2.9"), 32); // one of nobody's
        assertThat(arrives(attacker, "10.2.0.99", victim, "10.2.0.2")).isFalse();
        assertThat(arrives(attacker, "fd02::99", victim, "fd02::2")).isFalse();
        assertThat(arrives(attacker, "192.0.2.9", victim, "10.2.0.2")).isFalse();
        assertThat(arrives(attacker, "10.2.0.99", host, "10.1.0.1")).isFalse();
        assertThat(arrives(host, "10.2.0.1", victim, "10.2.0.2")).isTrue(); // the way is good
        networks.release("c1");
        networks.release("c2");
      }
      await(networks::tidy);
    }
  }

  @KernelTest
  void neighbour_cannotBeImpersonated() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network network = networks.create(both("first", "10.1.0.0/24", "fd01::/64"));
      EndpointRequest request = EndpointRequest.in(network);
      try (Sandbox one = networks.attach("c1", List.of(request));
          Sandbox two = networks.attach("c2", List.of(request));
          Sandbox three = networks.attach("c3", List.of(request.unbound()));
          NetworkNamespace attacker = copy(one);
          NetworkNamespace victim = copy(two);
          NetworkNamespace router = copy(three);
          RouteSocket forging = RouteSocket.openIn(attacker);
          RouteSocket allowed = RouteSocket.openIn(router)) {
        assertThat(arrives(attacker, "10.1.0.2", victim, "10.1.0.3")).isTrue();
        assertThat(arrives(attacker, "fd01::2", victim, "fd01::3")).isTrue();
        int eth0 = forging.link("eth0").orElseThrow().index();
        forging.addAddress(eth0, ip("10.1.0.50"), 32);
        forging.addAddress(eth0, ip("fd01::50"), 128);
        assertThat(arrives(attacker, "10.1.0.50", victim, "10.1.0.3")).isFalse();
        assertThat(arrives(attacker, "fd01::50", victim, "fd01::3")).isFalse();
        forging.change(eth0, LinkChange.none().mac(MacAddress.parse("02:42:0a:01:00:03")));
        assertThat(arrives(attacker, "10.1.0.2", victim, "10.1.0.3")).isFalse();
        int routerEth0 = allowed.link("eth0").orElseThrow().index();
        allowed.addAddress(routerEth0, ip("10.1.0.60"), 32);
        assertThat(arrives(router, "10.1.0.60", victim, "10.1.0.3")).isTrue();
        for (String container : List.of("c1", "c2", "c3")) {
          networks.release(container);
        }
      }
      await(networks::tidy);
      try (Nftables filter = host.inside(Nftables::open)) {
        assertThat(filter.run("list set bridge gantry ipv4")).doesNotContain("10.1.0.");
      }
    }
  }

  @KernelTest
  void loopbackOfTheHost_isOutOfReach() throws Exception {
    devices.change(1, LinkChange.none().up());
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network network = networks.create(FIRST);
      host.inside(
          () -> { // as a host has it that publishes ports on its loopback
            Sysctl.write("net/ipv4/conf/all/route_localnet", "1");
            return true;
          });
      try (Sandbox sandbox = networks.attach("c", List.of(EndpointRequest.in(network).unbound()));
          NetworkNamespace attacker = copy(sandbox);
          RouteSocket forging = RouteSocket.openIn(attacker)) {
        attacker.inside(
            () -> {
              Sysctl.write("net/ipv4/conf/all/route_localnet", "1");
              return true;
            });
        forging.removeAddress(1, ip("127.0.0.1"), 8); // 127.0.0.0/8 is its own no more
        forging.addRoute(
            new Route(
                ip("127.0.0.99"),
                32,
                Optional.of(ip("10.1.0.1")),
                OptionalInt.of(forging.link("eth0").orElseThrow().index()),
                Route.MAIN));
        assertThat(arrives(attacker, "10.1.0.2", host, "127.0.0.99")).isFalse();
        assertThat(arrives(attacker, "10.1.0.2", host, "10.1.0.1")).isTrue();
        networks.release("c");
      }
    }
  }

  @KernelTest
  void internal_reachesItsGatewayAndNeighboursAlone() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database);
        NetworkNamespace outside = NetworkNamespace.create();
        RouteSocket beyond = outside("192.0.2", outside)) {
      Network network = networks.create(FIRST.inside());
      try (Sandbox one = networks.attach("c1", List.of(EndpointRequest.in(network)));
          Sandbox two = networks.attach("c2", List.of(EndpointRequest.in(network)));
          NetworkNamespace container = copy(one);
          NetworkNamespace neighbour = copy(two);
          RouteSocket inside = RouteSocket.openIn(container)) {
        assertThat(gateways(inside)).isEmpty();
        inside.addRoute(Route.byDefault(ip("10.1.0.1"), inside.link("eth0").orElseThrow().index()));
        beyond.addRoute(Route.byDefault(ip("192.0.2.1"), 2));
        assertThat(arrives(container, "10.1.0.2", neighbour, "10.1.0.3")).isTrue();
        assertThat(arrives(container, "10.1.0.2", host, "10.1.0.1")).isTrue();
        assertThat(arrives(container, "10.1.0.2", host, "192.0.2.1")).isFalse();
        assertThat(arrives(container, "10.1.0.2", outside, "192.0.2.2")).isFalse();
        assertThat(arrives(outside, "192.0.2.2", container, "10.1.0.2")).isFalse();
        networks.release("c1");
        networks.release("c2");
      }
    }
  }

  @KernelTest
  void withoutInterContainer_neighboursAreApart() throws Exception {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network network =
          networks.create(FIRST.withOptions(Map.of(BridgeOptions.INTER_CONTAINER, "false")));
      try (Sandbox one = networks.attach("c1", List.of(EndpointRequest.in(network)));
          Sandbox two = networks.attach("c2", List.of(EndpointRequest.in(network)));
          NetworkNamespace container = copy(one);
          NetworkNamespace neighbour = copy(two);
          RouteSocket inside = RouteSocket.openIn(container)) {
        assertThat(arrives(container, "10.1.0.2", neighbour, "10.1.0.3")).isFalse();
        assertThat(arrives(container, "10.1.0.2", host, "10.1.0.1")).isTrue();
        inside.addRoute( // by way of the host
            new Route(
                ip("10.1.0.3"),
                32,
                Optional.of(ip("10.1.0.1")),
                OptionalInt.of(inside.link("eth0").orElseThrow().index()),
                Route.MAIN));
        assertThat(arrives(container, "10.1.0.2", neighbour, "10.1.0.3")).isFalse();
        networks.release("c1");
        networks.release("c2");
      }
    }
  }

  @KernelTest
  void rulesOfOthers_stayAsTheyAre() {
    try (Nftables filter = host.inside(Nftables::open)) {
      String _ =
          filter.run(
              """
              table inet theirs {
                set s { type ipv4_addr; elements = { 192.0.2.1 } }
                chain c { type filter hook forward priority 5; policy accept; ip saddr @s drop; }
              }
              """);
      String before = filter.run("list ruleset");
      try (Database database = Database.open(directory)) {
        try (Networks networks = opened(config, database)) {
          Network network = networks.create(FIRST);
          networks.attach("c", List.of(EndpointRequest.in(network))).close();
          assertThat(filter.run("list table inet theirs")).isEqualTo(before.stripTrailing() + "\n");
          networks.release("c");
          await(networks::tidy);
          networks.remove(network);
        }
      }
      assertThat(filter.run("list ruleset")).isEqualTo(before);
    }
  }

  // across engines

  @KernelTest
  void restart_keepsNetworksPlacesAndConnections() throws Exception {
    Process living;
    List<Endpoint> endpoints;
    Network network;
    try (Database database = Database.open(directory)) {
      Networks networks = opened(config, database); // killed: never closed
      network = networks.create(both("first", "10.1.0.0/24", "fd01::/64"));
      try (Sandbox sandbox =
          networks.attach(
              "c",
              List.of(
                  EndpointRequest.in(network).withNames(List.of("web", "w")),
                  onBridge(networks)))) {
        living = processIn(sandbox);
        endpoints = sandbox.endpoints();
      }
    }
    try (Database database = Database.open(directory);
        NetworkNamespace inside = NetworkNamespace.ofProcess(living.pid());
        Talk talk = new Talk(inside, host, "10.1.0.2")) {
      List<List<Endpoint>> told = new ArrayList<>();
      try (Networks networks = Networks.open(config, database)) {
        networks.add(
            new EndpointListener() {
              @Override
              public void changed(String containerId, List<Endpoint> changed) {
                told.add(changed);
              }

              @Override
              public void left(String containerId) {}
            });
        networks.repair(Map.of("c", living.pid()));
        talk.goOn();
        assertThat(networks.find("first")).contains(network);
        assertThat(networks.endpoints("c")).isEqualTo(endpoints);
        assertThat(told).containsExactly(endpoints);
        assertThat(echo(inside, host, "fd01::2")).isEqualTo("fd01:0:0:0:0:0:0:1");
        assertThatThrownBy(
                () ->
                    networks.attach(
                        "d",
                        List.of(EndpointRequest.in(network).withIpv4(IpAddress.parse("10.1.0.2")))))
            .hasMessageContaining("Address already in use");
        devices.delete(devices.link(network.device()).orElseThrow().index());
      }
      try (Networks networks = opened(config, database, Map.of("c", living.pid()))) {
        assertThat(echo(inside, host, "10.1.0.2")).isEqualTo("10.1.0.1"); // made again
        networks.release("c");
        await(networks::tidy);
      }
    } finally {
      living.destroyForcibly().waitFor();
    }
  }

  @KernelTest
  void macvlan_isOnTheParentsLinkBesideTheHost() throws Exception {
    int parent = devices.createBridge("parent", LinkChange.none().up());
    devices.addAddress(parent, ip("10.7.0.1"), 24);
    NetworkSpec spec =
        NetworkSpec.of("m", Network.Driver.MACVLAN)
            .withOptions(Map.of("parent", "parent"))
            .withPools(true, false, List.of(NetworkSpec.Pool.of(Subnet.parse("10.8.0.0/24"))));
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      refused(
          networks,
          spec.withOptions(Map.of("parent", "nosuch")),
          "invalid parent interface nosuch");
      refused(
          networks,
          spec.withOptions(Map.of("macvlan_mode", "foo")),
          "requested macvlan mode 'foo' is not valid");
      Network network = networks.create(spec);
      try (Sandbox one = networks.attach("c1", List.of(EndpointRequest.in(network)));
          Sandbox two = networks.attach("c2", List.of(EndpointRequest.in(network)));
          NetworkNamespace first = copy(one);
          NetworkNamespace second = copy(two)) {
        assertThat(arrives(first, "10.8.0.2", second, "10.8.0.3")).isTrue();
        assertThat(arrives(first, "10.8.0.2", host, "10.7.0.1")).isFalse();
        networks.release("c1");
        networks.release("c2");
      }
      networks.remove(network);
      assertThat(devices.link("parent")).isPresent();
      Network alone = networks.create(spec.withOptions(Map.of())); // with a parent of its own
      assertThat(devices.link(alone.device())).isPresent();
      networks.remove(alone);
      assertThat(devices.link(alone.device())).isEmpty();
    }
  }

  // the world around

  private static NetworkSpec bridge(String name, String subnet) {
    return NetworkSpec.of(name, Network.Driver.BRIDGE)
        .withPools(true, false, List.of(NetworkSpec.Pool.of(Subnet.parse(subnet))));
  }

  private static NetworkSpec both(String name, String ipv4, String ipv6) {
    return NetworkSpec.of(name, Network.Driver.BRIDGE)
        .withPools(
            true,
            true,
            List.of(
                NetworkSpec.Pool.of(Subnet.parse(ipv4)), NetworkSpec.Pool.of(Subnet.parse(ipv6))));
  }

  private static void refused(Networks networks, NetworkSpec spec, String words) {
    assertThatThrownBy(() -> networks.create(spec))
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining(words);
  }

  private List<String> names() {
    return devices.links().stream()
        .map(Link::name)
        .filter(name -> !name.startsWith("veth"))
        .sorted()
        .toList();
  }

  private long plugged(Network network) {
    int index = devices.link(network.device()).orElseThrow().index();
    return devices.links().stream().filter(link -> link.master().orElse(0) == index).count();
  }

  private static List<String> gateways(RouteSocket inside) {
    return inside.routes().stream()
        .filter(route -> route.prefixLength() == 0)
        .flatMap(route -> route.gateway().stream())
        .map(InetAddress::getHostAddress)
        .toList();
  }

  /// Whether a datagram from an address of one namespace comes to an address of another. Sent
  /// several times: the first may be lost to a neighbour that is not known yet.
  private static boolean arrives(
      NetworkNamespace from, String source, NetworkNamespace to, String destination)
      throws IOException {
    try (DatagramSocket receiver = to.inside(() -> new DatagramSocket(0, ip(destination)));
        DatagramSocket sender = from.inside(() -> new DatagramSocket(0, ip(source)))) {
      receiver.setSoTimeout(
          300); // a neighbour that was not found is asked for again after a second
      byte[] bytes = "hello".getBytes(StandardCharsets.US_ASCII);
      InetSocketAddress target = new InetSocketAddress(ip(destination), receiver.getLocalPort());
      for (int i = 0; i < 4; i++) {
        try {
          sender.send(new DatagramPacket(bytes, bytes.length, target));
          receiver.receive(new DatagramPacket(new byte[8], 8));
          return true;
        } catch (SocketTimeoutException _) { // once more
        } catch (IOException _) { // no way there at all
          return false;
        }
      }
      return false;
    }
  }

  /// A TCP connection that is open for a while.
  private static final class Talk implements AutoCloseable {
    private final Socket client;
    private final Socket accepted;

    Talk(NetworkNamespace to, NetworkNamespace from, String address) throws IOException {
      try (ServerSocket server = listening(to)) {
        client = from.inside(Socket::new);
        from.inside(() -> connectable(client));
        client.connect(
            new InetSocketAddress(ip(address), server.getLocalPort()), (int) PATIENCE.toMillis());
        client.setSoTimeout((int) PATIENCE.toMillis());
        accepted = server.accept();
      }
      goOn();
    }

    /// Something is said and heard.
    void goOn() throws IOException {
      accepted.getOutputStream().write(7);
      assertThat(client.getInputStream().read()).isEqualTo(7);
    }

    @Override
    public void close() throws IOException {
      client.close();
      accepted.close();
    }
  }

  @KernelTest
  void remove_whileContainerIsLeaving_waitsForIt() {
    try (Database database = Database.open(directory);
        Networks networks = opened(config, database)) {
      Network network = networks.create(FIRST);
      try (Sandbox _ = networks.attach("c1", List.of(EndpointRequest.in(network)))) {
        assertThatThrownBy(() -> networks.remove(network))
            .isInstanceOf(NetworkException.class)
            .hasMessageContaining("has active endpoints");
        networks.release("c1");
      }
      networks.remove(network);
      assertThat(networks.find(network.id())).isEmpty();
    }
  }
}
