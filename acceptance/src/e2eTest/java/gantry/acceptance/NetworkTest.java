package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Networks of one's own, as the client and the containers in them see them.
@E2e
class NetworkTest {
  private static final String SERVE = "exec nc -ll -p 80 -e echo here";

  private final Cli cli;

  NetworkTest(Cli cli) {
    this.cli = cli;
  }

  private String in(String network, String... options) {
    return started(network, "exec sleep 600", options);
  }

  private String started(String network, String script, String... options) {
    List<String> line = new ArrayList<>(List.of("run", "-d", "--network", network));
    line.addAll(List.of(options));
    String name = cli.name();
    line.addAll(List.of("--name", name, "busybox", "sh", "-c", script));
    cli.ok(line.toArray(String[]::new));
    return name;
  }

  private String place(String container, String network, String field) {
    return cli.inspect(
        container, "{{(index .NetworkSettings.Networks \"%s\").%s}}".formatted(network, field));
  }

  private Result exec(String container, String line) {
    return cli.run("exec", container, "sh", "-c", line);
  }

  @Test
  void create_subnetRangeGateway_areKept() {
    String network =
        cli.network(
            "--subnet=10.91.0.0/16",
            "--ip-range=10.91.5.0/24",
            "--gateway=10.91.0.254",
            "--aux-address=router=10.91.5.1");
    String name = in(network);
    assertThat(place(name, network, "IPAddress")).startsWith("10.91.5.").isNotEqualTo("10.91.5.1");
    assertThat(place(name, network, "Gateway")).isEqualTo("10.91.0.254");
    assertThat(exec(name, "ip route").stdout()).contains("default via 10.91.0.254 dev eth0");
    assertThat(exec(name, "ping -c1 -w5 10.91.0.254").exit()).isZero();
    assertThat(cli.ok("network", "inspect", "-f", "{{json .IPAM.Config}}", network))
        .isEqualTo(
            "[{\"Subnet\":\"10.91.0.0/16\",\"IPRange\":\"10.91.5.0/24\",\"Gateway\":\"10.91.0.254\","
                + "\"AuxiliaryAddresses\":{\"router\":\"10.91.5.1\"}}]");
    assertThat(
            cli.ok(
                "network",
                "inspect",
                "-f",
                "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}",
                network))
        .isEqualTo(name + " " + place(name, network, "IPAddress") + "/16");
  }

  @Test
  void staticAddress_isKeptAndHeldAndFreed() {
    String network = cli.network("--subnet=10.92.0.0/24");
    String name = in(network, "--ip", "10.92.0.9");
    assertThat(place(name, network, "IPAddress")).isEqualTo("10.92.0.9");
    cli.ok("restart", "-t0", name);
    assertThat(exec(name, "ip -4 addr show eth0").stdout()).contains("10.92.0.9/24");
    String late = cli.name();
    Result taken =
        cli.run(
            "run",
            "-d",
            "--network",
            network,
            "--ip",
            "10.92.0.9",
            "--name",
            late,
            "busybox",
            "true");
    assertThat(taken.exit()).isEqualTo(125);
    assertThat(taken.stderr()).contains("Address already in use");
    assertThat(cli.inspect(late, "{{.State.Status}}")).isEqualTo("created");
    cli.ok("rm", "-f", name);
    cli.ok("start", "-a", late);
    assertThat(cli.inspect(late, "{{.State.ExitCode}}")).isEqualTo("0");
  }

  @Test
  void connect_runningContainer_hasOneMoreDevice() {
    String first = cli.network("--subnet=10.93.0.0/24");
    String second = cli.network("--subnet=10.93.1.0/24");
    String name = in(first);
    String other = in(second);
    assertThat(exec(name, "ping -c1 -w1 " + place(other, second, "IPAddress")).exit()).isNotZero();
    cli.ok("network", "connect", "--ip", "10.93.1.77", second, name);
    assertThat(exec(name, "ip -4 addr show eth1").stdout()).contains("10.93.1.77/24");
    assertThat(exec(name, "ping -c1 -w5 " + place(other, second, "IPAddress")).exit()).isZero();
    assertThat(exec(name, "ip route").stdout()).contains("default via 10.93.0.1 dev eth0");
    cli.ok("restart", "-t0", name);
    assertThat(place(name, second, "IPAddress")).isEqualTo("10.93.1.77");
    cli.ok("network", "disconnect", second, name);
    assertThat(exec(name, "ip addr show eth1").exit()).isNotZero();
    assertThat(cli.inspect(name, "{{len .NetworkSettings.Networks}}")).isEqualTo("1");
    cli.ok("network", "disconnect", first, name);
    cli.ok("network", "connect", first, name);
    assertThat(exec(name, "ip route").stdout()).contains("default via 10.93.0.1");
  }

