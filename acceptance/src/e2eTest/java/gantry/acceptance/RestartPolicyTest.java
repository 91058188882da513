package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Subprocess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// Restart policies, through the end of programs, of the daemon and of the machine.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class RestartPolicyTest {
  private GantryDaemon daemon;
  private Cli cli;

  @BeforeEach
  void start() {
    daemon = GantryDaemon.start();
    cli = new Cli(daemon, "restarts");
    cli.ok("load", "-i", Checkout.image("busybox").toString());
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  private String status(String name) {
    return cli.inspect(name, "{{.State.Status}}");
  }

  private int restarts(String name) {
    return Integer.parseInt(cli.inspect(name, "{{.RestartCount}}"));
  }

  private void awaitStatus(String name, String wanted) {
    Await.until(
        name + " is " + wanted,
        Duration.ofSeconds(30),
        () -> status(name) + daemon.log(),
        () -> status(name).equals(wanted));
  }

  @Test
  void onFailure_givesUpAfterTheMaximum() {
    String name = cli.box("--restart", "on-failure:3", "busybox", "sh", "-c", "exit 7");
    Await.until("the last end", () -> status(name).equals("exited") && restarts(name) == 3);
    assertThat(cli.inspect(name, "{{.State.ExitCode}}")).isEqualTo("7");
    String fine = cli.box("--restart", "on-failure:3", "busybox", "true");
    awaitStatus(fine, "exited");
    assertThat(restarts(fine)).isZero();
  }

  @Test
  void always_backsOff() {
    Instant begin = Instant.now();
    String name = cli.box("--restart", "always", "busybox", "false");
    Await.until("five restarts", Duration.ofSeconds(30), () -> "", () -> restarts(name) >= 5);
    // 0.1 + 0.2 + 0.4 + 0.8 + 1.6 s
    assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofMillis(3100));
    cli.ok("stop", name);
    int count = restarts(name);
    Await.pause(Duration.ofSeconds(4));
    assertThat(status(name)).isEqualTo("exited");
    assertThat(restarts(name)).isEqualTo(count);
  }

  @Test
  void update_changesThePolicy_butNotWithAutoRemove() {
    String name = cli.box("--restart", "always", "busybox", "sh", "-c", "sleep 2; false");
    cli.ok("update", "--restart", "no", name);
    awaitStatus(name, "exited");
    String removed = cli.box("--rm", "busybox", "sleep", "600");
    var refused = cli.run("update", "--restart", "always", removed);
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.stderr())
        .contains(
            "Restart policy cannot be updated because AutoRemove is enabled for the container");
  }

  @Test
  void daemonKilledInTheDelay_startsItAgain() {
    String name = cli.box("--restart", "always", "busybox", "false");
    Await.until("a long delay", Duration.ofSeconds(30), () -> "", () -> restarts(name) >= 5);
    awaitStatus(name, "restarting");
    daemon.kill();
    daemon.launch();
    int before = restarts(name);
    Await.until("it is started again", () -> restarts(name) > before);
  }

  /// After a reboot no process is left, the boot id is another, and /run is empty.
  @Test
  void reboot_startsThoseThatShallRun() throws IOException {
    String always = cli.box("--restart", "always", "busybox", "sleep", "600");
    String stoppedAlways = cli.box("--restart", "always", "busybox", "sleep", "600");
    String unless = cli.box("--restart", "unless-stopped", "busybox", "sleep", "600");
    String stoppedUnless = cli.box("--restart", "unless-stopped", "busybox", "sleep", "600");
    String onFailure = cli.box("--restart", "on-failure", "busybox", "sleep", "600");
    String no = cli.box("busybox", "sleep", "600");
    cli.ok("stop", "-t", "0", stoppedAlways, stoppedUnless);
    reboot();
    awaitStatus(always, "running");
    awaitStatus(stoppedAlways, "running");
    awaitStatus(unless, "running");
    awaitStatus(onFailure, "running");
    assertThat(status(no)).isEqualTo("exited");
    assertThat(status(stoppedUnless)).isEqualTo("exited");
    assertThat(cli.inspect(no, "{{.State.ExitCode}}")).isEqualTo("255");
    assertThat(cli.ok("exec", always, "echo", "alive")).isEqualTo("alive");
  }

  private void reboot() throws IOException {
    daemon.kill();
    for (String pid : monitorsAndContainers()) {
      Subprocess.run(List.of("kill", "-9", pid));
    }
    Await.until("nothing runs", () -> monitorsAndContainers().isEmpty());
    Subprocess.run(List.of("rm", "-rf", daemon.exec().toString())).expect(0);
    daemon.launch();
  }

  /// Pids of what the daemon has started: monitors hold files beneath its exec root, containers are
  /// in groups under its name.
  private List<String> monitorsAndContainers() {
    return Subprocess.run(
            List.of(
                "sh",
                "-c",
                """
                for p in /proc/[0-9]*; do
                  if grep -qs '/%s/' $p/cgroup; then echo ${p#/proc/}; continue; fi
                  case "$(cat $p/comm 2>/dev/null)" in gantry-monitor)
                    ls -l $p/fd 2>/dev/null | grep -qs '%s' && echo ${p#/proc/};; esac
                done; true"""
                    .formatted(daemon.id(), daemon.exec())))
        .expect(0)
        .lines()
        .stream()
        .filter(line -> !line.isBlank())
        .toList();
  }

  @Test
  void health_isKnownAfterAKill() {
    String name =
        cli.box("--health-cmd", "true", "--health-interval", "200ms", "busybox", "sleep", "600");
    Await.until("healthy", () -> cli.inspect(name, "{{.State.Health.Status}}").equals("healthy"));
    daemon.kill();
    daemon.launch();
    assertThat(cli.inspect(name, "{{.State.Health.Status}}")).isEqualTo("healthy");
    String log = "{{(index .State.Health.Log 0).Start}}";
    String before = cli.inspect(name, log);
    Await.until("more probes", () -> !cli.inspect(name, log).equals(before));
    assertThat(Files.exists(Path.of(daemon.host().substring(7)))).isTrue();
  }
}
