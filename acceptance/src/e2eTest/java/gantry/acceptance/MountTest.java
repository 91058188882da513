package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Subprocess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bind mounts and tmpfs, by `-v`, `--mount` and `--tmpfs`, with their options.
@E2e
class MountTest {
  private final Cli cli;
  @TempDir Path host;

  MountTest(Cli cli) {
    this.cli = cli;
  }

  private String mountinfo(String target, String... options) {
    return cli.sh("grep ' " + target + " ' /proc/self/mountinfo", options);
  }

  @Test
  void volumeOption_bindsBothWays() throws Exception {
    Files.writeString(host.resolve("from-host"), "hello");
    assertThat(
            cli.sh("cat /data/from-host; echo back > /data/from-container", "-v", host + ":/data"))
        .isEqualTo("hello");
    assertThat(host.resolve("from-container")).hasContent("back\n");
  }

  @Test
  void volumeOption_readOnly() {
    assertThat(cli.sh("touch /data/x 2>&1", "-v", host + ":/data:ro"))
        .isEqualTo("touch: /data/x: Read-only file system");
  }

  @Test
  void volumeOption_makesTheMissingHostDirectory() {
    cli.sh("true", "-v", host.resolve("new/deep") + ":/data");
    assertThat(host.resolve("new/deep")).isDirectory();
  }

  @Test
  void volumeOption_bindsOneFile() throws Exception {
    Path file = Files.writeString(host.resolve("one"), "content");
    assertThat(
            cli.sh(
                "cat /etc/one /etc/passwd",
                "-v",
                file + ":/etc/one",
                "-v",
                file + ":/etc/passwd:ro"))
        .isEqualTo("contentcontent");
  }

  @Test
  void mountBind_needsTheSource() {
    var result =
        cli.once(
                "--mount",
                "type=bind,source=" + host.resolve("missing") + ",target=/data",
                "busybox",
                "true")
            .expect(125);
    assertThat(result.stderr())
        .contains(
            "invalid mount config for type \"bind\": bind source path does not exist: "
                + host.resolve("missing"));
  }

  @Test
  void mountBind_readOnlyIsRecursive() throws Exception {
    assertThat(
            cli.sh(
                "touch /data/x 2>&1", "--mount", "type=bind,src=" + host + ",dst=/data,readonly"))
        .contains("Read-only file system");
  }

  @ParameterizedTest
  @CsvSource({
    "shared,shared:",
    "slave,master:",
    "private,''",
    "rshared,shared:",
    "rslave,master:",
    "rprivate,''"
  })
  void propagation_isAsAsked(String propagation, String field) throws Exception {
    // The source must be a mount of its own with sharing, as it is on a machine run by systemd.
    Path shared = Files.createDirectory(host.resolve("shared"));
    Subprocess.run(List.of("mount", "-t", "tmpfs", "none", shared.toString())).expect(0);
    try {
      Subprocess.run(List.of("mount", "--make-shared", shared.toString())).expect(0);
      String line =
          mountinfo(
              "/data",
              "--mount",
              "type=bind,src=" + shared + ",dst=/data,bind-propagation=" + propagation);
      assertThat(line).contains(field);
      if (field.isEmpty()) {
        assertThat(line).doesNotContain("shared:").doesNotContain("master:");
      }
    } finally {
      Subprocess.run(List.of("umount", shared.toString())).expect(0);
    }
  }

  @Test
  void bindMount_showsSubmounts() throws Exception {
    Path sub = Files.createDirectory(host.resolve("sub"));
    Subprocess.run(List.of("mount", "-t", "tmpfs", "none", sub.toString())).expect(0);
    try {
      Files.writeString(sub.resolve("inner"), "seen");
      assertThat(cli.sh("cat /data/sub/inner", "-v", host + ":/data")).isEqualTo("seen");
      assertThat(
              cli.sh(
                  "ls /data/sub",
                  "--mount",
                  "type=bind,src=" + host + ",dst=/data,bind-recursive=disabled"))
          .isEmpty();
    } finally {
      Subprocess.run(List.of("umount", sub.toString())).expect(0);
    }
  }

  @Test
  void bindMount_ofWhatIsReadOnlyOnTheHost_staysReadOnly() throws Exception {
    Path shut = Files.createDirectory(host.resolve("shut"));
    Subprocess.run(List.of("mount", "--bind", shut.toString(), shut.toString())).expect(0);
    try {
      Subprocess.run(List.of("mount", "-o", "remount,bind,ro", shut.toString())).expect(0);
      assertThat(cli.sh("touch /data/x 2>&1", "-v", shut + ":/data"))
          .contains("Read-only file system");
    } finally {
      Subprocess.run(List.of("umount", shut.toString())).expect(0);
    }
  }

