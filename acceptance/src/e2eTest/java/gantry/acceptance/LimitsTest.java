package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Resource limits: what the kernel was told, read from inside, on cgroup v1 and on v2.
@E2e
class LimitsTest {
  private static final boolean UNIFIED = Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"));
  private final Cli cli;

  LimitsTest(Cli cli) {
    this.cli = cli;
  }

  /// A limit as the container reads it, by its file on v1 and on v2.
  private String limit(String v1, String v2, String... options) {
    return cli.sh("cat /sys/fs/cgroup/" + (UNIFIED ? v2 : v1), options);
  }

  @Test
  void memory_isLimited() {
    assertThat(limit("memory/memory.limit_in_bytes", "memory.max", "--memory", "64m"))
        .isEqualTo("67108864");
  }

  @Test
  void memoryReservation_isSet() {
    assertThat(
            limit(
                "memory/memory.soft_limit_in_bytes",
                "memory.low",
                "--memory",
                "64m",
                "--memory-reservation",
                "32m"))
        .isEqualTo("33554432");
  }

  @Test
  void memorySwap_countsBothOnV1_swapAloneOnV2() {
    String both = Integer.toString(96 << 20);
    String swap = Integer.toString(32 << 20);
    if (UNIFIED) {
      assertThat(
              cli.sh(
                  "cat /sys/fs/cgroup/memory.swap.max", "--memory", "64m", "--memory-swap", "96m"))
          .isEqualTo(swap);
    } else {
      String file = "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes";
      assertThat(
              cli.sh(
                  "[ -e " + file + " ] && cat " + file + " || echo " + both,
                  "--memory",
                  "64m",
                  "--memory-swap",
                  "96m"))
          .isEqualTo(both);
    }
  }

  @Test
  void cpus_isQuotaOverPeriod() {
    if (UNIFIED) {
      assertThat(cli.sh("cat /sys/fs/cgroup/cpu.max", "--cpus", "1.5")).isEqualTo("150000 100000");
    } else {
      assertThat(
              cli.sh(
                  "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us",
                  "--cpus",
                  "1.5"))
          .isEqualTo("150000\n100000");
    }
  }

  @Test
  void cpuShares_areSet() {
    assertThat(limit("cpu/cpu.shares", "cpu.weight", "--cpu-shares", "512"))
        .isEqualTo(UNIFIED ? "20" : "512");
  }

  @Test
  void cpuset_isSet() {
    assertThat(limit("cpuset/cpuset.cpus", "cpuset.cpus", "--cpuset-cpus", "0")).isEqualTo("0");
    assertThat(cli.sh("grep Cpus_allowed_list /proc/self/status | cut -f2", "--cpuset-cpus", "1"))
        .isEqualTo("1");
  }

  @Test
  void pidsLimit_isSetAndHolds() {
    assertThat(limit("pids/pids.max", "pids.max", "--pids-limit", "7")).isEqualTo("7");
    assertThat(
            cli.once(
                    "--pids-limit",
                    "3",
                    "busybox",
                    "sh",
                    "-c",
                    "for i in 1 2 3 4 5; do sleep 1 & done; wait")
                .stderr())
        .contains("Resource temporarily unavailable");
    assertThat(limit("pids/pids.max", "pids.max")).isEqualTo("max");
  }

  @Test
  void inspect_keepsTheNumbers() {
    String name =
        cli.box(
            "--memory",
            "64m",
            "--cpus",
            "0.5",
            "--pids-limit",
            "100",
            "--cpu-shares",
            "256",
            "--memory-reservation",
            "16m",
            "--blkio-weight",
            "300",
            "busybox",
            "sleep",
            "600");
    assertThat(
            cli.inspect(
                name,
                "{{with .HostConfig}}{{.Memory}} {{.MemorySwap}} {{.MemoryReservation}} {{.NanoCpus}} {{.CpuShares}} {{.PidsLimit}}{{end}}"))
        .isEqualTo("67108864 134217728 16777216 500000000 256 100");
  }

  @ParameterizedTest
  @CsvSource({
    "nofile=1000:2000,-n,1000",
    "nproc=300,-u,300",
    "core=0,-c,0",
    "stack=8192000:8192000,-s,8000"
  })
  void ulimit_isSet(String option, String flag, String soft) {
    assertThat(cli.sh("ulimit " + flag, "--ulimit", option)).isEqualTo(soft);
  }

  @Test
  void hardUlimit_isSetToo() {
    assertThat(cli.sh("ulimit -H -n", "--ulimit", "nofile=1000:2000")).isEqualTo("2000");
  }

