package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.state.Database;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/// An engine's networks on a host that is a namespace of the test's own, and what happens there.
abstract class NetworksFixture {
  static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir Path directory;

  final NetworkNamespace host = NetworkNamespace.create();
  final RouteSocket devices = RouteSocket.openIn(host);
  final NetworkConfig config =
      NetworkConfig.of(Path.of("/run/gantry")).withHost(host).withPrepared(2);

  @AfterEach
  void close() {
    devices.close();
    host.close();
  }

  // the world around

  /// The networks with all that is made ahead of need made: the order of addresses is then sure.
  static Networks opened(NetworkConfig config, Database database) {
    return opened(config, database, Map.of());
  }

  /// @param running a process of each container that an earlier engine started
  static Networks opened(NetworkConfig config, Database database, Map<String, Long> running) {
    Networks networks = Networks.open(config, database);
    networks.repair(running);
    await(() -> networks.readyCount() == 2 * config.prepared());
    return networks;
  }

  static EndpointRequest onBridge(Networks networks) {
    return EndpointRequest.in(networks.find("bridge").orElseThrow());
  }

  static Sandbox attach(Networks networks, String container) {
    return networks.attach(container, List.of(onBridge(networks)));
  }

  static void await(BooleanSupplier fact) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!fact.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /// A network beyond the host, `<net>.1` here and `<net>.2` there; returns the other side's
  /// devices.
  RouteSocket outside(String net, NetworkNamespace outside) {
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

  void stray(int bridge) {
    devices
        .batch("a stray")
        .createVeth(LinkChange.none().name("vethstray"), LinkChange.none().name("vethother"))
        .change("vethstray", LinkChange.none().master(bridge))
        .send();
  }

  static Process processIn(Sandbox sandbox) throws IOException, InterruptedException {
    String path = "/proc/" + ProcessHandle.current().pid() + "/fd/" + sandbox.namespace().value();
    Process process = new ProcessBuilder("nsenter", "--net=" + path, "sleep", "1000").start();
    try (NetworkNamespace inside = copy(sandbox)) {
      while (process.isAlive() && !inside.holds(process.pid())) {
        Thread.sleep(2);
      }
    }
    return process;
  }

  static String setting(NetworkNamespace namespace, String name) {
    return namespace.inside(() -> Sysctl.read(name));
  }

  static NetworkNamespace copy(Sandbox sandbox) {
    return NetworkNamespace.adopt(sandbox.namespace().duplicate());
  }

  static ServerSocket listening(NetworkNamespace namespace) {
    return namespace.inside(() -> new ServerSocket(0));
  }

  /// Sends a line from one namespace to another and back; returns whom the server saw.
  static String echo(NetworkNamespace to, NetworkNamespace from, String address)
      throws IOException {
    try (ServerSocket server = listening(to);
        Socket client = from.inside(Socket::new)) {
      from.inside(() -> connectable(client));
      client.connect(
          new InetSocketAddress(ip(address), server.getLocalPort()),
          (int) PATIENCE.toMillis() / 2); // a lost first packet is sent again after a second
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
  static boolean connectable(Socket socket) throws IOException {
    socket.setReuseAddress(false);
    return true;
  }

  static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }
}