  @Test
  void internal_network_leadsNowhere() {
    String network = cli.network("--internal", "--subnet=10.94.0.0/24");
    String name = in(network);
    String other = in(network);
    assertThat(exec(name, "ip route").stdout()).doesNotContain("default");
    assertThat(exec(name, "ping -c1 -w5 " + place(other, network, "IPAddress")).exit()).isZero();
    String outside = in("bridge");
    String address = cli.inspect(outside, "{{.NetworkSettings.IPAddress}}");
    // nor with a route of its own
    String admin = in(network, "--cap-add", "NET_ADMIN");
    exec(admin, "ip route add default via 10.94.0.1");
    assertThat(exec(admin, "ping -c1 -w1 " + address).exit()).isNotZero();
  }

  @Test
  void ipv6_network_hasBothKindsOfAddresses() {
    String network = cli.network("--ipv6", "--subnet=fd00:95::/64", "--subnet=10.95.0.0/24");
    String name = in(network);
    String other = in(network, "--ip6", "fd00:95::99");
    assertThat(place(other, network, "GlobalIPv6Address")).isEqualTo("fd00:95::99");
    assertThat(place(name, network, "GlobalIPv6Address")).startsWith("fd00:95::");
    assertThat(exec(name, "ping -6 -c1 -w5 fd00:95::99").exit()).isZero();
    assertThat(exec(name, "ip -6 route").stdout()).contains("default via fd00:95::1");
  }

  @Test
  void networks_cannotReachEachOther() {
    String first = cli.network();
    String second = cli.network();
    String server = started(first, SERVE, "-p", "127.0.0.1::80");
    String address = place(server, first, "IPAddress");
    String near = in(first);
    String far = in(second, "--cap-add", "NET_ADMIN");
    Await.until(
        "the server's answer", () -> exec(near, "nc -w2 " + address + " 80").text().equals("here"));
    for (String other : List.of(far, in("bridge"))) {
      assertThat(exec(other, "nc -w1 " + address + " 80").text()).isEmpty();
      assertThat(exec(other, "ping -c1 -w1 " + address).exit()).isNotZero();
    }
    // with an address of that network forged
    exec(far, "ip addr add " + address.replaceAll("\\d+$", "222") + "/32 dev eth0");
    assertThat(
            exec(far, "ping -c1 -w1 -I " + address.replaceAll("\\d+$", "222") + " " + address)
                .exit())
        .isNotZero();
  }

