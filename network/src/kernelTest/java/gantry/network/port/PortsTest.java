package gantry.network.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.nftables.Nftables;
import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.Route;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.network.EndpointRequest;
import gantry.network.IpAddress;
import gantry.network.Network;
import gantry.network.NetworkConfig;
import gantry.network.NetworkException;
import gantry.network.NetworkSpec;
import gantry.network.Networks;
import gantry.network.Sandbox;
import gantry.network.Subnet;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Published ports with real packets: a host, a machine beyond it, and containers, each a namespace
/// of the test's own. The machine beyond is a neighbour that routes what it likes to the host.
class PortsTest {
  private static final int PATIENCE = 3000;
  private static final int NEVER = 400; // long enough for what does arrive

  @TempDir private Path directory;

  private final NetworkNamespace host = NetworkNamespace.create();
  private final NetworkNamespace outside = NetworkNamespace.create();
  private final RouteSocket devices = RouteSocket.openIn(host);
  private final NetworkConfig config =
      NetworkConfig.of(Path.of("/run/gantry")).withHost(host).withPrepared(1);
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Nftables filter = host.inside(Nftables::open);
  private Database database;
  private Networks networks;
  private Ports ports;

  @BeforeEach
  void open() {
    host.inside(
        () -> {
          Files.writeString(Path.of("/proc/sys/net/ipv4/conf/all/rp_filter"), "1");
          Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), "1");
          return true;
        });
    uplink();
    start();
  }

  private void start() {
    database = Database.open(directory);
    networks = Networks.open(config, database);
    ports = Ports.open(config, networks, database, id -> "name-of-" + id);
    networks.add(ports);
  }

  private void repair(Map<String, Long> running) {
    networks.repair(running);
    ports.repair();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    stop();
    filter.close();
    devices.close();
    outside.close();
    host.close();
  }

  private void stop() {
    ports.close();
    networks.close();
    database.close();
  }

  @KernelTest
  void port_isReachedFromEverywhere() throws Exception {
    repair(Map.of());
    NetworkNamespace container = container("c1", "bridge", tcp(8080, 80), udp(8080, 80));
    NetworkNamespace other = container("c2", "bridge");
    NetworkNamespace elsewhere = containerElsewhere("c3");
    serve(container, 80);
    serveDatagrams(container, 80);
    assertThat(ports.published("c1"))
        .extracting(PublishedPort::host)
        .containsExactly("0.0.0.0:8080", "0.0.0.0:8080");
    for (int i = 0; i < 3; i++) {
      assertThat(ask(outside, "192.0.2.1", 8080)).as("the client itself").isEqualTo("192.0.2.2");
    }
    assertThat(ask(host, "127.0.0.1", 8080)).isEqualTo("172.17.0.1");
    assertThat(ask(host, "127.0.0.7", 8080)).isEqualTo("172.17.0.1");
    assertThat(ask(host, "192.0.2.1", 8080)).isEqualTo("192.0.2.1");
    for (NetworkNamespace from : List.of(container, other, elsewhere)) {
      assertThat(ask(from, "172.17.0.1", 8080)).isNotEmpty();
      assertThat(ask(from, "192.0.2.1", 8080)).isNotEmpty();
    }
    assertThat(askByDatagram(outside, "192.0.2.1", 8080, 10)).isEqualTo("192.0.2.2 10");
    assertThat(askByDatagram(outside, "192.0.2.1", 8080, 5000)).isEqualTo("192.0.2.2 5000");
    assertThat(askByDatagram(host, "127.0.0.1", 8080, 10)).isEqualTo("172.17.0.1 10");
    assertThat(askByDatagram(other, "192.0.2.1", 8080, 10)).endsWith(" 10");
    assertUnreachable(outside, "172.17.0.2", 80);
  }

  /// A host that denies what comes in, as ufw, firewalld and most rule sets of people's own do.
  @KernelTest
  void hostsFirewall_decidesWhoComesIn() throws Exception {
    repair(Map.of());
    NetworkNamespace container = container("c1", "bridge", tcp(8080, 80), udp(8080, 80));
    serve(container, 80);
    serveDatagrams(container, 80);
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    run(
        """
        table inet filter {
          set open {
            type inet_service
          }
          chain input {
            type filter hook input priority filter; policy drop;
            ct state established,related accept
            iifname "lo" accept
            ip saddr 192.0.2.2 tcp dport @open accept
            ip saddr 192.0.2.2 udp dport @open accept
          }
        }
        """);
    assertUnreachable(outside, "192.0.2.1", 8080);
    assertThatThrownBy(() -> askByDatagram(outside, "192.0.2.1", 8080, 1))
        .isInstanceOf(IOException.class);
    assertThat(ask(host, "127.0.0.1", 8080)).isEqualTo("172.17.0.1");
    assertThat(ask(container, "192.0.2.1", 8080)).isNotEmpty();
    run("add element inet filter open { 8080 }");
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    assertThat(askByDatagram(outside, "192.0.2.1", 8080, 1)).isEqualTo("192.0.2.2 1");
    run("flush set inet filter open");
    assertUnreachable(outside, "192.0.2.1", 8080);
  }

  /// A host whose administrator lets nothing be forwarded but what came in by the entrance.
  @KernelTest
  void hostsFirewall_thatForwardsNothing_letsTheEntranceThrough() throws Exception {
    repair(Map.of());
    NetworkNamespace container = container("c1", "bridge", tcp(8080, 80));
    serve(container, 80);
    run(
        """
        table inet filter {
          chain forward {
            type filter hook forward priority filter; policy drop;
            ct state established,related accept
          }
        }
        """);
    assertUnreachable(outside, "192.0.2.1", 8080);
    run("add rule inet filter forward iifname \"gantry-in\" accept");
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
  }

  @KernelTest
  void loopback_isTheHostsAlone() throws Exception {
    repair(Map.of());
    NetworkNamespace container = container("c1", "bridge", at("127.0.0.1", 8080, 80));
    NetworkNamespace other = container("c2", "bridge", tcp(8081, 80));
    serve(container, 80);
    serve(other, 80);
    serve(host, "127.0.0.1", 9999);
    assertThat(ask(host, "127.0.0.1", 8080)).isEqualTo("172.17.0.1");
    for (NetworkNamespace from : List.of(outside, container, other)) {
      assertUnreachable(from, "192.0.2.1", 8080);
    }
    // who routes 127.0.0.1 to the host: a neighbour, and a container that may do as it likes
    routeLoopback(outside, "192.0.2.1");
    routeLoopback(other, "172.17.0.1");
    for (NetworkNamespace from : List.of(outside, other)) {
      for (int port : new int[] {8080, 8081, 9999}) {
        assertUnreachable(from, "127.0.0.1", port);
      }
    }
    assertThat(ask(outside, "192.0.2.1", 8081)).isEqualTo("192.0.2.2");
  }

  @KernelTest
  void address_ofTheHost_isTheOnlyOne() throws Exception {
    repair(Map.of());
    NetworkNamespace container = container("c1", "bridge", at("192.0.2.1", 8080, 80));
    NetworkNamespace other = container("c2", "bridge", at("127.0.0.1", 8080, 81));
    serve(container, 80);
    serve(other, 81);
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    assertThat(ask(host, "192.0.2.1", 8080)).isEqualTo("192.0.2.1");
    assertThat(ask(host, "127.0.0.1", 8080)).isEqualTo("172.17.0.1");
    assertUnreachable(other, "172.17.0.1", 8080);
    assertThatThrownBy(() -> container("c3", "bridge", at("192.0.2.77", 8080, 80)))
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining("192.0.2.77:8080/tcp: cannot assign requested address");
  }

  @KernelTest
  void takenPort_namesItsHolder_andNothingIsLeft() throws Exception {
    repair(Map.of());
    NetworkNamespace _ = container("c1", "bridge", tcp(8080, 80));
    assertThatThrownBy(() -> container("c2", "bridge", tcp(8081, 80), tcp(8080, 81)))
        .isInstanceOf(NetworkException.class)
        .hasMessageContaining(
            "driver failed programming external connectivity on endpoint name-of-c2")
        .hasMessageContaining(
            "Bind for 0.0.0.0:8080 failed: port is already allocated: container 'name-of-c1' has it");
    assertThat(ports.published("c2")).isEmpty();
    assertThat(networks.endpoints("c2")).isEmpty();
    assertThatThrownBy(() -> container("c2", "bridge", at("192.0.2.1", 8080, 81)))
        .hasMessageContaining("192.0.2.1:8080 failed: port is already allocated");
    try (ServerSocket server = host.inside(() -> new ServerSocket(9000))) {
      assertThatThrownBy(() -> container("c2", "bridge", tcp(9000, 80)))
          .hasMessageContaining("0.0.0.0:9000/tcp: address already in use: process 'java' (pid ")
          .hasMessageContaining("" + ProcessHandle.current().pid());
      assertThat(server.isBound()).isTrue();
    }
    NetworkNamespace container = container("c2", "bridge", tcp(8081, 80), tcp(9000, 80));
    serve(container, 80);
    assertThat(ask(outside, "192.0.2.1", 9000)).isEqualTo("192.0.2.2");
    assertThatThrownBy(() -> host.inside(() -> new ServerSocket(8081)))
        .as("the host's own programs hear that it is taken")
        .hasMessageContaining("in use");
  }

  @KernelTest
  void portAfterConnections_isHadAtOnce() throws Exception {
    repair(Map.of());
    try (ServerSocket server = host.inside(() -> new ServerSocket(8080));
        Socket client = connected(host, "127.0.0.1", 8080);
        Socket accepted = server.accept()) {
      accepted.shutdownOutput(); // first: this side remembers the connection
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    serve(container("c1", "bridge", tcp(8080, 80)), 80);
    assertThat(ask(host, "127.0.0.1", 8080)).isEqualTo("172.17.0.1");
  }

  @KernelTest
  void rangesAndRandomPorts_areTheNextFreeOnes() throws Exception {
    repair(Map.of());
    PortRequest range =
        new PortRequest(Protocol.TCP, 80, Optional.empty(), new PortRange(8000, 8002));
    PortRequest any = new PortRequest(Protocol.TCP, 80, Optional.empty(), PortRange.ANY);
    NetworkNamespace _ = container("c1", "bridge", any, range, tcp(8000, 81));
    assertThat(ports.published("c1")).extracting(PublishedPort::hostPort).contains(8000, 8001);
    NetworkNamespace second = container("c2", "bridge", range, any, any);
    List<PublishedPort> published = ports.published("c2");
    assertThat(published)
        .extracting(PublishedPort::hostPort)
        .contains(8002)
        .doesNotHaveDuplicates();
    assertThatThrownBy(() -> container("c3", "bridge", range))
        .hasMessageContaining("Bind for 0.0.0.0:8000-8002 failed: all ports are allocated");
    serve(second, 80);
    for (PublishedPort port : published) {
      assertThat(ask(outside, "192.0.2.1", port.hostPort())).isEqualTo("192.0.2.2");
    }
    networks.release("c1");
    NetworkNamespace _ = container("c3", "bridge", range);
    assertThat(ports.published("c3")).extracting(PublishedPort::hostPort).containsExactly(8000);
  }

  @KernelTest
  void end_leavesNothing() throws Exception {
    repair(Map.of());
    String before = rules();
    NetworkNamespace container =
        container(
            "c1",
            "bridge",
            tcp(8080, 80),
            new PortRequest(Protocol.SCTP, 80, Optional.empty(), new PortRange(8080, 8080)));
    serve(container, 80);
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    assertThat(filter.run("list map ip gantry_ports targets"))
        .contains("sctp . 8080 : 172.17.0.2 . 80");
    networks.release("c1");
    networks.release("c1");
    assertThat(rules()).isEqualTo(before);
    assertThat(devices.link("gantry-in")).isEmpty();
    assertThat(devices.link("gantry-out")).isEmpty();
    try (ServerSocket server = host.inside(() -> new ServerSocket(8080))) {
      assertThat(server.isBound()).isTrue();
    }
    assertThat(PortStore.open(database).all()).isEmpty();
  }

  @KernelTest
  void restart_breaksNoConnection_andKeepsThePorts() throws Exception {
    repair(Map.of());
    PortRequest any = new PortRequest(Protocol.TCP, 81, Optional.empty(), PortRange.ANY);
    Sandbox sandbox = attach("c1", "bridge", tcp(8080, 80), any);
    NetworkNamespace container = copy(sandbox);
    Process living = processIn(sandbox);
    Sandbox _ = attach("dead", "bridge", tcp(8090, 80));
    List<PublishedPort> before = ports.published("c1");
    try (ServerSocket server = container.inside(() -> new ServerSocket(80));
        Socket client = connected(outside, "192.0.2.1", 8080);
        Socket accepted = server.accept();
        Socket local = connected(host, "127.0.0.1", 8080);
        Socket acceptedLocal = server.accept()) {
      stop();
      echo(client, accepted);
      start();
      echo(local, acceptedLocal);
      repair(Map.of("c1", living.pid()));
      echo(client, accepted);
      echo(local, acceptedLocal);
    }
    assertThat(ports.published("c1")).isEqualTo(before);
    assertThat(ports.published("dead")).isEmpty();
    serve(container, 80);
    serve(container, 81);
    for (PublishedPort port : before) {
      assertThat(ask(outside, "192.0.2.1", port.hostPort())).isEqualTo("192.0.2.2");
    }
    assertThatThrownBy(() -> container("c2", "bridge", tcp(8080, 80)))
        .hasMessageContaining("port is already allocated");
    assertUnreachable(outside, "192.0.2.1", 8090);
    living.destroyForcibly().waitFor();
  }

  @KernelTest
  void datagramsUnderWay_findTheNewWay() throws Exception {
    repair(Map.of());
    try (DatagramSocket client = outside.inside(() -> new DatagramSocket())) {
      client.connect(new InetSocketAddress(ip("192.0.2.1"), 8080));
      client.setSoTimeout(NEVER);
      assertThatThrownBy(() -> ask(client, 1)).isInstanceOf(IOException.class);
      serveDatagrams(container("c1", "bridge", udp(8080, 80)), 80);
      assertThat(ask(client, 2)).isEqualTo("192.0.2.2 2");
      networks.release("c1");
      serveDatagrams(container("c2", "bridge", udp(8080, 80)), 80);
      assertThat(ask(client, 3)).isEqualTo("192.0.2.2 3");
    }
  }

  @KernelTest
  void ipv6_isReachedFromEverywhere() throws Exception {
    repair(Map.of());
    networks.create(
        NetworkSpec.of("six", Network.Driver.BRIDGE)
            .withPools(true, true, List.of(NetworkSpec.Pool.of(Subnet.parse("fd00:6::/64")))));
    NetworkNamespace container = container("c1", "six", tcp(8080, 80), udp(8080, 80));
    NetworkNamespace other = container("c2", "six");
    serve(container, 80);
    serveDatagrams(container, 80);
    assertThat(ports.published("c1"))
        .extracting(PublishedPort::host)
        .containsExactly("0.0.0.0:8080", "[::]:8080", "0.0.0.0:8080", "[::]:8080");
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    assertThat(ask(outside, "2001:db8::1", 8080)).isEqualTo("2001:db8:0:0:0:0:0:2");
    assertThat(ask(host, "2001:db8::1", 8080)).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThatThrownBy(() -> connected(host, "::1", 8080).close())
        .as("nobody at ::1, and that at once")
        .isInstanceOf(ConnectException.class);
    assertThat(ask(other, "2001:db8::1", 8080)).isNotEmpty();
    assertThat(ask(container, "2001:db8::1", 8080)).isNotEmpty();
    assertThat(askByDatagram(outside, "2001:db8::1", 8080, 9)).isEqualTo("2001:db8:0:0:0:0:0:2 9");
    run(
        """
        table inet filter {
          chain input {
            type filter hook input priority filter; policy drop;
            ip6 nexthdr ipv6-icmp accept
          }
        }
        """);
    assertUnreachable(outside, "2001:db8::1", 8080);
  }

  @KernelTest
  void network_changedWhileRunning_takesThePortsAlong() throws Exception {
    repair(Map.of());
    Network second = networks.create(NetworkSpec.of("second", Network.Driver.BRIDGE));
    Sandbox sandbox = attach("c1", "bridge", tcp(8080, 80));
    NetworkNamespace container = copy(sandbox);
    Process living = processIn(sandbox);
    serve(container, 80);
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    networks.connect("c1", living.pid(), EndpointRequest.in(second));
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    networks.disconnect("c1", Optional.of(living.pid()), networks.find("bridge").orElseThrow());
    assertThat(ask(outside, "192.0.2.1", 8080)).isEqualTo("192.0.2.2");
    assertThat(filter.run("list map ip gantry_ports targets"))
        .contains("tcp . 8080 : 172.18.0.2 . 80")
        .doesNotContain("172.17.0.2");
    living.destroyForcibly().waitFor();
  }

  @KernelTest
  void internalNetwork_publishesNothing() throws Exception {
    repair(Map.of());
    networks.create(NetworkSpec.of("inside", Network.Driver.BRIDGE).inside());
    NetworkNamespace container = container("c1", "inside", tcp(8080, 80));
    serve(container, 80);
    assertThat(ports.published("c1")).isEmpty();
    assertUnreachable(outside, "192.0.2.1", 8080);
    serve(container("c2", "bridge", tcp(8081, 80)), 80);
    assertUnreachable(container, "192.0.2.1", 8081);
  }

  // the world around

  private static PortRequest tcp(int hostPort, int port) {
    return new PortRequest(Protocol.TCP, port, Optional.empty(), new PortRange(hostPort, hostPort));
  }

  private static PortRequest udp(int hostPort, int port) {
    return new PortRequest(Protocol.UDP, port, Optional.empty(), new PortRange(hostPort, hostPort));
  }

  private static PortRequest at(String address, int hostPort, int port) {
    return new PortRequest(
        Protocol.TCP,
        port,
        Optional.of(IpAddress.parse(address)),
        new PortRange(hostPort, hostPort));
  }

  private Sandbox attach(String id, String network, PortRequest... requests) {
    ports.want(id, List.of(requests));
    Sandbox sandbox =
        networks.attach(id, List.of(EndpointRequest.in(networks.find(network).orElseThrow())));
    opened.add(sandbox);
    return sandbox;
  }

  /// All rules but the table that binds devices to addresses, which names pairs made ahead too.
  private String rules() {
    return filter.run("list ruleset").replaceFirst("(?s)table bridge gantry \\{.*?\n\\}\n", "");
  }

  private NetworkNamespace container(String id, String network, PortRequest... requests) {
    return copy(attach(id, network, requests));
  }

  private NetworkNamespace containerElsewhere(String id) {
    networks.create(NetworkSpec.of("elsewhere", Network.Driver.BRIDGE));
    return container(id, "elsewhere");
  }

  private NetworkNamespace copy(Sandbox sandbox) {
    NetworkNamespace namespace = NetworkNamespace.adopt(sandbox.namespace().duplicate());
    opened.add(namespace);
    return namespace;
  }

  private Process processIn(Sandbox sandbox) throws Exception {
    String path = "/proc/" + ProcessHandle.current().pid() + "/fd/" + sandbox.namespace().value();
    Process process = new ProcessBuilder("nsenter", "--net=" + path, "sleep", "1000").start();
    opened.add(process::destroyForcibly);
    try (NetworkNamespace inside = NetworkNamespace.adopt(sandbox.namespace().duplicate())) {
      while (process.isAlive() && !inside.holds(process.pid())) {
        Thread.sleep(2);
      }
    }
    return process;
  }

  private void uplink() {
    try (RouteSocket beyond = RouteSocket.openIn(outside)) {
      devices
          .batch("an uplink")
          .createVeth(
              LinkChange.none().name("uplink"),
              LinkChange.none().name("eth0").namespace(outside.fd()))
          .change("lo", LinkChange.none().up())
          .change("uplink", LinkChange.none().up())
          .send();
      beyond.batch("the other side").change("eth0", LinkChange.none().up()).send();
      int near = devices.link("uplink").orElseThrow().index();
      int far = beyond.link("eth0").orElseThrow().index();
      devices.addAddress(near, ip("192.0.2.1"), 24);
      devices.addAddress(near, ip("2001:db8::1"), 64);
      beyond.addAddress(far, ip("192.0.2.2"), 24);
      beyond.addAddress(far, ip("2001:db8::2"), 64);
      beyond.addRoute(Route.byDefault(ip("192.0.2.1"), far));
    }
  }

  /// Sends what is for 127.0.0.1 to the host.
  private static void routeLoopback(NetworkNamespace from, String gateway) {
    from.inside(
        () -> Files.writeString(Path.of("/proc/sys/net/ipv4/conf/eth0/route_localnet"), "1"));
    try (RouteSocket inside = RouteSocket.openIn(from)) {
      inside.change(1, LinkChange.none().down());
      inside.addRoute(
          new Route(
              ip("127.0.0.1"),
              32,
              Optional.of(ip(gateway)),
              OptionalInt.of(inside.link("eth0").orElseThrow().index()),
              Route.MAIN));
    }
  }

  private void run(String commands) {
    assertThat(filter.run(commands)).isEmpty();
  }

  private void serve(NetworkNamespace in, int port) {
    serve(in, "::", port);
  }

  /// Tells whoever connects who he is.
  private void serve(NetworkNamespace in, String address, int port) {
    ServerSocket server = in.inside(() -> new ServerSocket(port, 50, ip(address)));
    opened.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  try (Socket socket = server.accept()) {
                    socket
                        .getOutputStream()
                        .write(
                            socket
                                .getInetAddress()
                                .getHostAddress()
                                .getBytes(StandardCharsets.US_ASCII));
                  }
                }
              } catch (IOException _) {
                // closed
              }
            });
  }

  private void serveDatagrams(NetworkNamespace in, int port) {
    DatagramSocket server = in.inside(() -> new DatagramSocket(port));
    opened.add(server);
    Thread.ofVirtual()
        .start(
            () -> {
              DatagramPacket packet = new DatagramPacket(new byte[10_000], 10_000);
              try {
                while (true) {
                  packet.setLength(10_000);
                  server.receive(packet);
                  byte[] answer =
                      (packet.getAddress().getHostAddress() + " " + packet.getLength())
                          .getBytes(StandardCharsets.US_ASCII);
                  server.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
              } catch (IOException _) {
                // closed
              }
            });
  }

  private static String ask(NetworkNamespace from, String address, int port) throws IOException {
    try (Socket socket = connected(from, address, port)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private static Socket connected(NetworkNamespace from, String address, int port)
      throws IOException {
    return connected(from, address, port, PATIENCE);
  }

  private static Socket connected(NetworkNamespace from, String address, int port, int millis)
      throws IOException {
    Socket socket =
        from.inside(
            () -> {
              Socket made = new Socket();
              made.setSoTimeout(millis); // the kernel's socket is made here, in the namespace
              return made;
            });
    try {
      socket.connect(new InetSocketAddress(ip(address), port), millis);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static void assertUnreachable(NetworkNamespace from, String address, int port) {
    assertThatThrownBy(() -> connected(from, address, port, NEVER).close())
        .as("%s port %d", address, port)
        .isInstanceOf(IOException.class);
  }

  private static String askByDatagram(NetworkNamespace from, String address, int port, int length)
      throws IOException {
    try (DatagramSocket socket = from.inside(() -> new DatagramSocket())) {
      socket.connect(new InetSocketAddress(ip(address), port));
      socket.setSoTimeout(NEVER);
      return ask(socket, length);
    }
  }

  private static String ask(DatagramSocket socket, int length) throws IOException {
    socket.send(new DatagramPacket(new byte[length], length));
    DatagramPacket answer = new DatagramPacket(new byte[100], 100);
    socket.receive(answer);
    return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
  }

  private static void echo(Socket client, Socket accepted) throws IOException {
    client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
    accepted.setSoTimeout(PATIENCE);
    accepted.getOutputStream().write(accepted.getInputStream().readNBytes(5));
    client.setSoTimeout(PATIENCE);
    assertThat(client.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
  }

  private static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }
}
