package gantry.runtime.staged;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MountOptionsTest {

  @Test
  void parse_newFileSystem_sortsFlagsFromData() {
    MountOptions options =
        MountOptions.parse("tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k"));
    assertThat(options.flags()).isEqualTo(0x2 | 0x1000000);
    assertThat(options.data()).isEqualTo("mode=755,size=65536k");
    assertThat(options.bind()).isFalse();
  }

  @Test
  void parse_readOnlyBind_setsTheAttributeOfThisMountOnly() {
    MountOptions options = MountOptions.parse("bind", List.of("rbind", "ro", "rprivate"));
    assertThat(options.bind()).isTrue();
    assertThat(options.recursive()).isTrue();
    assertThat(options.set()).isEqualTo(MountOptions.ATTR_RDONLY);
    assertThat(options.setAll()).isZero();
    assertThat(options.propagation()).isEqualTo(MountOptions.MS_PRIVATE | MountOptions.MS_REC);
  }

  @Test
  void parse_recursiveReadOnly_setsTheAttributeBeneathToo() {
    MountOptions options = MountOptions.parse("bind", List.of("rbind", "rro"));
    assertThat(options.setAll()).isEqualTo(MountOptions.ATTR_RDONLY);
    assertThat(options.set()).isZero();
  }

  @Test
  void parse_laterOption_wins() {
    assertThat(MountOptions.parse("bind", List.of("ro", "rw")).set()).isZero();
    assertThat(MountOptions.parse("bind", List.of("ro", "rw")).clear()).isEqualTo(1);
    assertThat(MountOptions.parse("tmpfs", List.of("rw", "ro")).flags()).isEqualTo(1);
  }

  /// The kernel refuses to set one way of keeping access times without clearing the others.
  @Test
  void parse_accessTime_clearsTheWholeField() {
    assertThat(MountOptions.parse("bind", List.of("noatime")).clear()).isEqualTo(0x70);
  }

  @Test
  void parse_relatime_isNoRecursiveOption() {
    assertThat(MountOptions.parse("tmpfs", List.of("relatime")).data()).isEmpty();
    assertThat(MountOptions.parse("tmpfs", List.of("relatime")).setAll()).isZero();
  }
}
