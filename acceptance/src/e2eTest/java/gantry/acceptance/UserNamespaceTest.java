package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Result;
import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A daemon whose containers have other ids than the host's (`userns-remap`). Ids inside are what
/// the disk has, of layers, of the container's own files and of volumes; outside, the processes are
/// those of a user without any right.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class UserNamespaceTest {
  private static final int FIRST = 1_500_000;
  private static final Path SUBUID = Path.of("/etc/subuid");
  private static final Path SUBGID = Path.of("/etc/subgid");
  private static final String LINE = "daemon:" + FIRST + ":65536\n";

  private static final Set<Path> MADE = new HashSet<>();

  @TempDir Path folder;
  private static GantryDaemon daemon;
  private static Cli cli;

  @BeforeAll
  static void start() throws IOException {
    for (Path file : List.of(SUBUID, SUBGID)) {
      if (!Files.exists(file)) {
        MADE.add(file);
      }
      String before = Files.exists(file) ? Files.readString(file) : "";
      Files.writeString(file, before.replace(LINE, "") + LINE);
    }
    daemon = GantryDaemon.start("--userns-remap", "daemon");
    cli = new Cli(daemon, "userns");
    cli.ok("load", "-i", Checkout.image("busybox").toString());
  }

  @AfterAll
  static void stop() throws IOException {
    if (daemon != null) {
      daemon.close();
    }
    for (Path file : List.of(SUBUID, SUBGID)) {
      String rest = Files.readString(file).replace(LINE, "");
      if (rest.isEmpty() && MADE.contains(file)) {
        Files.delete(file);
      } else {
        Files.writeString(file, rest);
      }
    }
  }

  private static FileStat stat(String path) {
    return At.stat(Fd.CWD, path);
  }

  @Test
  void root_isAnotherUserOutside() {
    assertThat(cli.sh("id -u; tr -s ' ' </proc/self/uid_map"))
        .isEqualTo("0\n 0 " + FIRST + " 65536");
    String box = cli.sleeper();
    assertThat(uidOf(cli.inspect(box, "{{.State.Pid}}"))).isEqualTo(FIRST);
  }

  private static int uidOf(String pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("Uid:"))
          .map(line -> Integer.parseInt(line.split("\\s+", -1)[1]))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void files_haveTheOwnersOfInside_onTheDisk() {
    String box = cli.box("-v", "own:/data", "busybox", "sleep", "600");
    cli.ok("exec", box, "sh", "-c", "touch /mine /data/kept; chown 7:8 /data/kept; rm /bin/true");
    assertThat(cli.ok("exec", box, "stat", "-c", "%u:%g", "/mine", "/data/kept", "/bin"))
        .isEqualTo("0:0\n7:8\n0:0");
    String upper = daemon.data() + "/snapshots/active/" + cli.inspect(box, "{{.Id}}") + "/upper";
    assertThat(stat(upper + "/mine").uid()).isZero();
    String volume = cli.ok("volume", "inspect", "-f", "{{.Mountpoint}}", "own");
    assertThat(stat(volume + "/kept").uid()).isEqualTo(7);
    assertThat(stat(volume + "/kept").gid()).isEqualTo(8);
    assertThat(cli.ok("diff", box)).contains("A /mine").contains("D /bin/true");
    cli.ok("commit", box, "remapped:1");
    assertThat(cli.ok("run", "--rm", "--userns=host", "remapped:1", "stat", "-c", "%u", "/mine"))
        .isEqualTo("0");
  }

  @Test
  void bindOfTheHost_isTheHosts() throws IOException {
    Files.writeString(folder.resolve("secret"), "s");
    At.chmod(Fd.CWD, folder.resolve("secret").toString(), 0600);
    At.chmod(Fd.CWD, folder.toString(), 0755);
    String script = "stat -c %u /host/secret; cat /host/secret 2>/dev/null || echo refused";
    assertThat(cli.sh(script, "-v", folder + ":/host")).isEqualTo("65534\nrefused");
    assertThat(cli.sh(script, "--userns=host", "-v", folder + ":/host")).isEqualTo("0\ns");
  }

  @Test
  void copies_keepOwners_running_andStopped() throws IOException {
    Files.writeString(folder.resolve("in"), "text");
    String box = cli.sleeper();
    cli.ok("cp", folder.resolve("in").toString(), box + ":/in");
    cli.ok("exec", box, "chown", "9:9", "/in");
    assertThat(ownerInArchive(box)).isEqualTo(9);
    cli.ok("kill", box);
    assertThat(ownerInArchive(box)).isEqualTo(9);
    cli.ok("cp", folder.resolve("in").toString(), box + ":/late");
    cli.ok("start", box);
    assertThat(cli.ok("exec", box, "stat", "-c", "%u", "/in", "/late")).isEqualTo("9\n0");
  }

  /// Of the first entry of what `cp` hands out: seven octal digits at byte 108 of its header.
  private static int ownerInArchive(String box) {
    byte[] tar = cli.run("cp", box + ":/in", "-").expect(0).stdoutBytes();
    return Integer.parseInt(new String(tar, 108, 7, StandardCharsets.US_ASCII), 8);
  }

  @Test
  void systemsMounts_areThere() {
    String script =
        "for f in /dev/null /dev/pts/ptmx /dev/shm /dev/mqueue /sys/kernel /proc/1/status; do"
            + " [ -e $f ] || echo no $f; done; echo x >/dev/null; echo x >/dev/shm/x;"
            + " mkdir /etc/made; echo more >>/etc/hosts; echo ok; ping -c1 127.0.0.1 >/dev/null;"
            + " mknod /dev/sda b 8 0 2>/dev/null || echo no-device";
    assertThat(cli.sh(script)).isEqualTo("ok\nno-device");
    assertThat(cli.sh("ls /dev/pts/0 && tty", "-t").replace("\r", ""))
        .isEqualTo("/dev/pts/0\n/dev/pts/0");
    assertThat(cli.sh("id -u; touch /x 2>/dev/null || echo no; echo y >/dev/stderr", "-u", "1000"))
        .isEqualTo("1000\nno");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--read-only --tmpfs /run | touch /x 2>/dev/null; echo $?; touch /run/y; echo $? | 1 0",
        "--init | tr '\\0' ' ' </proc/1/cmdline >/l; cut -c1-17 /l | /sbin/docker-init",
        "--ulimit nofile=100:200 | ulimit -n; ulimit -Hn | 100 200",
        "--oom-score-adj 100 | cat /proc/self/oom_score_adj | 100",
        "--device /dev/kmsg | stat -c %t:%T /dev/kmsg | 1:b",
        "--sysctl net.ipv4.ip_forward=1 | cat /proc/sys/net/ipv4/ip_forward | 1",
        "-w /new/place | pwd; stat -c %u . | /new/place 0",
        "--mount type=image,source=busybox,target=/img | stat -c %u /img/bin/busybox | 0",
        "--security-opt no-new-privileges --shm-size 1m | df -k /dev/shm >/s; grep -c 1024 /s | 1",
        "--cap-drop ALL -u 5:6 | id -u; id -g | 5 6"
      })
  void options_areWhatTheyAreElsewhere(String options, String script, String expected) {
    assertThat(cli.sh(script, options.split(" ", -1)).replace('\n', ' ')).isEqualTo(expected);
  }

  @Test
  void healthProbes_runInTheUserNamespace() {
    String box =
        cli.box(
            "--health-cmd",
            "grep -q " + FIRST + " /proc/self/uid_map",
            "--health-interval",
            "100ms",
            "busybox",
            "sleep",
            "600");
    Await.until(
        "a probe that succeeds",
        Duration.ofSeconds(10),
        () -> cli.inspect(box, "{{json .State.Health}}"),
        () -> cli.inspect(box, "{{.State.Health.Status}}").equals("healthy"));
  }

  @Test
  void containersNetwork_isShared_withItsUsers() {
    String box = cli.name();
    cli.ok("run", "-d", "--name", box, "busybox", "sleep", "600");
    String gateway = cli.inspect(box, "{{.NetworkSettings.Networks.bridge.Gateway}}");
    assertThat(cli.ok("exec", box, "ping", "-c1", "-W2", gateway)).contains("1 packets received");
    String script = "ip addr show eth0 | grep -c 'inet '; id -u";
    assertThat(
            cli.ok("run", "--rm", "--network", "container:" + box, "busybox", "sh", "-c", script))
        .isEqualTo("1\n0");
  }

  @ParameterizedTest
  @CsvSource({
    "--privileged, privileged mode is incompatible with user namespaces.",
    "--network=host, cannot share the host's network namespace when user namespaces are enabled",
    "--pid=host, cannot share the host PID namespace when user namespaces are enabled"
  })
  void hostsNamespaces_needTheHostsUsers(String option, String message) {
    Result refused = cli.run("run", "--rm", option, "busybox", "true");
    assertThat(refused.exit()).isEqualTo(125);
    assertThat(refused.stderr()).contains(message);
    assertThat(cli.ok("run", "--rm", option, "--userns=host", "busybox", "id", "-u"))
        .isEqualTo("0");
  }

  @Test
  void info_saysSo() {
    assertThat(new Http(daemon.socket()).get("/info").json().get("SecurityOptions").toString())
        .contains("\"name=userns\"");
  }

  /// What runs keeps the users it has; the next start is by the setting of then. The disk has the
  /// owners of inside all the time.
  @Test
  void changedSetting_isOfTheNextStart() throws IOException {
    Path file = folder.resolve("daemon.json");
    Files.writeString(file, "{}");
    try (GantryDaemon changing = GantryDaemon.start("--config-file", file.toString())) {
      Cli client = new Cli(changing, "changing");
      client.ok("load", "-i", Checkout.image("busybox").toString());
      String before = box(client);
      assertThat(usersOf(client, before)).isZero();

      restart(changing, file, "{\"userns-remap\": \"daemon\"}");
      assertThat(usersOf(client, before)).as("what runs").isZero();
      assertThat(usersOf(client, box(client))).as("a new one").isEqualTo(FIRST);
      client.ok("restart", "-t", "0", before);
      assertThat(usersOf(client, before)).as("when it starts again").isEqualTo(FIRST);
      assertThat(client.ok("exec", before, "stat", "-c", "%u", "/mine")).isEqualTo("7");

      restart(changing, file, "{}");
      assertThat(usersOf(client, before)).as("what runs").isEqualTo(FIRST);
      client.ok("cp", before + ":/mine", folder.resolve("copy").toString());
      client.ok("restart", "-t", "0", before);
      assertThat(usersOf(client, before)).isZero();
      assertThat(client.ok("exec", before, "stat", "-c", "%u", "/mine")).isEqualTo("7");
    }
  }

  private static String box(Cli client) {
    String box = client.sleeper();
    client.ok("exec", box, "sh", "-c", "touch /mine; chown 7 /mine");
    return box;
  }

  private static void restart(GantryDaemon daemon, Path file, String settings) throws IOException {
    Files.writeString(file, settings);
    daemon.stop();
    daemon.launch();
  }

  /// Who root is outside, by an exec's own word and its first process.
  private static int usersOf(Cli client, String box) {
    String map = client.ok("exec", box, "cat", "/proc/self/uid_map").strip();
    int outside = Integer.parseInt(map.split("\\s+", -1)[1]);
    assertThat(uidOf(client.inspect(box, "{{.State.Pid}}"))).isEqualTo(outside);
    return outside;
  }

  @Test
  void daemonThatIsKilled_execsIntoWhatRuns() {
    String box = cli.sleeper();
    daemon.kill();
    daemon.launch();
    assertThat(cli.ok("exec", box, "id", "-u")).isEqualTo("0");
    assertThat(cli.ok("exec", box, "cat", "/proc/1/uid_map")).contains("" + FIRST);
  }
}
