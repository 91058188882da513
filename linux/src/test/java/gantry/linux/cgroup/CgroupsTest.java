package gantry.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.cgroup.Cgroups.Mode;
import gantry.linux.cgroup.Hierarchy.Version;
import gantry.linux.mount.MountInfo;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CgroupsTest {
  // Debian 12 with systemd.
  private static final String V2 =
      """
      24 31 0:22 / /proc rw,nosuid - proc proc rw
      35 23 0:30 / /sys/fs/cgroup rw,nosuid,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
      """;
  // CentOS 7 with systemd, shortened.
  private static final String V1 =
      """
      25 18 0:21 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,xattr,release_agent=/usr/lib/a,name=systemd
      28 26 0:24 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpuacct,cpu
      29 26 0:25 / /sys/fs/cgroup/memory rw shared:11 - cgroup cgroup rw,memory
      99 26 0:25 / /mnt/memory-again rw shared:11 - cgroup cgroup rw,memory
      """;
  private static final String HYBRID =
      """
      32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
      40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
      """;

  private static Cgroups of(String mounts, String membership, String controllers, boolean systemd) {
    List<String> names = List.of(controllers.split(" "));
    return Cgroups.of(MountInfo.parseAll(mounts), membership, _ -> names, systemd);
  }

  @Test
  void of_versionTwoOnly() {
    Cgroups cgroups =
        of(V2, "0::/system.slice/gantry.service\n", "cpuset cpu io memory pids", true);
    assertThat(cgroups.mode()).isEqualTo(Mode.V2);
    assertThat(cgroups.used())
        .containsExactly(
            new Hierarchy(
                Version.V2,
                Set.of("cpuset", "cpu", "io", "memory", "pids"),
                "/sys/fs/cgroup",
                "/system.slice/gantry.service"));
    assertThat(cgroups.controllers())
        .containsExactlyInAnyOrder("cpuset", "cpu", "io", "memory", "pids");
  }

  @Test
  void of_versionOneOnly_twiceMountedIsOne() {
    Cgroups cgroups =
        of(V1, "3:cpuacct,cpu:/user.slice\n2:memory:/\n1:name=systemd:/user.slice\n", "", true);
    assertThat(cgroups.mode()).isEqualTo(Mode.V1);
    assertThat(cgroups.used()).hasSize(3);
    assertThat(cgroups.used().get(1))
        .isEqualTo(
            new Hierarchy(
                Version.V1, Set.of("cpu", "cpuacct"), "/sys/fs/cgroup/cpu,cpuacct", "/user.slice"));
  }

  @Test
  void used_withoutSystemd_leavesOutWhatOnlyNames() {
    Cgroups hybrid = of(HYBRID, "", "", false);
    assertThat(hybrid.mode()).isEqualTo(Mode.HYBRID);
    assertThat(hybrid.used())
        .extracting(Hierarchy::mountPoint)
        .containsExactly("/sys/fs/cgroup/cpu");
    assertThat(of(HYBRID, "", "hugetlb", false).used()).hasSize(2);
    assertThat(of(HYBRID, "", "", true).used()).hasSize(3);
  }

  @Test
  void of_mountOfAPart_pathsAreWithinIt() {
    String part = "35 23 0:30 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    assertThat(of(part, "0::/docker/abc/init\n", "cpu", false).used().getFirst().ownPath())
        .isEqualTo("/init");
    assertThat(of(part, "0::/docker/abc\n", "cpu", false).used().getFirst().ownPath())
        .isEqualTo("/");
  }
}
