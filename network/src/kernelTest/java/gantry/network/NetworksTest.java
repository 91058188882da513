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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/// The networks of an engine, on a host that is a namespace of the test's own.
class NetworksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir private Path directory;

  private final NetworkNamespace host = NetworkNamespace.create();
  private final RouteSocket devices = RouteSocket.openIn(host);
  private final NetworkConfig config =
      NetworkConfig.of(Path.of("/run/gantry")).withHost(host).withPrepared(2);

  @AfterEach
  void close() {
    devices.close();
    host.close();
  }

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
    NetworkConfig apart = config.withInterContainer(false);
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
        config.withPrepared(0).withAddress(Optional.of(Subnet.Interface.parse("10.5.0.1/29")));
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

  // the world around

  /// The networks with all that is made ahead of need made: the order of addresses is then sure.
  private static Networks opened(NetworkConfig config, Database database) {
    return opened(config, database, Map.of());
  }

  /// @param running a process of each container that an earlier engine started
  private static Networks opened(
      NetworkConfig config, Database database, Map<String, Long> running) {
    Networks networks = Networks.open(config, database);
    networks.repair(running);
    await(() -> networks.readyCount() == 2 * config.prepared());
    return networks;
  }

  private static EndpointRequest onBridge(Networks networks) {
    return EndpointRequest.in(networks.find("bridge").orElseThrow());
  }

  private static Sandbox attach(Networks networks, String container) {
    return networks.attach(container, List.of(onBridge(networks)));
  }

  private static void await(BooleanSupplier fact) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!fact.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /// A network beyond the host, `<net>.1` here and `<net>.2` there; returns the other side's
  /// devices.
  private RouteSocket outside(String net, NetworkNamespace outside) {
    devices
        .batch("an uplink")
        .createVeth(
            LinkChange.none().name("uplink"),
            LinkChange.none().name("eth0").namespace(outside.fd()))
        .change("uplink", LinkChange.none().up())
        .send();
    devices.addAddress(devices.link("uplink").orElseThrow().index(), ip(net + ".1"), 24);
    RouteSocket beyond = RouteSocket.openIn(outside);
    beyond
        .batch("the other side")
        .change(1, LinkChange.none().up())
        .change(2, LinkChange.none().up())
        .addAddress(2, ip(net + ".2"), 24)
        .send();
    return beyond;
  }

  private void stray(int bridge) {
    devices
        .batch("a stray")
        .createVeth(LinkChange.none().name("vethstray"), LinkChange.none().name("vethother"))
        .change("vethstray", LinkChange.none().master(bridge))
        .send();
  }

  private static Process processIn(Sandbox sandbox) throws IOException, InterruptedException {
    String path = "/proc/" + ProcessHandle.current().pid() + "/fd/" + sandbox.namespace().value();
    Process process = new ProcessBuilder("nsenter", "--net=" + path, "sleep", "1000").start();
    try (NetworkNamespace inside = copy(sandbox)) {
      while (process.isAlive() && !inside.holds(process.pid())) {
        Thread.sleep(2);
      }
    }
    return process;
  }

  private static String setting(NetworkNamespace namespace, String name) {
    return namespace.inside(() -> Sysctl.read(name));
  }

  private static NetworkNamespace copy(Sandbox sandbox) {
    return NetworkNamespace.adopt(sandbox.namespace().duplicate());
  }

  private static ServerSocket listening(NetworkNamespace namespace) {
    return namespace.inside(() -> new ServerSocket(0));
  }

  /// Sends a line from one namespace to another and back; returns whom the server saw.
  private static String echo(NetworkNamespace to, NetworkNamespace from, String address)
      throws IOException {
    try (ServerSocket server = listening(to);
        Socket client = from.inside(Socket::new)) {
      from.inside(() -> connectable(client));
      client.connect(
          new InetSocketAddress(ip(address), server.getLocalPort()),
          (int) PATIENCE.toMillis() / 10);
      client.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
      server.setSoTimeout((int) PATIENCE.toMillis());
      try (Socket accepted = server.accept()) {
        accepted.getOutputStream().write(accepted.getInputStream().readNBytes(6));
        client.setSoTimeout((int) PATIENCE.toMillis());
        assertThat(new String(client.getInputStream().readNBytes(6), StandardCharsets.US_ASCII))
            .isEqualTo("hello\n");
        return accepted.getInetAddress().getHostAddress();
      }
    }
  }

  /// Java makes the kernel's socket when it is first needed: here, in the namespace.
  private static boolean connectable(Socket socket) throws IOException {
    socket.setReuseAddress(false);
    return true;
  }

  private static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }
}
