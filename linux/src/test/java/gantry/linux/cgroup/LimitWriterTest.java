package gantry.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Fd;
import gantry.linux.cgroup.Limits.Throttle;
import gantry.linux.cgroup.Limits.Throttle.Kind;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// On plain files, which take every value and keep it.
class LimitWriterTest {
  private static final DeviceNumber DISK = new DeviceNumber(8, 0);

  @TempDir Path root;
  private CgroupParent parent = new CgroupParent("/none", List.of());

  private Cgroup group(boolean unified, String controllers, String... files) throws IOException {
    Path group = Files.createDirectory(root.resolve("c"));
    for (String file : files) {
      Files.createFile(group.resolve(file));
    }
    Node node =
        new Node(
            unified,
            false,
            Set.of(controllers.split(" ")),
            root.toString(),
            At.openDirectory(Fd.CWD, root.toString()));
    parent = new CgroupParent("/test", List.of(node));
    return parent.existing("c");
  }

  private String file(String name) throws IOException {
    return Files.readString(root.resolve("c").resolve(name));
  }

  @AfterEach
  void close() {
    parent.close();
  }

  @Test
  void apply_nothingSet_writesNothing() throws IOException {
    assertThat(group(true, "cpu memory pids").apply(Limits.none())).isEmpty();
    assertThat(root.resolve("c")).isEmptyDirectory();
  }

  @Test
  void apply_versionTwo_convertsUnits() throws IOException {
    Cgroup group =
        group(
            true,
            "cpu cpuset memory pids io hugetlb",
            "cpu.max",
            "cpu.weight",
            "cpuset.cpus",
            "memory.max",
            "memory.low",
            "memory.swap.max",
            "memory.high",
            "pids.max",
            "io.weight",
            "io.max",
            "hugetlb.2MB.max");
    Limits limits =
        Limits.builder()
            .memoryBytes(100)
            .memorySwapBytes(250)
            .memoryReservationBytes(50)
            .cpuQuotaMicros(150_000)
            .cpuPeriodMicros(100_000)
            .cpuShares(1024)
            .cpusetCpus("0-1")
            .pids(Limits.UNLIMITED)
            .blkioWeight(500)
            .blkioThrottle(new Throttle(DISK, Kind.READ_OPERATIONS, 7))
            .hugepageBytes("2MB", 2 << 20)
            .unified("memory.high", "90")
            .build();
    assertThat(group.apply(limits)).isEmpty();
    assertThat(file("memory.max")).isEqualTo("100");
    assertThat(file("memory.swap.max")).isEqualTo("150");
    assertThat(file("memory.low")).isEqualTo("50");
    assertThat(file("memory.high")).isEqualTo("90");
    assertThat(file("cpu.max")).isEqualTo("150000 100000");
    assertThat(file("cpu.weight")).isEqualTo("39");
    assertThat(file("cpuset.cpus")).isEqualTo("0-1");
    assertThat(file("pids.max")).isEqualTo("max");
    assertThat(file("io.weight")).isEqualTo("default 4950");
    assertThat(file("io.max")).isEqualTo("8:0 riops=7");
    assertThat(file("hugetlb.2MB.max")).isEqualTo("2097152");
  }

  @Test
  void apply_versionTwo_saysWhatItCannot() throws IOException {
    Cgroup group = group(true, "cpu memory");
    Limits limits = Limits.builder().swappiness(10).oomKillDisabled(true).pids(5).build();
    assertThat(group.apply(limits)).containsExactly("swappiness", "oom kill disable", "pids limit");
  }

  @Test
  void apply_versionTwo_periodAlone_keepsTheQuota() throws IOException {
    Cgroup group = group(true, "cpu", "cpu.max");
    Files.writeString(root.resolve("c/cpu.max"), "50000 100000\n");
    group.apply(Limits.builder().cpuPeriodMicros(200_000).build());
    assertThat(file("cpu.max")).startsWith("50000 200000");
  }

  @Test
  void apply_versionTwo_swapBelowMemory_isRefused() throws IOException {
    Cgroup group = group(true, "memory", "memory.max", "memory.swap.max");
    Limits limits = Limits.builder().memoryBytes(100).memorySwapBytes(99).build();
    assertThatThrownBy(() -> group.apply(limits)).isInstanceOf(IllegalArgumentException.class);
    assertThat(file("memory.max")).isEmpty();
  }

  @Test
  void apply_versionOne_hasItsOwnNames() throws IOException {
    Cgroup group =
        group(
            false,
            "cpu blkio memory",
            "cpu.shares",
            "cpu.cfs_quota_us",
            "memory.limit_in_bytes",
            "memory.soft_limit_in_bytes",
            "memory.swappiness",
            "memory.oom_control",
            "blkio.bfq.weight",
            "blkio.throttle.write_bps_device");
    Limits limits =
        Limits.builder()
            .memoryBytes(100)
            .memorySwapBytes(200)
            .memoryReservationBytes(50)
            .swappiness(0)
            .oomKillDisabled(true)
            .cpuQuotaMicros(-1)
            .cpuShares(512)
            .blkioWeight(500)
            .blkioThrottle(new Throttle(DISK, Kind.WRITE_BYTES, 1000))
            .build();
    assertThat(group.apply(limits)).containsExactly("swap limit");
    assertThat(file("memory.limit_in_bytes")).isEqualTo("100");
    assertThat(file("memory.soft_limit_in_bytes")).isEqualTo("50");
    assertThat(file("memory.swappiness")).isEqualTo("0");
    assertThat(file("memory.oom_control")).isEqualTo("1");
    assertThat(file("cpu.cfs_quota_us")).isEqualTo("-1");
    assertThat(file("cpu.shares")).isEqualTo("512");
    assertThat(file("blkio.bfq.weight")).isEqualTo("500");
    assertThat(file("blkio.throttle.write_bps_device")).isEqualTo("8:0 1000");
  }

  @Test
  void weight_endsAndDefault() {
    assertThat(LimitWriter.weight(2)).isEqualTo(1);
    assertThat(LimitWriter.weight(1024)).isEqualTo(39);
    assertThat(LimitWriter.weight(262_144)).isEqualTo(10_000);
    assertThat(LimitWriter.ioWeight(10)).isEqualTo(1);
    assertThat(LimitWriter.ioWeight(1000)).isEqualTo(10_000);
  }

  @Test
  void existing_nameOfTwoComponents_isRefused() {
    for (String name : new String[] {"", ".", "..", "a/b"}) {
      assertThatThrownBy(() -> parent.existing(name)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
