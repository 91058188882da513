package gantry.engine;

import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.engine.container.ContainerSpecBuilder;
import gantry.engine.container.ContainerView.Health;
import gantry.engine.container.Healthcheck;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// Probes in real containers: what they run as, how they end, and that nothing is left of them.
class HealthTest {
  private static TestEngine test;

  @BeforeAll
  static void open() {
    test = TestEngine.open();
  }

  @AfterAll
  static void close() throws IOException {
    if (test != null) {
      test.close();
    }
  }

  private static ContainerSpecBuilder checked(Duration timeout, int retries, String... check) {
    return spec("sleep", "600")
        .healthcheck(
            Optional.of(
                new Healthcheck(
                    List.of(check),
                    Duration.ofMillis(50),
                    timeout,
                    Duration.ZERO,
                    Duration.ZERO,
                    retries)));
  }

  private static Health health(String id) {
    return test.containers().find(id).state().health().orElseThrow();
  }

  private static Health await(String id, Predicate<Health> wanted) throws InterruptedException {
    for (int i = 0; i < 1000 && !wanted.test(health(id)); i++) {
      Thread.sleep(10);
    }
    assertThat(health(id)).matches(wanted);
    return health(id);
  }

  private static void remove(String id) {
    test.containers().remove(id, true, true);
  }

  @KernelTest
  void probe_isAProcessOfTheContainer() throws InterruptedException {
    String id =
        test.start(
            checked(
                    Duration.ofSeconds(10),
                    3,
                    "CMD-SHELL",
                    "echo $CHECKED $(id -u) $(hostname) $$; grep NoNewPrivs /proc/self/status")
                .environment(List.of("CHECKED=yes"))
                .user("1000")
                .hostname("checked"));
    Health.Probe probe =
        await(id, h -> h.status().equals("healthy") && !h.log().isEmpty()).log().getFirst();
    assertThat(probe.output()).startsWith("yes 1000 checked ").contains("NoNewPrivs:\t");
    assertThat(probe.end()).isAfterOrEqualTo(probe.start());
    remove(id);
  }

  @KernelTest
  void output_isBounded_andALotOfItBlocksNothing() throws InterruptedException {
    String id =
        test.start(
            checked(Duration.ofSeconds(10), 3, "CMD-SHELL", "yes 1234567 | head -c 1000000"));
    Health.Probe probe = await(id, h -> h.status().equals("healthy")).log().getFirst();
    assertThat(probe.output()).hasSize(4096).startsWith("1234567\n");
    remove(id);
  }

  @KernelTest
  void timeout_killsTheProbe() throws InterruptedException {
    String id =
        test.start(checked(Duration.ofMillis(100), 2, "CMD-SHELL", "echo begun; exec sleep 500"));
    Health health = await(id, h -> h.status().equals("unhealthy"));
    assertThat(health.log().getFirst().exitCode()).isEqualTo(-1);
    assertThat(health.log().getFirst().output())
        .isEqualTo("Health check exceeded timeout (100ms): begun\n");
    assertThat(test.containers().top(id, List.of("-eo", "pid,args")).rows())
        .filteredOn(row -> String.join(" ", row).contains("sleep 500"))
        .hasSizeLessThan(2);
    remove(id);
  }

  @KernelTest
  void timeout_killsWhatTheProbeHasStarted() throws InterruptedException {
    String id =
        test.start(
            checked(Duration.ofMillis(100), 3, "CMD-SHELL", "trap '' TERM; sleep 501 & sleep 502")
                .init(Optional.of(true)));
    Health health = await(id, h -> h.status().equals("unhealthy"));
    assertThat(health.log().getFirst().output())
        .isEqualTo("Health check exceeded timeout (100ms): ");
    assertThat(test.containers().top(id, List.of("-eo", "pid,args")).rows())
        .filteredOn(row -> row.getLast().startsWith("sleep 50"))
        .hasSizeLessThan(3); // of one probe that is under way
    remove(id);
  }

  /// A process in a frozen group of cgroup v1 does not end when it is killed.
  @KernelTest
  void probeThatCannotBeKilled_isJudged_andHoldsNothingUp() throws Exception {
    String id = test.start(checked(Duration.ofMillis(100), 2, "CMD", "true"));
    await(id, h -> h.status().equals("healthy"));
    Path freezer =
        Path.of("/sys/fs/cgroup/freezer", test.config().cgroupParent(), id, "freezer.state");
    assumeTrue(Files.exists(freezer), "this machine has no freezer of cgroup v1");
    String other = test.start(checked(Duration.ofSeconds(10), 2, "CMD", "true"));
    Files.writeString(freezer, "FROZEN");
    try {
      Health health = await(id, h -> h.status().equals("unhealthy"));
      assertThat(health.log())
          .extracting(Health.Probe::output)
          .contains(
              "Health check exceeded timeout (100ms): it does not end when it is killed",
              "Health check exceeded timeout (100ms): the last one has not ended yet");
      await(other, h -> h.status().equals("healthy"));
    } finally {
      Files.writeString(freezer, "THAWED");
    }
    await(id, h -> h.status().equals("healthy"));
    remove(id);
    remove(other);
  }

