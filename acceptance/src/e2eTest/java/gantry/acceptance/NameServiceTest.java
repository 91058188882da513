package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Result;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What containers are called in their networks, asked by a container's own resolver.
@E2e
class NameServiceTest {
  private final Cli cli;

  NameServiceTest(Cli cli) {
    this.cli = cli;
  }

  private String in(String network, String... options) {
    List<String> line = new ArrayList<>(List.of("run", "-d", "--network", network));
    line.addAll(List.of(options));
    String name = cli.name();
    line.addAll(List.of("--name", name, "busybox", "sleep", "600"));
    cli.ok(line.toArray(String[]::new));
    return name;
  }

  private String address(String container, String network) {
    return cli.inspect(
        container, "{{(index .NetworkSettings.Networks \"" + network + "\").IPAddress}}");
  }

  private Result lookup(String from, String type, String name) {
    return cli.run("exec", from, "nslookup", "-type=" + type, name);
  }

  /// The addresses that a lookup tells, in its order; none when the name is not known.
  private List<String> addresses(String from, String type, String name) {
    return lookup(from, type, name).lines().stream()
        .skip(2) // the server's own
        .filter(line -> line.startsWith("Address"))
        .map(line -> line.replaceFirst("^Address[^:]*: *", ""))
        .toList();
  }

  private List<String> hosts(String container, String name) {
    return cli.ok("exec", container, "cat", "/etc/hosts")
        .lines()
        .filter(line -> List.of(line.split("\\s+")).contains(name))
        .map(line -> line.replaceFirst("\\s.*", ""))
        .toList();
  }

  @Test
  void link_onTheDefaultBridge_isALineInTheHostsFile_andFollowsTheOther() {
    String other = in("bridge");
    String from = in("bridge", "--link", other + ":db", "--link", other);
    assertThat(hosts(from, "db")).containsExactly(address(other, "bridge"));
    assertThat(hosts(from, other)).containsOnly(address(other, "bridge"));
    assertThat(cli.run("exec", from, "ping", "-c", "1", "db").exit()).isZero();

    cli.ok("stop", "-t", "0", other);
    String taker = in("bridge"); // of its address
    cli.ok("start", other);
    assertThat(address(other, "bridge")).isNotEqualTo(address(taker, "bridge"));
    assertThat(hosts(from, "db")).containsExactly(address(other, "bridge"));
  }

