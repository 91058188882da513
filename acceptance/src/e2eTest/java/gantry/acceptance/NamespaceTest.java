package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which namespaces are the container's own, the host's, or another container's.
@E2e
class NamespaceTest {
  private final Cli cli;
  private final Engine engine;

  NamespaceTest(Cli cli, Engine engine) {
    this.cli = cli;
    this.engine = engine;
  }

  /// Of the engine's process, which is what "host" means where it runs in a network namespace of
  /// its own.
  private String host(String namespace) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/" + engine.pid() + "/ns/" + namespace)).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mnt", "pid", "ipc", "uts", "net", "cgroup"})
  void byDefault_isOnesOwn(String namespace) throws IOException {
    if (namespace.equals("cgroup")) {
      assertThat(cli.sh("readlink /proc/self/ns/cgroup", "--cgroupns", "private"))
          .isNotEqualTo(host("cgroup"));
    } else {
      assertThat(cli.sh("readlink /proc/self/ns/" + namespace))
          .startsWith(namespace + ":[")
          .isNotEqualTo(host(namespace));
    }
  }

  @Test
  void userNamespace_isTheHosts() throws IOException {
    assertThat(cli.sh("readlink /proc/self/ns/user")).isEqualTo(host("user"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pid", "ipc", "uts"})
  void hostMode_isTheHosts(String namespace) throws IOException {
    assertThat(cli.sh("readlink /proc/self/ns/" + namespace, "--" + namespace, "host"))
        .isEqualTo(host(namespace));
  }

  @Test
  void cgroupnsHost_isTheHosts() throws IOException {
    assertThat(cli.sh("readlink /proc/self/ns/cgroup", "--cgroupns", "host"))
        .isEqualTo(host("cgroup"));
  }

  @Test
  void networkHost_isTheHosts() throws IOException {
    assertThat(
            cli.ok("run", "--rm", "--network", "host", "busybox", "readlink", "/proc/self/ns/net"))
        .isEqualTo(host("net"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pid", "ipc"})
  void containerMode_sharesTheOthers(String namespace) {
    String other = cli.box("--ipc", "shareable", "busybox", "sleep", "600");
    String theirs = cli.ok("exec", other, "readlink", "/proc/self/ns/" + namespace);
    assertThat(
            cli.sh("readlink /proc/self/ns/" + namespace, "--" + namespace, "container:" + other))
        .isEqualTo(theirs);
  }

  @Test
  void networkContainer_sharesTheOthers() {
    String other = cli.sleeper();
    String theirs = cli.ok("exec", other, "readlink", "/proc/self/ns/net");
    assertThat(
            cli.ok(
                "run",
                "--rm",
                "--network",
                "container:" + other,
                "busybox",
                "readlink",
                "/proc/self/ns/net"))
        .isEqualTo(theirs);
  }

  @Test
  void networkContainer_sharesHostnameAndHosts() {
    String other = cli.box("--hostname", "shared", "busybox", "sleep", "600");
    assertThat(
            cli.ok(
                "run",
                "--rm",
                "--network",
                "container:" + other,
                "busybox",
                "cat",
                "/etc/hostname"))
        .isEqualTo("shared");
  }

  @Test
  void pidContainer_seesItsProcesses() {
    String other = cli.box("busybox", "sleep", "31415");
    assertThat(cli.sh("ps -o args", "--pid", "container:" + other)).contains("sleep 31415");
  }

  @Test
  void sharedMemory_isSharedWithIpcContainer() {
    String other = cli.box("--ipc", "shareable", "busybox", "sleep", "600");
    cli.ok("exec", other, "sh", "-c", "echo hello > /dev/shm/x");
    assertThat(cli.sh("cat /dev/shm/x", "--ipc", "container:" + other)).isEqualTo("hello");
  }

  @Test
  void privateIpc_cannotBeJoined() {
    String other = cli.sleeper();
    var result = cli.once("--ipc", "container:" + other, "busybox", "true").expect(125);
    assertThat(result.stderr()).contains("non-shareable IPC");
  }

  @Test
  void missingContainer_isRefused() {
    assertThat(cli.once("--pid", "container:nosuch", "busybox", "true").expect(125).stderr())
        .contains("No such container: nosuch");
  }

  @Test
  void stoppedContainer_cannotBeJoined() {
    String other = cli.created("busybox", "true");
    var result =
        cli.run("run", "--rm", "--network", "container:" + other, "busybox", "true").expect(125);
    assertThat(result.stderr())
        .contains("cannot join network namespace of a non running container");
  }

  @Test
  void networkNone_hasLoopbackOnly_up() {
    assertThat(
            cli.sh(
                "ls /sys/class/net; ip addr show lo | grep -c 'inet 127.0.0.1/8'; ping -c 1 -W 2 127.0.0.1 >/dev/null && echo pong"))
        .isEqualTo("lo\n1\npong");
  }

  @Test
  void processOne_isTheCommand() {
    assertThat(
            cli.once("busybox", "sh", "-c", "echo $$; ps -o pid,args | wc -l")
                .expect(0)
                .text()
                .lines()
                .toList())
        .first()
        .isEqualTo("1");
  }

  @Test
  void bridge_hasAnAddressAndARoute() {
    String out =
        cli.ok(
            "run",
            "--rm",
            "busybox",
            "sh",
            "-c",
            "ls /sys/class/net; ip -4 -o addr show eth0; ip route");
    assertThat(out).contains("eth0", "lo", "inet 172.").contains("default via 172.");
  }

  @Test
  void bridge_addressIsWhatInspectSays() {
    String name = cli.name();
    cli.ok("run", "-d", "--name", name, "busybox", "sleep", "600");
    String address = cli.inspect(name, "{{.NetworkSettings.Networks.bridge.IPAddress}}");
    String mac = cli.inspect(name, "{{.NetworkSettings.Networks.bridge.MacAddress}}");
    assertThat(cli.ok("exec", name, "ip", "-4", "-o", "addr", "show", "eth0"))
        .contains(
            "inet "
                + address
                + "/"
                + cli.inspect(name, "{{.NetworkSettings.Networks.bridge.IPPrefixLen}}"));
    assertThat(cli.ok("exec", name, "cat", "/sys/class/net/eth0/address")).isEqualTo(mac);
    assertThat(cli.ok("exec", name, "cat", "/etc/hosts"))
        .contains(address + "\t" + cli.inspect(name, "{{.Config.Hostname}}"));
  }

  @Test
  void bridge_containersReachEachOther() {
    String server = cli.name();
    cli.ok(
        "run",
        "-d",
        "--name",
        server,
        "busybox",
        "sh",
        "-c",
        "while true; do echo served | nc -l -p 7777; done");
    String address = cli.inspect(server, "{{.NetworkSettings.Networks.bridge.IPAddress}}");
    assertThat(
            cli.ok(
                "run",
                "--rm",
                "busybox",
                "sh",
                "-c",
                "for i in 1 2 3 4 5; do nc -w 2 " + address + " 7777 && break; sleep 0.2; done"))
        .isEqualTo("served");
  }

  @Test
  void networkThatIsMissing_isRefused() {
    var result = cli.run("run", "--rm", "--network", "nosuchnet", "busybox", "true").expect(125);
    assertThat(result.stderr()).contains("network nosuchnet not found");
  }
}