  @Test
  void mountBelowASymlinkOfTheImage_staysInside() throws Exception {
    Path victim = Files.createDirectory(host.resolve("victim"));
    String name = cli.name();
    cli.run(
            "run",
            "--name",
            name,
            "--network",
            "none",
            "busybox",
            "ln",
            "-s",
            victim.toString(),
            "/link")
        .expect(0);
    String image = cli.name();
    cli.ok("commit", name, image);
    assertThat(cli.once("-v", "/tmp:/link/inner", image, "true").exit()).isNotNegative();
    assertThat(victim).isEmptyDirectory();
    cli.ok("rmi", "-f", image);
  }

  @Test
  void tmpfs_hasOptions() {
    assertThat(
            cli.sh(
                "stat -c %a /mnt; df -m /mnt | tail -n 1 | awk '{print $2}'; grep -c ' /mnt .*noexec.*- tmpfs' /proc/self/mountinfo",
                "--tmpfs", "/mnt:size=10m,mode=700"))
        .isEqualTo("700\n10\n1");
    assertThat(cli.sh("cp /bin/busybox /mnt/true && /mnt/true && echo ran", "--tmpfs", "/mnt:exec"))
        .isEqualTo("ran");
  }

  @Test
  void mountTmpfs_hasSizeAndMode() {
    assertThat(
            cli.sh(
                "stat -c %a /mnt; df -k /mnt | tail -n 1 | awk '{print $2}'",
                "--mount", "type=tmpfs,dst=/mnt,tmpfs-size=1048576,tmpfs-mode=1750"))
        .isEqualTo("1750\n1024");
  }

  @Test
  void shmSize_isOfDevShm() {
    assertThat(cli.sh("df -m /dev/shm | tail -n 1 | awk '{print $2}'")).isEqualTo("64");
    assertThat(cli.sh("df -m /dev/shm | tail -n 1 | awk '{print $2}'", "--shm-size", "32m"))
        .isEqualTo("32");
  }

  @Test
  void defaultMounts_haveDockersOptions() {
    assertThat(cli.sh("awk '{print $5, $6}' /proc/self/mountinfo | sort").lines().toList())
        .contains(
            "/proc rw,nosuid,nodev,noexec,relatime",
            "/dev rw,nosuid",
            "/dev/pts rw,nosuid,noexec,relatime",
            "/sys ro,nosuid,nodev,noexec,relatime",
            "/dev/mqueue rw,nosuid,nodev,noexec,relatime",
            "/dev/shm rw,nosuid,nodev,noexec,relatime",
            "/proc/bus ro,nosuid,nodev,noexec,relatime",
            "/proc/sys ro,nosuid,nodev,noexec,relatime");
  }

  @Test
  void inspect_listsMounts() {
    String name = cli.box("-v", host + ":/data:ro", "busybox", "sleep", "600");
    assertThat(
            cli.inspect(
                name,
                "{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}} {{.Mode}} {{.RW}} {{.Propagation}}{{end}}"))
        .isEqualTo("bind " + host + " /data ro false rprivate");
    assertThat(cli.inspect(name, "{{json .HostConfig.Binds}}"))
        .isEqualTo("[\"" + host + ":/data:ro\"]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /tmp:relative     | mount path must be absolute
          /tmp:/            | destination can't be '/'
          /tmp:/x:nosuch    | invalid mode: nosuch
          """)
  void badVolumeOptions_areNamed(String option, String message) {
    assertThat(cli.once("-v", option, "busybox", "true").expect(125).stderr()).contains(message);
  }

  @Test
  void twoMountsOnOnePlace_areRefused() {
    assertThat(
            cli.once("-v", host + ":/data", "--mount", "type=tmpfs,dst=/data", "busybox", "true")
                .expect(125)
                .stderr())
        .contains("Duplicate mount point: /data");
  }

  @Test
  void etcFiles_areWritableAndOnesOwn() {
    String name = cli.sleeper();
    cli.ok(
        "exec", name, "sh", "-c", "echo 1.2.3.4 x >> /etc/hosts; echo '# x' >> /etc/resolv.conf");
    assertThat(cli.sh("cat /etc/hosts /etc/resolv.conf"))
        .doesNotContain("1.2.3.4")
        .doesNotContain("# x");
  }
}
