package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a container goes through: start, stop, kill, restart, pause, wait, rename, remove.
@E2e
class LifecycleTest {
  private static final String TRAP =
      "trap 'echo caught TERM; exit 7' TERM; trap 'echo caught USR1; exit 8' USR1; echo ready; while :; do sleep 0.05; done";
  private final Cli cli;
  private final Http http;

  LifecycleTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  private String trapping(String... options) {
    var all = new java.util.ArrayList<>(List.of(options));
    all.addAll(List.of("busybox", "sh", "-c", TRAP));
    String name = cli.box(all.toArray(String[]::new));
    Await.until("ready", () -> cli.run("logs", name).stdout().contains("ready"));
    return name;
  }

  private String state(String name) {
    return cli.inspect(name, "{{.State.Status}} {{.State.ExitCode}}");
  }

  @Test
  void stateFields_ofARunningContainer() {
    String name = cli.sleeper();
    JsonNode state = http.get("/containers/" + name + "/json").expect(200).json().get("State");
    assertThat(state.get("Status").asText()).isEqualTo("running");
    assertThat(state.get("Running").asBoolean()).isTrue();
    for (String flag : List.of("Paused", "Restarting", "OOMKilled", "Dead")) {
      assertThat(state.get(flag).asBoolean()).as(flag).isFalse();
    }
    assertThat(state.get("Pid").asInt()).isPositive();
    assertThat(state.get("ExitCode").asInt()).isZero();
    assertThat(state.get("Error").asText()).isEmpty();
    assertThat(Instant.parse(state.get("StartedAt").asText()))
        .isBetween(Instant.now().minusSeconds(60), Instant.now());
    assertThat(state.get("FinishedAt").asText()).isEqualTo("0001-01-01T00:00:00Z");
  }

  @Test
  void startedTwice_is304() {
    String name = cli.sleeper();
    assertThat(http.post("/containers/" + name + "/start").status()).isEqualTo(304);
    assertThat(cli.ok("start", name)).isEqualTo(name);
  }

  @Test
  void startWithBody_isAcceptedOnlyWhenEmpty() {
    String name = cli.created("busybox", "sleep", "600");
    assertThat(http.post("/containers/" + name + "/start", "{\"Binds\":[\"/:/x\"]}").status())
        .isEqualTo(400);
    http.post("/containers/" + name + "/start", "{}").expect(204);
  }

  @Test
  void stop_sendsTermAndKeepsTheCode() {
    String name = trapping();
    assertThat(cli.ok("stop", name)).isEqualTo(name);
    assertThat(state(name)).isEqualTo("exited 7");
    assertThat(cli.run("logs", name).stdout()).endsWith("caught TERM\n");
    assertThat(http.post("/containers/" + name + "/stop").status()).isEqualTo(304);
  }

  @Test
  void stop_killsAfterTheTimeout() {
    String name = cli.sleeper();
    long begin = System.nanoTime();
    cli.ok("stop", "-t", "1", name);
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isBetween(Duration.ofMillis(900), Duration.ofSeconds(8));
    assertThat(state(name)).isEqualTo("exited 137");
  }

  @Test
  void stop_withZero_killsAtOnce() {
    String name = cli.sleeper();
    cli.ok("stop", "-t", "0", name);
    assertThat(state(name)).isEqualTo("exited 137");
  }

  @Test
  void stop_takesTheImagesOrGivenSignal() {
    assertThat(stopped(trapping("--stop-signal", "USR1"))).isEqualTo("exited 8");
    String name = trapping();
    cli.ok("stop", "-s", "SIGUSR1", name);
    assertThat(state(name)).isEqualTo("exited 8");
  }

  private String stopped(String name) {
    cli.ok("stop", name);
    return state(name);
  }