  /// What the engine itself takes of the processor, not the commands: under a millisecond each, so
  /// that a hundred in a second are under a tenth of a core.
  @KernelTest
  void aHundredProbesASecond_takeUnderATenthOfACore() throws InterruptedException {
    List<String> ids =
        Stream.generate(
                () ->
                    test.start(
                        spec("sleep", "600")
                            .healthcheck(
                                Optional.of(
                                    new Healthcheck(
                                        List.of("CMD", "true"),
                                        Duration.ofMillis(100),
                                        Duration.ofSeconds(10),
                                        Duration.ZERO,
                                        Duration.ZERO,
                                        3)))))
            .limit(10)
            .toList();
    for (String id : ids) {
      await(id, h -> h.log().size() == 5);
    }
    Thread.sleep(3000); // until what is to be compiled is
    long before = processorNanos();
    Instant begin = Instant.now();
    Thread.sleep(5000);
    double seconds = Duration.between(begin, Instant.now()).toNanos() / 1e9;
    double used = (processorNanos() - before) / 1e9 / seconds;
    double rate = ids.stream().mapToDouble(HealthTest::rate).sum();
    assertThat(rate).as("probes a second").isBetween(40.0, 100.0);
    assertThat(used / rate * 100).as("cores for a hundred probes a second").isLessThan(0.1);
    ids.forEach(HealthTest::remove);
  }

  private static double rate(String id) {
    List<Health.Probe> log = health(id).log();
    Duration length = Duration.between(log.getFirst().start(), log.getLast().start());
    return (log.size() - 1) * 1e9 / length.toNanos();
  }

  private static long processorNanos() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
  }

  @KernelTest
  void missingCommand_isAFailureThatSaysSo() throws InterruptedException {
    String id = test.start(checked(Duration.ofSeconds(10), 1, "CMD", "not-there"));
    Health health = await(id, h -> h.status().equals("unhealthy"));
    assertThat(health.log().getFirst().exitCode()).isEqualTo(-1);
    assertThat(health.log().getFirst().output()).contains("not-there");
    remove(id);
  }

  @KernelTest
  void reopenedEngine_goesOnWithTheHealthItHad() throws InterruptedException {
    String id = test.start(checked(Duration.ofSeconds(10), 2, "CMD", "test", "-e", "/tmp/well"));
    await(id, h -> h.status().equals("unhealthy"));
    test.reopen();
    assertThat(health(id).status()).isEqualTo("unhealthy");
    assertThat(health(id).log()).isNotEmpty();
    assertThat(test.runExec(id, TestEngine.exec("touch", "/tmp/well")).exitCode).hasValue(0);
    await(id, h -> h.status().equals("healthy"));
    remove(id);
  }

  @KernelTest
  void paused_isNotProbed_andKeepsItsHealth() throws InterruptedException {
    String id = test.start(checked(Duration.ofMillis(200), 1, "CMD", "true"));
    await(id, h -> h.status().equals("healthy"));
    test.containers().pause(id);
    Thread.sleep(600);
    assertThat(health(id).status()).isEqualTo("healthy");
    test.containers().unpause(id);
    remove(id);
  }

  @KernelTest
  void manyProbes_leaveNoDescriptor() throws InterruptedException, IOException {
    String id = test.start(checked(Duration.ofSeconds(10), 3, "CMD", "true"));
    await(id, h -> h.log().size() == 5);
    long before = descriptors();
    Thread.sleep(1500);
    assertThat(descriptors()).isLessThan(before + 8); // one probe is under way, or none
    remove(id);
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }

  @KernelTest
  void otherRuntime_isProbedToo() throws InterruptedException {
    String path = System.getenv("PATH");
    assumeTrue(
        Stream.of(path.split(":", -1)).anyMatch(d -> Files.isExecutable(Path.of(d, "crun"))),
        "this machine has no crun");
    String id =
        test.start(
            checked(Duration.ofSeconds(10), 3, "CMD", "echo", "from crun")
                .runtime(Optional.of("crun")));
    Health health = await(id, h -> h.status().equals("healthy"));
    assertThat(health.log().getFirst().output()).isEqualTo("from crun\n");
    remove(id);
  }
}
