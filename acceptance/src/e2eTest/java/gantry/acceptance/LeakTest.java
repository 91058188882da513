package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Leftovers;
import gantry.acceptance.harness.Subprocess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// Nothing is left over: after a load of every kind, once all containers are removed, and once the
/// daemon has ended.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class LeakTest {
  private final GantryDaemon daemon = GantryDaemon.start("--log-level", "debug");
  private final Cli cli = new Cli(daemon, "leak");

  @BeforeEach
  void images() {
    cli.ok("load", "-q", "-i", Checkout.image("busybox").toString());
    awaitRehearsal();
    // The first use of everything makes what then stays: pools, the bridge, the parent cgroup.
    load();
    removeAll();
  }

  @AfterEach
  void close() {
    daemon.close();
  }

  /// A young daemon rehearses with a second engine, which has descriptors of its own, and more
  /// whenever a container of it runs.
  private void awaitRehearsal() {
    Await.until(
        "the end of the rehearsal",
        Duration.ofSeconds(60),
        daemon::log,
        () -> daemon.log().contains("the rehearsal has ended"));
  }

  private void load() {
    for (int i = 0; i < 3; i++) {
      cli.run("run", "--rm", "busybox", "true").expect(0);
      cli.run("run", "--rm", "--network", "none", "busybox", "nosuch").expect(127);
      String name =
          cli.box(
              "-it",
              "--memory",
              "64m",
              "--tmpfs",
              "/t",
              "-v",
              "/tmp:/host",
              "--init",
              "busybox",
              "sh");
      cli.run("exec", name, "true").expect(0);
      cli.run("exec", "-d", name, "sleep", "600").expect(0);
      cli.run("cp", "/etc/hostname", name + ":/tmp").expect(0);
      cli.run("cp", name + ":/etc/passwd", "-").expect(0);
      cli.ok("pause", name);
      cli.ok("unpause", name);
      cli.ok("restart", "-t", "0", name);
      cli.ok("stop", "-t", "0", name);
      cli.run("cp", "/etc/hostname", name + ":/root").expect(0);
      cli.run("export", name).expect(0);
      cli.ok("commit", name, "leak:" + i);
      cli.run("run", "--rm", "--network", "none", "leak:" + i, "true").expect(0);
      cli.run("save", "leak:" + i).expect(0);
      cli.ok("create", "--name", cli.name(), "busybox");
      try (var attached = cli.start("run", "-i", "--name", cli.name(), "busybox", "cat")) {
        attached.type("x").awaitOutput("x");
      }
    }
  }

  private void removeAll() {
    daemon.removeContainers();
    cli.ok("rmi", "-f", "leak:0", "leak:1", "leak:2");
  }

  /// What the daemon has open: `pipe`, `socket`, paths.
  private List<String> descriptors() {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + daemon.pid() + "/fd"))) {
      return open.map(LeakTest::kind).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String kind(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().replaceAll(":?\\[.*\\]$", "");
    } catch (IOException _) {
      return "closed since it was listed";
    }
  }

  @Test
  void removedContainers_leaveNothing() {
    Leftovers leftovers = Leftovers.since(daemon);
    List<String> open = descriptors();
    load();
    removeAll();
    leftovers.expectNone();
    Await.until(
        "the descriptors of before, or a few more",
        () -> "before: " + open + "\nnow: " + descriptors(),
        () -> descriptors().size() < open.size() + 10);
  }

  @Test
  void killedDaemon_cleansUpWhenItIsBack() {
    Leftovers leftovers = Leftovers.since(daemon);
    String name = cli.box("busybox", "sleep", "600");
    cli.ok("create", "--name", cli.name(), "busybox");
    String pid = cli.inspect(name, "{{.State.Pid}}");
    daemon.kill();
    Subprocess.run(List.of("kill", "-9", pid)).expect(0);
    daemon.launch();
    Await.until(
        "the exit",
        () -> cli.inspect(name, "{{.State.Status}} {{.State.ExitCode}}").equals("exited 137"));
    daemon.removeContainers();
    // The daemon is another process now; all else must be as before.
    daemon.stop();
    daemon.launch();
    leftovers.expectNoneBut("process " + daemon.pid());
  }

  @Test
  void stoppedDaemon_withoutLiveRestore_leavesNoProcess() {
    GantryDaemon other = GantryDaemon.start("--live-restore=false");
    try {
      Cli client = new Cli(other, "stopping");
      client.ok("load", "-q", "-i", Checkout.image("busybox").toString());
      String name = client.box("busybox", "sleep", "600");
      String pid = client.inspect(name, "{{.State.Pid}}");
      other.stop();
      assertThat(Path.of("/proc", pid)).doesNotExist();
      other.launch();
      assertThat(client.inspect(name, "{{.State.Status}}")).isEqualTo("exited");
    } finally {
      other.close();
    }
  }

  @Test
  void stoppedDaemon_withLiveRestore_leavesContainersRunning() {
    String name =
        cli.box("busybox", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done");
    String pid = cli.inspect(name, "{{.State.Pid}}");
    daemon.stop();
    assertThat(Path.of("/proc", pid)).exists();
    Await.pause(Duration.ofMillis(500));
    daemon.launch();
    assertThat(cli.inspect(name, "{{.State.Status}} {{.State.Pid}}")).isEqualTo("running " + pid);
    List<String> lines = cli.run("logs", name).lines();
    assertThat(lines).hasSizeGreaterThan(10);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).isEqualTo(Integer.toString(i + 1));
    }
  }
}
