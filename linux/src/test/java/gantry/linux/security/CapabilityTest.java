package gantry.linux.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CapabilityTest {
  private static final Set<Capability> EVERYTHING = EnumSet.allOf(Capability.class);

  @Test
  void values_areTheKernels41() {
    assertThat(Capability.values()).hasSize(41);
    assertThat(Capability.SYS_ADMIN.number()).isEqualTo(21);
    assertThat(Capability.CHECKPOINT_RESTORE.number()).isEqualTo(40);
  }

  @Test
  void defaultMask_isDockers() {
    assertThat(Capability.maskOf(Capability.CONTAINER_DEFAULT)).isEqualTo(0xa80425fbL);
  }

  @Test
  void parse_acceptsBothSpellingsInAnyCase() {
    assertThat(Capability.parse("net_raw")).isEqualTo(Capability.NET_RAW);
    assertThat(Capability.parse("CAP_NET_RAW")).isEqualTo(Capability.NET_RAW);
    assertThat(Capability.canonical("all")).isEqualTo("ALL");
    assertThat(Capability.canonical("kill")).isEqualTo("CAP_KILL");
  }

  @Test
  void parse_unknownName_saysDockersWords() {
    assertThatThrownBy(() -> Capability.parse("nonsense"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown capability: \"CAP_NONSENSE\"");
    assertThatThrownBy(() -> Capability.select(List.of("foo"), List.of(), EVERYTHING))
        .hasMessage("invalid CapAdd: unknown capability: \"CAP_FOO\"");
    assertThatThrownBy(() -> Capability.select(List.of(), List.of("foo"), EVERYTHING))
        .hasMessage("invalid CapDrop: unknown capability: \"CAP_FOO\"");
  }

  @Test
  void select_followsDockersCalculus() {
    assertThat(Capability.select(List.of(), List.of(), EVERYTHING))
        .isEqualTo(Capability.CONTAINER_DEFAULT);
    assertThat(Capability.select(List.of("ALL"), List.of("sys_admin"), EVERYTHING))
        .hasSize(40)
        .doesNotContain(Capability.SYS_ADMIN);
    assertThat(Capability.select(List.of("chown"), List.of("all"), EVERYTHING))
        .containsExactly(Capability.CHOWN);
    assertThat(Capability.select(List.of("NET_ADMIN"), List.of("MKNOD", "NET_ADMIN"), EVERYTHING))
        .hasSize(14)
        .contains(Capability.NET_ADMIN)
        .doesNotContain(Capability.MKNOD);
    assertThat(Capability.select(List.of("ALL"), List.of("ALL"), EVERYTHING)).isEqualTo(EVERYTHING);
  }

  @Test
  void select_withLessAvailable_givesNoMoreThanThat() {
    Set<Capability> available = EnumSet.complementOf(EnumSet.of(Capability.SYS_RESOURCE));
    assertThat(Capability.select(List.of("ALL"), List.of(), available)).isEqualTo(available);
    assertThatThrownBy(() -> Capability.select(List.of("SYS_RESOURCE"), List.of(), available))
        .hasMessageContaining("not available in the current environment: \"CAP_SYS_RESOURCE\"");
  }

  @Test
  void boundingSet_readsTheStatusFile() {
    assertThat(Capability.boundingSet("Name:\tx\nCapBnd:\t000001ffffffffff\n"))
        .isEqualTo(EVERYTHING);
    assertThat(Capability.ofMask(0xa80425fbL)).isEqualTo(Capability.CONTAINER_DEFAULT);
  }
}