  @Test
  void link_onTheDefaultBridge_setsVariables() {
    String other = cli.name();
    cli.ok(
        ("run -d --name " + other + " -e PGDATA=/data -e EMPTY= --expose 5432 --expose 53/udp")
            .concat(" --expose 8000-8002 busybox sleep 600")
            .split(" "));
    String address = address(other, "bridge");
    String from = in("bridge", "--link", other + ":my-db", "-e", "MY_DB_PORT_53_UDP_PROTO=mine");
    List<String> expected =
        Stream.of(
                "ENV_EMPTY=",
                "ENV_PGDATA=/data",
                "NAME=/" + from + "/my-db",
                "PORT=tcp://IP:5432",
                "PORT_53_UDP=udp://IP:53",
                "PORT_53_UDP_ADDR=IP",
                "PORT_53_UDP_PORT=53",
                "PORT_53_UDP_PROTO=mine",
                "PORT_5432_TCP=tcp://IP:5432",
                "PORT_5432_TCP_ADDR=IP",
                "PORT_5432_TCP_PORT=5432",
                "PORT_5432_TCP_PROTO=tcp",
                "PORT_8000_TCP=tcp://IP:8000",
                "PORT_8000_TCP_ADDR=IP",
                "PORT_8000_TCP_END=tcp://IP:8002",
                "PORT_8000_TCP_PORT=8000",
                "PORT_8000_TCP_PORT_END=8002",
                "PORT_8000_TCP_PORT_START=8000",
                "PORT_8000_TCP_PROTO=tcp",
                "PORT_8000_TCP_START=tcp://IP:8000",
                "PORT_8001_TCP=tcp://IP:8001",
                "PORT_8001_TCP_ADDR=IP",
                "PORT_8001_TCP_PORT=8001",
                "PORT_8001_TCP_PROTO=tcp",
                "PORT_8002_TCP=tcp://IP:8002",
                "PORT_8002_TCP_ADDR=IP",
                "PORT_8002_TCP_PORT=8002",
                "PORT_8002_TCP_PROTO=tcp")
            .map(variable -> "MY_DB_" + variable.replace("IP", address))
            .toList();
    String first = "tr '\\0' '\\n' </proc/1/environ";
    for (String script : List.of(first, "env")) {
      assertThat(cli.ok("exec", from, "sh", "-c", script).lines().filter(l -> l.startsWith("MY_")))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void link_toWhatDoesNotRun_isRefusedOnTheDefaultBridge() {
    String other = cli.ok("create", "--name", cli.name(), "busybox", "true");
    Result refused = cli.run("run", "--rm", "--link", other + ":db", "busybox", "true");
    assertThat(refused.exit()).isEqualTo(125);
    assertThat(refused.stderr()).contains("Cannot link to a non running container: /");
    Result missing = cli.run("run", "--rm", "--link", "nosuch-link:db", "busybox", "true");
    assertThat(missing.exit()).isEqualTo(125);
    assertThat(missing.stderr()).contains("could not get container for nosuch-link");
    cli.ok("rm", other);
  }

  @Test
  void link_inANetworkOfOnesOwn_comesWhenTheOtherStarts() {
    String network = cli.network();
    String other = cli.name();
    cli.ok("create", "--network", network, "--name", other, "busybox", "sleep", "600");
    String from = in(network, "--link", other + ":db");
    assertThat(hosts(from, "db")).isEmpty();
    cli.ok("start", other);
    assertThat(hosts(from, "db")).containsExactly(address(other, network));
  }

  @Test
  void names_inANetwork_leadToTheContainer() {
    String network = cli.network();
    String other = in(network, "--network-alias", "db-" + network, "--hostname", "h-" + network);
    String from = in(network);
    String id = cli.inspect(other, "{{.Id}}").substring(0, 12);
    String address = address(other, network);
    for (String name : List.of(other, "db-" + network, id, other + "." + network)) {
      assertThat(addresses(from, "a", name)).as(name).containsExactly(address);
    }
    assertThat(addresses(from, "a", other.toUpperCase(java.util.Locale.ROOT)))
        .containsExactly(address);
    assertThat(cli.ok("exec", from, "nslookup", address))
        .contains("name = " + other + "." + network);
    assertThat(cli.ok("exec", from, "ping", "-c1", "-w5", other)).contains("1 packets received");
  }

  @Test
  void name_ofManyContainers_leadsToEach() {
    String network = cli.network();
    String first = in(network, "--network-alias", "many");
    String second = in(network, "--network-alias", "many");
    List<String> both = List.of(address(first, network), address(second, network));
    Set<String> leading = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      List<String> addresses = addresses(first, "a", "many");
      assertThat(addresses).containsExactlyInAnyOrderElementsOf(both);
      leading.add(addresses.getFirst());
    }
    assertThat(leading).containsExactlyInAnyOrderElementsOf(both);
    cli.ok("rm", "-f", second);
    assertThat(addresses(first, "a", "many")).containsExactly(both.getFirst());
  }

  @Test
  void name_inIpv6Network_hasBothKinds() {
    String network = cli.network("--ipv6");
    String name = in(network);
    String ipv6 =
        cli.inspect(
            name, "{{(index .NetworkSettings.Networks \"" + network + "\").GlobalIPv6Address}}");
    assertThat(addresses(name, "a", name)).containsExactly(address(name, network));
    assertThat(addresses(name, "aaaa", name)).containsExactly(ipv6);
    assertThat(cli.ok("exec", name, "nslookup", ipv6)).contains("name = " + name + "." + network);
  }

  /// A name that exists has no addresses of the other kind; that is not the same as no such name.
  @Test
  void name_withoutIpv6_isNoErrorForIt() {
    String network = cli.network();
    String name = in(network);
    assertThat(addresses(name, "aaaa", name)).isEmpty();
    assertThat(lookup(name, "aaaa", name).exit()).isZero();
  }

  @Test
  void names_followConnectRenameAndStop() {
    String network = cli.network();
    String late = cli.network();
    String from = in(network);
    String other = in(late);
    assertThat(addresses(from, "a", other)).isEmpty();
    cli.ok("network", "connect", "--alias", "nick", network, other);
    assertThat(addresses(from, "a", "nick")).containsExactly(address(other, network));
    String renamed = cli.name();
    cli.ok("rename", other, renamed);
    assertThat(addresses(from, "a", renamed)).containsExactly(address(renamed, network));
    assertThat(addresses(from, "a", other)).isEmpty();
    cli.ok("network", "disconnect", network, renamed);
    assertThat(addresses(from, "a", "nick")).isEmpty();
    cli.ok("network", "connect", network, renamed);
    cli.ok("stop", "-t0", renamed);
    assertThat(addresses(from, "a", renamed)).isEmpty();
    cli.ok("start", renamed);
    assertThat(addresses(from, "a", renamed)).containsExactly(address(renamed, network));
  }

  @Test
  void dns_ownServer_standsBehindTheNameService() {
    String name = in(cli.network(), "--dns", "192.0.2.53", "--dns-search", "example.test");
    assertThat(cli.ok("exec", name, "cat", "/etc/resolv.conf"))
        .contains("nameserver 127.0.0.11")
        .contains("search example.test")
        .doesNotContain("192.0.2.53");
    String plain = in("bridge", "--dns", "192.0.2.53", "--dns-opt", "timeout:3");
    assertThat(cli.ok("exec", plain, "cat", "/etc/resolv.conf"))
        .contains("nameserver 192.0.2.53")
        .contains("options timeout:3")
        .doesNotContain("127.0.0.11");
  }

  @Test
  void hosts_haveOwnAddressesAndAddedNames() {
    String network = cli.network();
    String name =
        in(network, "--hostname", "own", "--add-host", "a:192.0.2.7", "--add-host=b=2001:db8::7");
    List<String> hosts = cli.ok("exec", name, "cat", "/etc/hosts").lines().toList();
    assertThat(hosts).contains("192.0.2.7\ta", "2001:db8::7\tb", address(name, network) + "\town");
    String gateway = cli.inspect("bridge", "{{(index .IPAM.Config 0).Gateway}}");
    String leads = in(network, "--add-host", "host:host-gateway");
    assertThat(cli.ok("exec", leads, "cat", "/etc/hosts")).contains(gateway + "\thost");
    String second = cli.network();
    cli.ok("network", "connect", second, name);
    assertThat(cli.ok("exec", name, "cat", "/etc/hosts")).contains(address(name, second) + "\town");
    String gone = address(name, second);
    cli.ok("network", "disconnect", second, name);
    assertThat(cli.ok("exec", name, "cat", "/etc/hosts")).doesNotContain(gone);
  }
}
