package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NetworkConfigTest {
  @Test
  void of_usualExecRoot_hasThePlainNames() {
    NetworkConfig config = NetworkConfig.of(Path.of("/run/gantry/"));
    assertThat(config.bridge().device()).isEqualTo("gantry0");
    assertThat(config.table()).isEqualTo("gantry");
  }

  @Test
  void of_otherExecRoots_haveNamesOfTheirOwn() {
    NetworkConfig first = NetworkConfig.of(Path.of("/tmp/a"));
    NetworkConfig second = NetworkConfig.of(Path.of("/tmp/b"));
    assertThat(first.bridge().device())
        .matches("gantry-[0-9a-f]{6}")
        .isNotEqualTo(second.bridge().device());
    assertThat(first.table()).matches("gantry_[0-9a-f]{6}").isNotEqualTo(second.table());
  }

  @Test
  void defaultBridge_badNames_areRefused() {
    for (String name : new String[] {"", "a/b", "sixteen-letters0", "a b", "\"x", "..", "-x"}) {
      assertThatThrownBy(() -> NetworkConfig.DefaultBridge.of(name))
          .as(name)
          .hasMessageContaining("invalid bridge name");
    }
  }
}