  @Test
  void sysctl_isSetInItsNamespace() {
    assertThat(
            cli.sh(
                "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax",
                "--sysctl",
                "net.ipv4.ip_forward=0",
                "--sysctl",
                "kernel.msgmax=65000"))
        .isEqualTo("0\n65000");
  }

  @Test
  void sysctlOfTheHost_isRefused() {
    assertThat(cli.once("--sysctl", "vm.swappiness=1", "busybox", "true").exit())
        .isBetween(125, 128);
    assertThat(cli.once("--sysctl", "kernel.msgmax=1", "--ipc", "host", "busybox", "true").exit())
        .isBetween(125, 128);
  }

  @Test
  void oomScoreAdj_isSet() {
    assertThat(cli.sh("cat /proc/self/oom_score_adj", "--oom-score-adj", "500")).isEqualTo("500");
    assertThat(cli.once("--oom-score-adj", "5000", "busybox", "true").expect(125).stderr())
        .contains("Invalid value 5000, range for oom score adj is [-1000, 1000]");
  }

  @Test
  void oomKillDisable_isSetOnV1() {
    if (!UNIFIED) {
      assertThat(
              cli.sh(
                  "grep oom_kill_disable /sys/fs/cgroup/memory/memory.oom_control",
                  "--memory",
                  "64m",
                  "--oom-kill-disable"))
          .isEqualTo("oom_kill_disable 1");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --memory=1m                    | Minimum memory limit allowed is 6MB
          --memory-swap=10m --memory=20m | Minimum memoryswap limit should be larger than memory limit
          --cpus=1000                    | range of CPUs is from 0.01
          --cpuset-cpus=nosuch           | Invalid value nosuch for cpuset cpus
          --cpuset-cpus=1000             | Requested CPUs are not available
          --memory-reservation=30m --memory=20m | Minimum memory limit can not be less than memory reservation limit
          """)
  void nonsense_isRefusedWithDockersWords(String options, String message) {
    String[] parts = (options.strip() + " busybox true").split(" ", -1);
    assertThat(cli.once(parts).expect(125).stderr()).contains(message);
  }

  @Test
  void update_changesARunningContainer() {
    String name = cli.box("--memory", "64m", "busybox", "sleep", "600");
    assertThat(
            cli.ok(
                "update",
                "--memory",
                "128m",
                "--memory-swap",
                "256m",
                "--cpus",
                "0.5",
                "--pids-limit",
                "50",
                name))
        .isEqualTo(name);
    String file = UNIFIED ? "memory.max" : "memory/memory.limit_in_bytes";
    assertThat(cli.ok("exec", name, "cat", "/sys/fs/cgroup/" + file)).isEqualTo("134217728");
    assertThat(
            cli.ok(
                "exec", name, "cat", "/sys/fs/cgroup/" + (UNIFIED ? "pids.max" : "pids/pids.max")))
        .isEqualTo("50");
    assertThat(
            cli.inspect(
                name, "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}"))
        .isEqualTo("134217728 500000000 50");
  }

  @Test
  void update_ofAStoppedContainer_holdsAtTheNextStart() {
    String name =
        cli.created("busybox", "cat", "/sys/fs/cgroup/" + (UNIFIED ? "pids.max" : "pids/pids.max"));
    cli.ok("update", "--pids-limit", "33", "--restart", "no", name);
    assertThat(cli.ok("start", "-a", name)).isEqualTo("33");
  }

  @Test
  void update_refusesSwapBelowMemory() {
    String name = cli.box("--memory", "64m", "--memory-swap", "64m", "busybox", "sleep", "600");
    assertThat(cli.run("update", "--memory", "128m", name).expect(1).stderr())
        .contains(
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
  }

  @Test
  void cgroupParent_isAboveTheContainersGroup() {
    String box = cli.box("--cgroup-parent", "/gantry-limits-test", "busybox", "sleep", "600");
    String pid = cli.inspect(box, "{{.State.Pid}}");
    assertThat(cli.inspect(box, "{{.HostConfig.CgroupParent}}")).isEqualTo("/gantry-limits-test");
    assertThat(Path.of("/proc", pid, "cgroup"))
        .content()
        .contains("/gantry-limits-test/" + cli.inspect(box, "{{.Id}}"));
    cli.ok("rm", "-f", box);
  }

  /// `/dev/loop-control` stands for any device that containers are not given.
  @Test
  void deviceCgroupRule_allowsWhatItNames() {
    String script = "mknod /d c 10 237 && cat </dev/null >/d && echo allowed || echo refused";
    assertThat(cli.sh(script)).isEqualTo("refused");
    assertThat(cli.sh(script, "--device-cgroup-rule", "c 10:237 rw")).isEqualTo("allowed");
    assertThat(cli.sh(script, "--device-cgroup-rule", "c 10:* r")).isEqualTo("refused");
  }
}
