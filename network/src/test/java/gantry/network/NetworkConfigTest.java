package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NetworkConfigTest {
  @Test
  void of_usualExecRoot_hasThePlainNames() {
    NetworkConfig config = NetworkConfig.of(Path.of("/run/gantry/"));
    assertThat(config.bridge()).isEqualTo("gantry0");
    assertThat(config.table()).isEqualTo("gantry");
  }

  @Test
  void of_otherExecRoots_haveNamesOfTheirOwn() {
    NetworkConfig first = NetworkConfig.of(Path.of("/tmp/a"));
    NetworkConfig second = NetworkConfig.of(Path.of("/tmp/b"));
    assertThat(first.bridge()).matches("gantry-[0-9a-f]{6}").isNotEqualTo(second.bridge());
    assertThat(first.table()).matches("gantry_[0-9a-f]{6}").isNotEqualTo(second.table());
  }

  @Test
  void withBridge_badNames_areRefused() {
    NetworkConfig config = NetworkConfig.of(Path.of("/run/gantry"));
    for (String name : new String[] {"", "a/b", "sixteen-letters0", "a b", "\"x", "..", "-x"}) {
      assertThatThrownBy(() -> config.withBridge(name))
          .as(name)
          .hasMessageContaining("invalid bridge name");
    }
  }
}