  @Test
  void stopTimeoutOfTheContainer_isUsed() {
    String name = cli.box("--stop-timeout", "1", "busybox", "sleep", "600");
    long begin = System.nanoTime();
    cli.ok("stop", name);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"USR1", "SIGUSR1", "10", "sigusr1"})
  void kill_takesNamesAndNumbers(String signal) {
    String name = trapping();
    assertThat(cli.ok("kill", "-s", signal, name)).isEqualTo(name);
    assertThat(cli.ok("wait", name)).isEqualTo("8");
  }

  @Test
  void kill_isKillByDefault() {
    String name = cli.sleeper();
    cli.ok("kill", name);
    assertThat(state(name)).isEqualTo("exited 137");
  }

  @Test
  void kill_ofWhatDoesNotRun_is409() {
    String name = cli.created("busybox", "true");
    assertThat(http.post("/containers/" + name + "/kill").expect(409).message())
        .matches("cannot kill container: " + name + ": container [0-9a-f]{64} is not running");
  }

  @Test
  void kill_withUnknownSignal_is400() {
    String name = cli.sleeper();
    assertThat(http.post("/containers/" + name + "/kill?signal=NOSUCH").expect(400).message())
        .isEqualTo("cannot kill container: " + name + ": invalid signal: NOSUCH");
  }

  @Test
  void restart_startsAgain_andStartsWhatIsStopped() {
    String name = cli.box("busybox", "sh", "-c", "echo run; exec sleep 600");
    String pid = cli.inspect(name, "{{.State.Pid}}");
    assertThat(cli.ok("restart", "-t", "0", name)).isEqualTo(name);
    assertThat(cli.inspect(name, "{{.State.Pid}}")).isNotEqualTo(pid);
    Await.until("two runs", () -> cli.run("logs", name).stdout().equals("run\nrun\n"));
    cli.ok("kill", name);
    cli.ok("restart", name);
    assertThat(cli.inspect(name, "{{.State.Status}} {{.RestartCount}}")).isEqualTo("running 0");
  }

  @Test
  void pause_stopsTheClockOfTheContainer() {
    String name =
        cli.box("busybox", "sh", "-c", "while :; do date +%s%N > /tick; sleep 0.05; done");
    assertThat(cli.ok("pause", name)).isEqualTo(name);
    assertThat(cli.inspect(name, "{{.State.Status}} {{.State.Running}} {{.State.Paused}}"))
        .isEqualTo("paused true true");
    assertThat(cli.ok("ps", "--filter", "name=" + name, "--format", "{{.Status}}"))
        .endsWith("(Paused)");
    assertThat(http.post("/containers/" + name + "/pause").expect(409).message())
        .matches("Container [0-9a-f]{64} is already paused");
    assertThat(http.post("/containers/" + name + "/start").expect(409).message())
        .contains("cannot start a paused container");
    String first = cli.run("cp", name + ":/tick", "-").stdout();
    Await.pause(Duration.ofMillis(300));
    assertThat(cli.run("cp", name + ":/tick", "-").stdout()).isEqualTo(first);
    assertThat(cli.ok("unpause", name)).isEqualTo(name);
    Await.until("a tick", () -> !cli.run("cp", name + ":/tick", "-").stdout().equals(first));
    assertThat(http.post("/containers/" + name + "/unpause").expect(500).message())
        .matches("Container [0-9a-f]{64} is not paused");
  }

  @Test
  void stopOfPaused_ends() {
    String name = cli.sleeper();
    cli.ok("pause", name);
    cli.ok("stop", "-t", "1", name);
    assertThat(state(name)).isEqualTo("exited 137");
  }

  @Test
  void wait_ofExitedReturnsAtOnce_ofSeveralInOrder() {
    String one = cli.box("busybox", "sh", "-c", "exit 1");
    String two = cli.box("busybox", "sh", "-c", "sleep 0.5; exit 2");
    assertThat(cli.run("wait", two, one).expect(0).stdout()).isEqualTo("2\n1\n");
    assertThat(cli.run("wait", one).stdout()).isEqualTo("1\n");
  }

  @Test
  void rename_changesTheName() {
    String name = cli.sleeper();
    String other = cli.name();
    assertThat(cli.ok("rename", name, other)).isEmpty();
    assertThat(cli.inspect(other, "{{.Name}}")).isEqualTo("/" + other);
    assertThat(cli.run("inspect", name).exit()).isEqualTo(1);
    String third = cli.sleeper();
    assertThat(http.post("/containers/" + third + "/rename?name=" + other).expect(409).message())
        .startsWith(
            "Error when allocating new name: Conflict. The container name \"/"
                + other
                + "\" is already in use");
    assertThat(http.post("/containers/" + third + "/rename?name=").status()).isEqualTo(400);
    assertThat(http.post("/containers/" + third + "/rename?name=" + third).status()).isEqualTo(400);
  }

  @Test
  void rm_refusesWhatRuns_unlessForced() {
    String name = cli.sleeper();
    assertThat(http.delete("/containers/" + name).expect(409).message())
        .isEqualTo(
            "cannot remove container \""
                + name
                + "\": container is running: stop the container before removing or force remove");
    assertThat(cli.ok("rm", "-f", name)).isEqualTo(name);
    assertThat(http.get("/containers/" + name + "/json").expect(404).message())
        .isEqualTo("No such container: " + name);
  }

  @Test
  void rm_ofMissing_fails_withForceItDoesNot() {
    assertThat(cli.run("rm", "nosuch").expect(1).stderr()).contains("No such container: nosuch");
    assertThat(cli.run("rm", "-f", "nosuch").exit()).isZero();
  }

  @Test
  void idPrefixes_findTheContainer() {
    String name = cli.sleeper();
    String id = cli.inspect(name, "{{.Id}}");
    for (String key : List.of(id, id.substring(0, 12), id.substring(0, 20), "/" + name)) {
      assertThat(cli.inspect(key, "{{.Id}}")).isEqualTo(id);
    }
  }

  @Test
  void sameNameAtTheSameTime_isGivenOnce() throws Exception {
    String name = cli.name();
    Callable<Integer> create =
        () ->
            http.post(
                    "/containers/create?name=" + name,
                    "{\"Image\":\"busybox\",\"HostConfig\":{\"NetworkMode\":\"none\"}}")
                .status();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Integer> statuses = new java.util.ArrayList<>();
      for (var answer : threads.invokeAll(java.util.Collections.nCopies(8, create))) {
        statuses.add(answer.get());
      }
      assertThat(statuses).containsOnlyOnce(201).containsOnly(201, 409);
    }
  }

  @Test
  void prune_removesWhatIsStoppedAndMatches() {
    String label = "prune=" + cli.name();
    String stopped = cli.box("--label", label, "busybox", "true");
    cli.ok("wait", stopped);
    String created = cli.created("--label", label, "busybox", "true");
    String running = cli.box("--label", label, "busybox", "sleep", "600");
    String id = cli.inspect(stopped, "{{.Id}}");
    var result = cli.run("container", "prune", "-f", "--filter", "label=" + label).expect(0);
    assertThat(result.stdout())
        .startsWith("Deleted Containers:\n")
        .contains(id)
        .contains("Total reclaimed space: ");
    assertThat(cli.ok("ps", "-a", "--filter", "label=" + label, "--format", "{{.Names}}"))
        .isEqualTo(running)
        .isNotEqualTo(created);
  }

  @Test
  void restartPolicy_startsAgainAfterAFailure() {
    String name = cli.box("--restart", "on-failure:2", "busybox", "sh", "-c", "echo run; exit 3");
    Await.until(
        "three runs",
        () -> cli.run("logs", name).stdout(),
        () -> cli.run("logs", name).stdout().equals("run\nrun\nrun\n"));
    Await.until("the end", () -> state(name), () -> state(name).equals("exited 3"));
    assertThat(
            cli.inspect(
                name,
                "{{.RestartCount}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}"))
        .isEqualTo("2 on-failure 2");
  }

  @Test
  void restartPolicy_withRm_isRefused() {
    var result = cli.run("run", "--rm", "--restart", "always", "busybox", "true");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.stderr()).containsIgnoringCase("conflicting options");
    assertThat(
            http.post(
                    "/containers/create",
                    "{\"Image\":\"busybox\",\"HostConfig\":{\"AutoRemove\":true,\"RestartPolicy\":{\"Name\":\"always\"}}}")
                .expect(400)
                .message())
        .contains("can't create 'AutoRemove' container with restart policy");
  }

  @Test
  void stoppedByUser_isNotRestarted() {
    String name = cli.box("--restart", "always", "busybox", "sleep", "600");
    cli.ok("stop", "-t", "0", name);
    Await.pause(Duration.ofMillis(500));
    assertThat(state(name)).isEqualTo("exited 137");
  }

  @Test
  void oom_isTold() {
    String name =
        cli.box(
            "--memory",
            "16m",
            "--memory-swap",
            "16m",
            "busybox",
            "sh",
            "-c",
            "exec tail /dev/zero");
    assertThat(cli.ok("wait", name)).isEqualTo("137");
    assertThat(cli.inspect(name, "{{.State.OOMKilled}}")).isEqualTo("true");
  }
}
