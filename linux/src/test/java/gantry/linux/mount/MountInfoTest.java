package gantry.linux.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.file.DeviceNumber;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountInfoTest {
  @Test
  void parse_allFields() {
    // From proc_pid_mountinfo(5), with a space and a backslash put into the mount point.
    MountInfo mount =
        MountInfo.parse(
            "36 35 98:0 /mnt1 /mnt\\040\\1342 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue");
    assertThat(mount)
        .isEqualTo(
            new MountInfo(
                36,
                35,
                new DeviceNumber(98, 0),
                "/mnt1",
                "/mnt \\2",
                List.of("rw", "noatime"),
                List.of("master:1", "propagate_from:2"),
                "ext3",
                "/dev/root",
                List.of("rw", "errors=continue")));
  }

  @Test
  void parse_noOptionalFieldsAndEmptySource() {
    MountInfo mount = MountInfo.parse("22 27 0:21 / /proc rw,relatime - proc  rw");
    assertThat(mount.propagation()).isEmpty();
    assertThat(mount.source()).isEmpty();
    assertThat(mount.type()).isEqualTo("proc");
  }

  @Test
  void parseAll_nameWithCarriageReturn_isOneLine() {
    List<MountInfo> mounts = MountInfo.parseAll("22 27 0:21 / /a\rb rw - proc proc rw\n");
    assertThat(mounts).extracting(MountInfo::mountPoint).containsExactly("/a\rb");
  }

  @Test
  void parse_others_areRefused() {
    for (String line :
        new String[] {
          "",
          "36 35 98:0 / / rw",
          "36 35 98 / / rw - a b c",
          "x 35 98:0 / / rw - a b c",
          "36 35 98:0 / / rw - a b"
        }) {
      assertThatThrownBy(() -> MountInfo.parse(line))
          .as(line)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
