package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Capabilities, seccomp, masked paths, devices: the default box, and each flag that opens or
/// narrows it.
@E2e
class SecurityTest {
  private static final String DEFAULT_CAPABILITIES = "00000000a80425fb";
  private final Cli cli;
  @TempDir Path scratch;

  SecurityTest(Cli cli) {
    this.cli = cli;
  }

  private String status(String field, String... options) {
    return cli.sh("grep ^" + field + ": /proc/self/status | cut -f2", options);
  }

  @Test
  void defaultCapabilities_areDockersFourteen() {
    assertThat(cli.sh("grep ^Cap /proc/self/status | tr '\\t\\n' ' ;'"))
        .isEqualTo(
            "CapInh: 0000000000000000;CapPrm: %1$s;CapEff: %1$s;CapBnd: %1$s;CapAmb: 0000000000000000;"
                .formatted(DEFAULT_CAPABILITIES));
  }

  @Test
  void capDropAll_leavesNone() {
    assertThat(status("CapEff", "--cap-drop", "ALL")).isEqualTo("0000000000000000");
    assertThat(status("CapBnd", "--cap-drop", "ALL")).isEqualTo("0000000000000000");
  }

  @Test
  void capAddAndDrop_withAndWithoutPrefix() {
    assertThat(status("CapEff", "--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "CAP_KILL"))
        .isEqualTo("0000000000000021");
    assertThat(status("CapEff", "--cap-add", "net_admin")).isEqualTo("00000000a80435fb");
    assertThat(status("CapEff", "--cap-drop", "cap_mknod")).isEqualTo("00000000a00425fb");
  }

  @Test
  void unknownCapability_isRefused() {
    var result = cli.once("--cap-add", "NOSUCH", "busybox", "true").expect(125);
    assertThat(result.stderr()).contains("NOSUCH");
  }

  @Test
  void otherUser_hasNoEffectiveCapabilities() {
    assertThat(status("CapEff", "-u", "1000")).isEqualTo("0000000000000000");
    assertThat(status("CapBnd", "-u", "1000")).isEqualTo(DEFAULT_CAPABILITIES);
  }

  @Test
  void privileged_hasAllThatTheDaemonHas_andNoFilter() {
    assertThat(status("Seccomp", "--privileged")).isEqualTo("0");
    assertThat(Long.parseUnsignedLong(status("CapEff", "--privileged"), 16))
        .isGreaterThan(0x1f_0000_0000L);
    assertThat(
            cli.sh(
                "[ -w /proc/sys/kernel/domainname ] && echo open; grep -c ' /proc/[a-z]* ' /proc/self/mountinfo",
                "--privileged"))
        .isEqualTo("open\n0");
  }

  @Test
  void seccomp_isAFilterByDefault_andOffWhenUnconfined() {
    assertThat(status("Seccomp")).isEqualTo("2");
    assertThat(status("Seccomp", "--security-opt", "seccomp=unconfined")).isEqualTo("0");
  }

  @Test
  void seccomp_deniesMountUnshareAndSettingTheClock() {
    assertThat(cli.sh("unshare -U true 2>&1; unshare -m true 2>&1; date -s 00:00 2>&1 | head -n 1"))
        .contains("Operation not permitted")
        .doesNotContain("Invalid");
  }

  @Test
  void seccompProfileOfOnesOwn_isApplied() {
    Path profile =
        Cli.file(
            scratch,
            "profile.json",
            """
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}
            """);
    assertThat(
            cli.sh("mkdir /x 2>&1; touch /y && echo fine", "--security-opt", "seccomp=" + profile))
        .isEqualTo("mkdir: can't create directory '/x': Operation not supported\nfine");
  }

  @Test
  void brokenSeccompProfile_isRefused() {
    Path profile = Cli.file(scratch, "broken.json", "{\"defaultAction\":");
    assertThat(cli.once("--security-opt", "seccomp=" + profile, "busybox", "true").exit())
        .isEqualTo(125);
  }

  @Test
  void noNewPrivileges_isSetOnDemand() {
    assertThat(status("NoNewPrivs")).isEqualTo("0");
    assertThat(status("NoNewPrivs", "--security-opt", "no-new-privileges")).isEqualTo("1");
    assertThat(status("NoNewPrivs", "--security-opt", "no-new-privileges:true")).isEqualTo("1");
    assertThat(status("NoNewPrivs", "--security-opt", "no-new-privileges=false")).isEqualTo("0");
  }

  @Test
  void maskedPaths_areEmpty_andOpenWithSystempathsUnconfined() {
    assertThat(
            cli.sh(
                    "wc -c < /proc/timer_list; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v : | wc -w")
                .lines()
                .toList())
        .containsExactly("0", "0");
    String mounts =
        cli.sh(
            "grep -cE ' /proc/(timer_list|keys|sysrq-trigger|bus|irq|sys) ' /proc/self/mountinfo || true",
            "--security-opt",
            "systempaths=unconfined");
    assertThat(mounts).isEqualTo("0");
  }

  @Test
  void unknownSecurityOption_isRefused() {
    assertThat(cli.once("--security-opt", "nosuch=1", "busybox", "true").expect(125).stderr())
        .contains("nosuch");
  }

  @Test
  void defaultDevices_areTheUsualOnes() {
    assertThat(cli.sh("ls /dev | grep -vx core").lines().toList())
        .containsExactly(
            "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
            "stdout", "tty", "urandom", "zero");
    assertThat(
            cli.sh(
                "stat -c '%n %F %t:%T %a' /dev/null /dev/zero /dev/full /dev/tty /dev/random /dev/urandom"))
        .isEqualTo(
            """
            /dev/null character special file 1:3 666
            /dev/zero character special file 1:5 666
            /dev/full character special file 1:7 666
            /dev/tty character special file 5:0 666
            /dev/random character special file 1:8 666
            /dev/urandom character special file 1:9 666\
            """);
  }

  @Test
  void deviceNodes_canBeMadeButNotOpened() {
    assertThat(cli.sh("mknod /k c 1 2 && cat /k 2>&1"))
        .isEqualTo("cat: can't open '/k': Operation not permitted");
    assertThat(cli.sh("mknod /z c 1 5 && head -c 3 /z | wc -c")).isEqualTo("3");
  }

  @Test
  void device_isAddedWithItsRights() {
    assertThat(
            cli.sh(
                "stat -c '%t:%T' /dev/tapper; cat /dev/tapper 2>&1 | head -c 100; ",
                "--device", "/dev/net/tun:/dev/tapper:rw"))
        .startsWith("a:c8\n")
        .doesNotContain("not permitted");
    assertThat(
            cli.sh(
                "sh -c 'echo x > /dev/kmsgs' 2>&1",
                "--device",
                "/dev/kmsg:/dev/kmsgs:r",
                "-u",
                "0"))
        .contains("Operation not permitted");
  }

  @Test
  void missingDevice_isRefused() {
    var result = cli.once("--device", "/dev/nosuch", "busybox", "true").expect(127);
    assertThat(result.stderr()).contains("/dev/nosuch").contains("no such file or directory");
  }

  @Test
  void privileged_seesTheHostsDevices() {
    assertThat(cli.sh("ls /dev | wc -l", "--privileged"))
        .satisfies(n -> assertThat(Integer.parseInt(n)).isGreaterThan(20));
  }
}
