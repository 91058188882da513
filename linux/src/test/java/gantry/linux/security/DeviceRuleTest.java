package gantry.linux.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DeviceRuleTest {
  @Test
  void v1Line_isWhatTheKernelReads() {
    assertThat(DeviceRule.containerDefault())
        .extracting(rule -> rule.v1File() + " " + rule.v1Line())
        .containsExactly(
            "devices.deny a *:* rwm",
            "devices.allow c *:* m",
            "devices.allow b *:* m",
            "devices.allow c 1:3 rwm",
            "devices.allow c 1:5 rwm",
            "devices.allow c 1:7 rwm",
            "devices.allow c 1:8 rwm",
            "devices.allow c 1:9 rwm",
            "devices.allow c 5:0 rwm",
            "devices.allow c 5:1 rwm",
            "devices.allow c 5:2 rwm",
            "devices.allow c 136:* rwm");
    assertThat(DeviceRule.allow("b 8:* wr").v1Line()).isEqualTo("b 8:* rw");
  }

  @Test
  void allow_otherForms_areRefused() {
    for (String text :
        new String[] {"", "c 1:3", "x 1:3 r", "c 1 r", "c 1:3 rx", "c 1:3 rwmr", "c -1:3 r"}) {
      assertThatThrownBy(() -> DeviceRule.allow(text))
          .hasMessageStartingWith("invalid device cgroup rule format: '" + text + "'");
    }
  }
}
