package gantry.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.cgroup.Hierarchy.Version;
import gantry.linux.event.EventLoop;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.Pipe;
import gantry.linux.process.PidFd;
import gantry.linux.process.ProcessStat;
import gantry.linux.process.Signal;
import gantry.linux.process.Spawn;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CgroupTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Cgroups cgroups = Cgroups.detect();
  private final CgroupParent parent =
      cgroups.parent("/gantry-test-" + ProcessHandle.current().pid());
  private final Cgroup group = parent.create("c1");

  @AfterEach
  void remove() {
    group.kill();
    group.remove();
    assertThat(parent.names()).isEmpty();
    parent.remove();
  }

  /// Starts a script that does nothing before it is in the group.
  private static int startIn(Cgroup group, String script) {
    try (Pipe gate = Pipe.open()) {
      Spawn shell =
          Spawn.program("/bin/sh").argument("sh").argument("-c").argument("read x; " + script);
      int pid = shell.descriptor(0, gate.readEnd()).start();
      group.add(pid);
      FileIo.writeFully(gate.writeEnd(), new byte[] {'\n'});
      return pid;
    }
  }

  private static void reap(int pid) {
    try (PidFd child = PidFd.open(pid).orElseThrow()) {
      child.signal(Signal.KILL);
      child.await();
    }
  }

  @KernelTest
  void create_isEmptyAndTakesAProcess() {
    assertThat(group.exists()).isTrue();
    assertThat(group.processes()).isEmpty();
    int pid = startIn(group, "exec sleep 1000");
    assertThat(group.processes()).containsExactly(pid);
    assertThat(parent.names()).containsExactly("c1");
    assertThat(parent.create("c1").processes()).containsExactly(pid);
    reap(pid);
  }

  @KernelTest
  void tasks_areJoinedByWritingZero() throws IOException {
    List<OwnedFd> tasks = group.openTasks();
    Spawn spawn = Spawn.program("/bin/sh").argument("sh").argument("-c");
    StringBuilder script = new StringBuilder();
    for (int i = 0; i < tasks.size(); i++) {
      spawn.descriptor(2 + i, tasks.get(i));
      script.append("echo 0 >&").append(2 + i).append("; ");
    }
    int pid = spawn.argument(script + "exec sleep 1000").start();
    tasks.forEach(OwnedFd::close);
    try {
      assertThat(new Patience(SECOND).until(() -> group.processes().contains(pid))).isTrue();
      assertThat(new Patience(SECOND).until(() -> membershipsOutside(pid) == 0)).isTrue();
    } finally {
      reap(pid);
    }
  }

  private long membershipsOutside(int pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cgroup"))
          .lines()
          .filter(line -> !line.startsWith("0::") && !line.contains("name="))
          .filter(line -> !line.endsWith(group.path()))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @KernelTest
  void apply_limits_areInForceAndRead() {
    Limits limits =
        Limits.builder()
            .memoryBytes(64 << 20)
            .memorySwapBytes(64 << 20)
            .pids(7)
            .cpuQuotaMicros(50_000)
            .cpuPeriodMicros(200_000)
            .cpuShares(512)
            .cpusetCpus("0")
            .build();
    assertThat(group.apply(limits)).isEmpty();
    CgroupStats stats = group.stats();
    assertThat(stats.memory().limitBytes()).isEqualTo(OptionalLong.of(64 << 20));
    assertThat(stats.pids().limit()).isEqualTo(OptionalLong.of(7));
    // Up and down again: the limits of memory and of memory with swap must never cross.
    group.apply(Limits.builder().memoryBytes(256 << 20).memorySwapBytes(512 << 20).build());
    assertThat(group.stats().memory().limitBytes()).isEqualTo(OptionalLong.of(256 << 20));
    group.apply(Limits.builder().memoryBytes(32 << 20).memorySwapBytes(32 << 20).build());
    group.apply(Limits.builder().memoryBytes(Limits.UNLIMITED).pids(Limits.UNLIMITED).build());
    assertThat(group.stats().memory().limitBytes()).isEmpty();
    assertThat(group.stats().pids().limit()).isEmpty();
  }

  @KernelTest
  void apply_periodTooShortForTheOldQuota_isWrittenInTheOtherOrder() {
    group.apply(Limits.builder().cpuPeriodMicros(1_000_000).cpuQuotaMicros(400_000).build());
    group.apply(Limits.builder().cpuPeriodMicros(10_000).cpuQuotaMicros(5_000).build());
  }

  @KernelTest
  void apply_badValue_namesFileAndValue() {
    assertThatThrownBy(() -> group.apply(Limits.builder().cpusetCpus("999").build()))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("cpuset.cpus' with '999'");
  }

  @KernelTest
  void stats_ofABusyProcess_grow() throws Exception {
    int pid = startIn(group, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exec sleep 1000");
    assertThat(new Patience(Duration.ofSeconds(20)).until(() -> command(pid).equals("sleep")))
        .isTrue();
    CgroupStats stats = group.stats();
    assertThat(stats.cpu().totalNanos()).isGreaterThan(1_000_000);
    assertThat(stats.cpu().userNanos()).isPositive();
    assertThat(stats.memory().usageBytes()).isPositive();
    assertThat(stats.pids().current()).isEqualTo(1);
    reap(pid);
  }

  private static String command(int pid) {
    return ProcessStat.of(pid).map(ProcessStat::command).orElse("");
  }

  @KernelTest
  void freeze_thenThaw() {
    int pid = startIn(group, "while :; do :; done");
    group.freeze(SECOND);
    assertThat(group.frozen()).isTrue();
    long before = group.stats().cpu().totalNanos();
    assertThat(
            new Patience(Duration.ofMillis(30))
                .until(() -> group.stats().cpu().totalNanos() > before))
        .isFalse();
    group.thaw();
    assertThat(group.frozen()).isFalse();
    assertThat(new Patience(SECOND).until(() -> group.stats().cpu().totalNanos() > before))
        .isTrue();
    reap(pid);
  }

  @KernelTest
  void kill_aForkingCrowd_alsoFrozen_isOver() {
    int pid = startIn(group, "for i in 1 2 3 4 5; do (while :; do sleep 0.01; done) & done; wait");
    assertThat(new Patience(SECOND).until(() -> group.processes().size() > 1)).isTrue();
    group.freeze(SECOND);
    try (PidFd child = PidFd.open(pid).orElseThrow()) {
      Thread reaper = Thread.ofPlatform().start(child::await);
      group.kill();
      reaper.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    assertThat(group.processes()).isEmpty();
  }

  @KernelTest
  void rename_keepsProcessesAndDescriptors() {
    if (cgroups.mode() == Cgroups.Mode.V2) {
      assertThat(group.rename("c9")).isEmpty();
      return;
    }
    List<OwnedFd> tasks = group.openTasks();
    int pid = startIn(group, "exec sleep 1000");
    Cgroup renamed = group.rename("c9").orElseThrow();
    assertThat(group.exists()).isFalse();
    assertThat(renamed.processes()).containsExactly(pid);
    byte[] number = Integer.toString(pid).getBytes(StandardCharsets.US_ASCII);
    for (OwnedFd file : tasks) {
      FileIo.writeFully(file, number);
      file.close();
    }
    reap(pid);
    renamed.remove();
  }

  @KernelTest
  void remove_withGroupsBeneath_isComplete() {
    for (Node node : parent.nodes()) {
      if (!node.lazy()) {
        At.mkdir(node.dir(), "c1/inner", 0755);
        At.mkdir(node.dir(), "c1/inner/most", 0755);
      }
    }
    group.remove();
    assertThat(group.exists()).isFalse();
    group.remove();
  }

  @KernelTest
  void remove_withAnEndingProcess_waitsForIt() throws InterruptedException {
    int pid = startIn(group, "exec sleep 1000");
    Thread later =
        Thread.ofPlatform()
            .start(
                () -> {
                  new Patience(Duration.ofMillis(50)).until(() -> false);
                  reap(pid);
                });
    group.remove();
    assertThat(group.exists()).isFalse();
    later.join();
  }

  @KernelTest
  void watchOom_tellsAndCounts() throws Exception {
    group.apply(Limits.builder().memoryBytes(8 << 20).memorySwapBytes(8 << 20).build());
    try (EventLoop loop = EventLoop.start("oom", e -> {});
        OomWatch watch = group.watchOom().orElseThrow()) {
      var told = loop.whenReady(watch, watch.interest());
      int pid = startIn(group, "exec dd if=/dev/zero of=/dev/null bs=64M count=1");
      told.get(20, TimeUnit.SECONDS);
      try (PidFd child = PidFd.open(pid).orElseThrow()) {
        assertThat(child.await().shellCode()).isEqualTo(137);
      }
      assertThat(group.oomKills()).isEqualTo(1);
      assertThat(group.stats().memory().oomKills()).isEqualTo(1);
    }
  }

  @KernelTest
  void allowDevices_othersAreForbidden() {
    if (!group.allowDevices(List.of("c 1:3 rwm"))) {
      return; // version 2
    }
    Node devices = group.node("devices").orElseThrow();
    assertThat(devices.read(group.file("devices.list"))).contains("c 1:3 rwm\n");
  }

  @KernelTest
  void hugepages_areLimitedWhereTheControllerIs() {
    if (!cgroups.controllers().contains("hugetlb")) {
      return;
    }
    assertThat(group.apply(Limits.builder().hugepageBytes("2MB", 4 << 20).build())).isEmpty();
    try (OwnedFd directory = group.openDirectory().orElseThrow()) {
      assertThat(directory.value()).isPositive();
    }
  }

  /// Version 2 beside version 1 has no controllers, but freezes and kills as it does alone.
  @KernelTest
  void versionTwoAlone_freezesKillsAndRemoves() {
    Hierarchy unified =
        cgroups.mounted().stream().filter(h -> h.version() == Version.V2).findFirst().orElseThrow();
    CgroupParent alone = new Cgroups(List.of(unified), false).parent(parent.path() + "-v2");
    Cgroup two = alone.create("c2");
    int pid = startIn(two, "(sleep 1000) & exec sleep 1000");
    two.freeze(SECOND);
    assertThat(two.frozen()).isTrue();
    two.thaw();
    try (PidFd child = PidFd.open(pid).orElseThrow();
        OwnedFd directory = two.openDirectory().orElseThrow()) {
      assertThat(directory.value()).isPositive();
      Thread reaper = Thread.ofPlatform().start(child::await);
      two.kill();
      reaper.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    two.remove();
    assertThat(two.openTasks()).isEmpty();
    alone.remove();
  }

  @KernelTest
  void createAndRemove_areFast() {
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      int count = 100;
      for (int i = 0; i < count; i++) {
        parent.create("speed").remove();
      }
      long micros = (System.nanoTime() - start) / 1000 / count;
      System.out.println(
          "create and remove in " + parent.nodes().size() + " hierarchies: " + micros + " µs");
    }
    long start = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      group.stats();
    }
    System.out.println("stats: " + (System.nanoTime() - start) / 100_000 + " µs");
  }

  private List<Path> groups(String name) {
    return cgroups.used().stream().map(h -> Path.of(h.mountPoint() + name)).toList();
  }

  @KernelTest
  void closeParent_lastOfThose_removesWhatTheyMade() {
    String path = parent.path() + "/shared";
    CgroupParent one = cgroups.parent(path);
    CgroupParent other = cgroups.parent(path);
    assertThat(groups(path)).allMatch(Files::exists);
    one.close();
    assertThat(groups(path)).allMatch(Files::exists);
    Cgroup child = other.create("c");
    other.close();
    assertThat(groups(path)).anyMatch(Files::exists);
    CgroupParent later = cgroups.parent(path);
    later.existing("c").remove();
    later.close();
    later.close();
    assertThat(groups(path)).noneMatch(Files::exists);
    assertThat(child.path()).isEqualTo(path + "/c");
  }

  @KernelTest
  void closeParent_madeByAnother_staysAsItWas() throws Exception {
    String path = parent.path() + "/found";
    for (Path group : groups(path)) {
      Files.createDirectory(group);
    }
    cgroups.parent(path).close();
    assertThat(groups(path)).allMatch(Files::exists);
    cgroups.parent(path).remove();
    assertThat(groups(path)).noneMatch(Files::exists);
  }

  /// Engines come and go, and each finds the place for its groups.
  @KernelTest
  void openParent_whileOthersRemoveIt_isThere() throws Exception {
    String path = parent.path() + "/busy";
    try (ExecutorService engines = Executors.newFixedThreadPool(4)) {
      List<Future<?>> all = new ArrayList<>();
      for (int engine = 0; engine < 4; engine++) {
        String name = "c" + engine;
        all.add(
            engines.submit(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    try (CgroupParent mine = cgroups.parent(path)) {
                      mine.create(name).remove();
                    }
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(groups(path)).noneMatch(Files::exists);
  }
}
