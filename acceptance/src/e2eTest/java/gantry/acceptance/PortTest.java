package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.acceptance.harness.Background;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Neighbour;
import gantry.acceptance.harness.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/// Published ports as their users see them: from another machine, from the host itself, and from
/// other containers; and the host's firewall, which decides about them.
///
/// The daemon has a machine of its own, with a cable to a neighbour.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PortTest {
  private static final String HOST = Neighbour.HOST;
  private static final String SERVE = "exec nc -ll -p 80 -e echo here";

  private final GantryDaemon daemon = GantryDaemon.start();
  private final Neighbour neighbour = Neighbour.of(daemon);
  private final Cli cli = new Cli(daemon, "ports");

  @BeforeAll
  void load() {
    cli.ok("load", "-q", "-i", Checkout.image("busybox").toString());
  }

  @AfterAll
  void close() {
    neighbour.close();
    daemon.close();
  }

  /// A container that says `here` to everyone who comes to its port 80; returns its name.
  private String server(String... options) {
    List<String> line = new ArrayList<>(List.of("run", "-d"));
    line.addAll(List.of(options));
    String name = cli.name();
    line.addAll(List.of("--name", name, "busybox", "sh", "-c", SERVE));
    cli.ok(line.toArray(String[]::new));
    return name;
  }

  /// A line that reads what a port says; it fails when the port is closed.
  private static String read(String address, int port) {
    String once = "exec 3<>/dev/tcp/%s/%d; read -r line <&3; echo $line".formatted(address, port);
    return "for i in 1 2 3; do line=$(timeout 1 bash -c '%s' 2>/dev/null);".formatted(once)
        + " [ -z $line ] || { echo $line; exit 0; }; sleep 0.1; done; exit 1";
  }

  private void isOpen(Result read) {
    assertThat(read.text()).as(read.toString()).isEqualTo("here");
  }

  private void isClosed(Result read) {
    assertThat(read.exit()).as(read.toString()).isNotZero();
  }

  /// `docker port`, as numbers of the host.
  private int port(String container, String containerPort) {
    String line = cli.ok("port", container, containerPort).lines().findFirst().orElseThrow();
    return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
  }

  @Test
  void publish_port_isReachedFromEverywhere() {
    String name = server("-p", "18000:80");
    assertThat(cli.ok("port", name)).isEqualTo("80/tcp -> 0.0.0.0:18000");
    isOpen(neighbour.run(read(HOST, 18000)));
    isOpen(neighbour.onHost(read("127.0.0.1", 18000)));
    isOpen(neighbour.onHost(read(HOST, 18000)));
    for (String network : List.of("bridge", cli.network())) {
      assertThat(cli.ok("run", "--rm", "--network", network, "busybox", "nc", "-w2", HOST, "18000"))
          .as("from " + network)
          .isEqualTo("here");
    }
    // from the container itself, too
    assertThat(cli.ok("exec", name, "nc", "-w2", HOST, "18000")).isEqualTo("here");
    cli.ok("stop", "-t0", name);
    isClosed(neighbour.run(read(HOST, 18000)));
    cli.ok("start", name);
    isOpen(neighbour.run(read(HOST, 18000)));
    cli.ok("rm", "-f", name);
    isClosed(neighbour.run(read(HOST, 18000)));
  }

  @Test
  void publish_loopbackAddress_isForTheHostAlone() {
    String name = server("-p", "127.0.0.1:18010:80");
    assertThat(cli.ok("port", name)).isEqualTo("80/tcp -> 127.0.0.1:18010");
    isOpen(neighbour.onHost(read("127.0.0.1", 18010)));
    isClosed(neighbour.run(read(HOST, 18010)));
    // nor by a packet that is forged to go there
    neighbour.run("ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1/32 via 192.0.2.1");
    isClosed(neighbour.run(read("127.0.0.1", 18010)));
    neighbour.run("ip route del 127.0.0.1/32 via 192.0.2.1; ip addr add 127.0.0.1/8 dev lo");
  }

  @Test
  void publish_hostAddress_isThereOnly() {
    server("-p", HOST + ":18020:80");
    isOpen(neighbour.run(read(HOST, 18020)));
    isClosed(neighbour.onHost(read("127.0.0.1", 18020)));
  }

  @Test
  void publish_ranges_pairUpOrTakeTheFirstFree() {
    String name = server("-p", "18030-18032:80-82");
    assertThat(cli.ok("port", name).lines())
        .containsExactlyInAnyOrder(
            "80/tcp -> 0.0.0.0:18030", "81/tcp -> 0.0.0.0:18031", "82/tcp -> 0.0.0.0:18032");
    String next = server("-p", "18032-18034:80");
    assertThat(port(next, "80/tcp")).isEqualTo(18033);
    isOpen(neighbour.run(read(HOST, 18033)));
  }

  @Test
  void publish_random_isToldAndOpen() {
    String name = server("-p", "80");
    isOpen(neighbour.run(read(HOST, port(name, "80/tcp"))));
    String all = server("-P", "--expose", "80", "--expose", "81/udp");
    isOpen(neighbour.run(read(HOST, port(all, "80/tcp"))));
    assertThat(port(all, "81/udp")).isPositive();
  }

  @Test
  void publish_udp_answersFromOutsideAndLoopback() {
    String name = server("-p", "18040:81/udp");
    assertThat(cli.ok("port", name)).isEqualTo("81/udp -> 0.0.0.0:18040");
    try (Background _ =
        inside(
            name,
            "use Socket; socket(S, PF_INET, SOCK_DGRAM, 0) or die;"
                + " bind(S, sockaddr_in(81, INADDR_ANY)) or die;"
                + " while ($who = recv(S, $said, 99, 0)) { send(S, 're:'.$said, 0, $who); }")) {
      String ask =
          "for i in 1 2 3 4 5; do exec 3<>/dev/udp/%s/18040; echo -n hi >&3;"
              + " said=$(timeout 1 head -c 5 <&3); [ -z $said ] || { echo $said; exit 0; }; sleep 0.2; done;"
              + " exit 1";
      assertThat(neighbour.run(ask.formatted(HOST)).text()).isEqualTo("re:hi");
      assertThat(neighbour.onHost(ask.formatted("127.0.0.1")).text()).isEqualTo("re:hi");
    }
  }

  @Test
  void publish_sctp_isReachedFromOutside() {
    String name = server("-p", "18045:82/sctp");
    assertThat(cli.ok("port", name)).isEqualTo("82/sctp -> 0.0.0.0:18045");
    String socket = "use Socket; socket(S, PF_INET, SOCK_STREAM, 132) or exit 77; ";
    Result has = neighbour.onHost("perl -e '" + socket + "'");
    assumeTrue(has.exit() != 77, "this kernel has no SCTP");
    try (Background _ =
        inside(
            name,
            socket
                + "bind(S, sockaddr_in(82, INADDR_ANY)) or die; listen(S, 9) or die;"
                + " while (accept(C, S)) { syswrite(C, 'here'); close(C); }")) {
      Result said =
          neighbour.run(
              "for i in 1 2 3 4 5; do timeout 2 perl -e '"
                  + socket
                  + "connect(S, sockaddr_in(18045, inet_aton(\"192.0.2.1\"))) or exit 1;"
                  + " sysread(S, $said, 99); print $said' && break; sleep 0.2; done");
      isOpen(said);
    }
  }

  private Background onHost(String program) {
    return new Background(
        List.of("nsenter", "--net=/run/netns/" + daemon.id(), "perl", "-e", program), Map.of());
  }

  /// A perl program in a container's network.
  private Background inside(String container, String program) {
    String pid = cli.inspect(container, "{{.State.Pid}}");
    return new Background(List.of("nsenter", "-t", pid, "-n", "perl", "-e", program), Map.of());
  }

  @Test
  void publish_ipv6_isReachedByIt() {
    String network = cli.network("--ipv6");
    String name = server("--network", network, "-p", "18050:80");
    assertThat(cli.ok("port", name).lines())
        .containsExactlyInAnyOrder("80/tcp -> 0.0.0.0:18050", "80/tcp -> [::]:18050");
    isOpen(neighbour.run(read(Neighbour.HOST6, 18050)));
    isOpen(neighbour.run(read(HOST, 18050)));
    String only = server("--network", network, "-p", "[" + Neighbour.HOST6 + "]:18051:80");
    assertThat(cli.ok("port", only)).isEqualTo("80/tcp -> [" + Neighbour.HOST6 + "]:18051");
    isOpen(neighbour.run(read(Neighbour.HOST6, 18051)));
    isClosed(neighbour.run(read(HOST, 18051)));
  }

  @Test
  void publish_takenByContainer_namesItAndStartsNothing() {
    String holder = server("-p", "18060:80");
    String late = cli.name();
    Result refused =
        cli.run("run", "-d", "-p", "18060:80", "--name", late, "busybox", "sleep", "600");
    assertThat(refused.exit()).isEqualTo(125);
    assertThat(refused.stderr())
        .contains("Bind for 0.0.0.0:18060 failed: port is already allocated")
        .contains(holder);
    assertThat(cli.inspect(late, "{{.State.Status}} {{.State.Pid}} {{.NetworkSettings.Ports}}"))
        .isEqualTo("created 0 map[]");
    cli.ok("rm", "-f", holder);
    cli.ok("start", late);
    assertThat(cli.ok("port", late)).isEqualTo("80/tcp -> 0.0.0.0:18060");
  }

  @Test
  void publish_takenByProgram_namesItAndStartsNothing() {
    String late = cli.name();
    try (Background listener =
        onHost(
            "use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or die;"
                + " bind(S, sockaddr_in(18070, INADDR_ANY)) or die; listen(S, 9) or die;"
                + " $| = 1; print 'listens'; sleep 600")) {
      listener.awaitOutput("listens");
      Result refused =
          cli.run("run", "-d", "-p", "18070:80", "--name", late, "busybox", "sleep", "600");
      assertThat(refused.exit()).isEqualTo(125);
      assertThat(refused.stderr())
          .contains("0.0.0.0:18070")
          .contains("address already in use")
          .contains("perl")
          .contains(String.valueOf(listener.process().pid()));
      assertThat(cli.inspect(late, "{{.State.Status}} {{.State.Pid}}")).isEqualTo("created 0");
    }
  }

  @Test
  void firewallOfTheHost_decidesAboutPublishedPorts() {
    server("-p", "18080:80");
    server("-p", "18081:80");
    isOpen(neighbour.run(read(HOST, 18081)));
    neighbour
        .onHost(
            "nft 'table inet own { chain in { type filter hook input priority 0; policy drop;"
                + " iifname lo accept; ct state established,related accept;"
                + " ip protocol icmp accept; tcp dport 18080 accept;"
                + " tcp dport 18000-18079 accept; }; }'")
        .expect(0);
    try {
      isOpen(neighbour.run(read(HOST, 18080)));
      isClosed(neighbour.run(read(HOST, 18081)));
      isOpen(neighbour.onHost(read("127.0.0.1", 18081)));
    } finally {
      neighbour.onHost("nft delete table inet own").expect(0);
    }
    isOpen(neighbour.run(read(HOST, 18081)));
  }
}
