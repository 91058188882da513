package gantry.linux.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.security.DeviceRule;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// Device programs in the kernel, on a group of the test's own in the cgroup v2 tree.
class DeviceFilterTest {
  private final Path group =
      Stream.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
          .map(Path::of)
          .filter(root -> Files.exists(root.resolve("cgroup.controllers")))
          .findFirst()
          .orElseThrow()
          .resolve("gantry-device-test-" + ProcessHandle.current().pid());

  @BeforeEach
  void make() throws IOException {
    Files.createDirectory(group);
  }

  @AfterEach
  void remove() throws IOException {
    Files.delete(group);
  }

  @KernelTest
  void attach_thenReplace_changesWhatAProcessMayOpen() throws Exception {
    try (OwnedFd fd =
        At.open(Fd.CWD, group.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
      assertThat(reads("/dev/kmsg")).isTrue();
      DeviceFilter.attach(fd, DeviceRule.containerDefault());
      assertThat(DeviceFilter.count(fd)).isEqualTo(1);
      assertThat(reads("/dev/kmsg")).isFalse();
      assertThat(reads("/dev/zero")).isTrue();
      DeviceFilter.attach(
          fd,
          Stream.concat(
                  DeviceRule.containerDefault().stream(), Stream.of(DeviceRule.allow("c 1:11 r")))
              .toList());
      assertThat(DeviceFilter.count(fd)).isEqualTo(1);
      assertThat(reads("/dev/kmsg")).isTrue();
      DeviceFilter.attach(fd, List.of());
      assertThat(reads("/dev/zero")).isFalse();
    }
  }

  /// Whether a process in the group can open the device.
  private boolean reads(String device) throws Exception {
    Process process =
        new ProcessBuilder(
                "/bin/sh", "-c", "echo $$ >'%s/cgroup.procs' && exec 3<%s".formatted(group, device))
            .redirectErrorStream(true)
            .start();
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }
}
