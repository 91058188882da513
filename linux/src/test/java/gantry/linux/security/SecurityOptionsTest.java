package gantry.linux.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SecurityOptionsTest {
  @Test
  void parse_bothSeparators_areRead() {
    SecurityOptions options =
        SecurityOptions.parse(
            List.of(
                "no-new-privileges:true",
                "apparmor=mine",
                "seccomp={\"a\":1}",
                "label:type:x_t",
                "disable"));
    assertThat(options.noNewPrivileges()).isTrue();
    assertThat(options.appArmor()).contains("mine");
    assertThat(options.seccomp()).contains("{\"a\":1}");
    assertThat(options.labels()).containsExactly("type:x_t", "disable");
    assertThat(SecurityOptions.parse(List.of("no-new-privileges")).noNewPrivileges()).isTrue();
    assertThat(SecurityOptions.parse(List.of("no-new-privileges=false")).noNewPrivileges())
        .isFalse();
  }

  @Test
  void parse_otherEntries_sayDockersWords() {
    assertThatThrownBy(() -> SecurityOptions.parse(List.of("seccomp")))
        .hasMessage("invalid --security-opt 1: \"seccomp\"");
    assertThatThrownBy(() -> SecurityOptions.parse(List.of("colour=red")))
        .hasMessage("invalid --security-opt 2: \"colour=red\"");
    assertThatThrownBy(() -> SecurityOptions.parse(List.of("no-new-privileges=maybe")))
        .hasMessage("invalid --security-opt 2: \"no-new-privileges=maybe\"");
  }
}