  @Test
  void host_loopbackServices_cannotBeReached() {
    started("host", "exec httpd -f -p 127.0.0.1:18999");
    String open = started("host", "exec nc -ll -p 18998 -e echo host");
    String ask = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w1 %s 18999";
    String network = cli.network();
    String gateway =
        cli.ok("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network);
    String name =
        in(network, "--cap-add", "NET_ADMIN", "--sysctl=net.ipv4.conf.all.route_localnet=1");
    Await.until(
        "the host's service",
        () -> exec(open, ask.formatted("127.0.0.1")).text().startsWith("HTTP/"));
    assertThat(exec(name, ask.formatted(gateway)).text()).isEmpty();
    // nor when packets for the loopback are sent out by force
    exec(name, "ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1/32 via " + gateway);
    assertThat(exec(name, ask.formatted("127.0.0.1")).text()).isEmpty();
    // while that the packets arrive is seen by a service that listens to all
    assertThat(exec(name, "nc -w2 " + gateway + " 18998").text()).isEqualTo("host");
  }

  @Test
  void daemonsSocket_isInNoContainer() {
    String name = in(cli.network());
    assertThat(exec(name, "cat /proc/net/unix; ls /run /var/run").stdout())
        .doesNotContain("gantry")
        .doesNotContain("docker");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "--subnet 10.96.0.0/24~Pool overlaps with other one on this address space",
        "--subnet 10.96.0.0/16~Pool overlaps with other one on this address space",
        "--subnet nonsense~nonsense",
        "--subnet 10.97.0.0/24 --gateway 10.97.0.300~no matching subnet for gateway 10.97.0.300",
        "--driver nosuch~nosuch",
        "--ipam-driver nosuch~nosuch",
        "--opt com.docker.network.driver.mtu=many~many",
        "--ipv4=false~IPv4 or IPv6 must be enabled",
        "--config-from nosuch~nosuch",
      })
  void create_badInput_isRefusedWithTheValue(String options, String complaint) {
    String held = cli.network("--subnet=10.96.0.0/24");
    try {
      String name = cli.name();
      List<String> line = new ArrayList<>(List.of("network", "create"));
      line.addAll(List.of(options.split(" ")));
      line.add(name);
      Result refused = cli.run(line.toArray(String[]::new));
      assertThat(refused.exit()).isEqualTo(1);
      assertThat(refused.stderr()).contains(complaint);
      assertThat(cli.run("network", "inspect", name).exit()).isEqualTo(1);
    } finally {
      cli.ok("network", "rm", held);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10.99.0.300, invalid IPv4 address: 10.99.0.300",
    "10.98.0.9, no configured subnet or ip-range contain the IP address 10.98.0.9",
    "nonsense, invalid IPv4 address: nonsense"
  })
  void run_badAddress_isRefusedAndLeavesNothingRunning(String address, String complaint) {
    String network = cli.network("--subnet=10.99.0.0/24");
    try {
      Result refused =
          cli.run(
              "run",
              "--network",
              network,
              "--ip",
              address,
              "--name",
              cli.name(),
              "busybox",
              "true");
      assertThat(refused.exit()).isEqualTo(125);
      assertThat(refused.stderr()).contains(complaint);
      assertThat(cli.ok("network", "inspect", "-f", "{{len .Containers}}", network)).isEqualTo("0");
    } finally {
      cli.removeAll();
    }
  }

  @Test
  void remove_usedNetwork_isRefused() {
    String network = cli.network();
    String name = in(network);
    Result refused = cli.run("network", "rm", network);
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.stderr()).contains(network).contains("has active endpoints").contains(name);
    cli.ok("rm", "-f", name);
    assertThat(cli.ok("network", "rm", network)).isEqualTo(network);
    assertThat(cli.run("network", "rm", network).stderr())
        .contains("network " + network + " not found");
  }

  @Test
  void remove_builtInNetworks_isRefused() {
    for (String network : List.of("bridge", "host", "none")) {
      assertThat(cli.run("network", "rm", network).stderr())
          .contains(network + " is a pre-defined network and cannot be removed");
    }
  }

  @Test
  void create_sameName_isRefused() {
    String network = cli.network();
    assertThat(cli.run("network", "create", network).stderr())
        .contains("network with name " + network + " already exists");
  }

  @Test
  void list_filters_chooseNetworks() {
    String network = cli.network("--label=kind=a" + cli.name());
    String label = cli.inspect(network, "{{.Labels.kind}}");
    assertThat(cli.ok("network", "ls", "--filter", "label=kind=" + label, "--format", "{{.Name}}"))
        .isEqualTo(network);
    String id = cli.inspect(network, "{{.Id}}");
    assertThat(cli.ok("network", "ls", "-q", "--no-trunc", "--filter", "id=" + id.substring(0, 20)))
        .isEqualTo(id);
    assertThat(
            cli.ok("network", "ls", "--filter", "driver=bridge", "--format", "{{.Name}}").lines())
        .contains(network, "bridge")
        .doesNotContain("host", "none");
  }

  @Test
  void prune_unusedNetworks_areRemoved() {
    String label = "--label=prune=" + cli.name();
    String used = cli.network(label);
    String unused = cli.network(label);
    String name = in(used);
    assertThat(cli.ok("network", "prune", "-f", "--filter", label.substring(2)))
        .isEqualTo("Deleted Networks:\n" + unused);
    assertThat(cli.ok("network", "inspect", "-f", "{{.Name}}", used)).isEqualTo(used);
    assertThat(exec(name, "ip addr show eth0").exit()).isZero();
  }
}
