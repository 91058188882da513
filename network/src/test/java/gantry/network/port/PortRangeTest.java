package gantry.network.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PortRangeTest {
  @Test
  void parse_portRangeAndAny() {
    assertThat(PortRange.parse("8080")).isEqualTo(new PortRange(8080, 8080));
    assertThat(PortRange.parse("8000-8010")).isEqualTo(new PortRange(8000, 8010));
    assertThat(PortRange.parse("")).isEqualTo(PortRange.ANY);
    assertThat(PortRange.parse("0")).isEqualTo(PortRange.ANY);
    assertThat(PortRange.parse("8080").single()).isTrue();
    assertThat(PortRange.ANY.single()).isFalse();
    assertThat(new PortRange(8000, 8010)).hasToString("8000-8010");
  }

  @Test
  void parse_anythingElse_isRefused() {
    for (String text :
        List.of("x", "-1", "80-", "-80", "80-70", "65536", "1-65536", "80 ", "8 0", "123456")) {
      assertThatThrownBy(() -> PortRange.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("invalid port specification: \"" + text + "\"");
    }
  }

  @Test
  void protocol_isNamedInSmallLetters() {
    assertThat(Protocol.find("sctp")).contains(Protocol.SCTP);
    assertThat(Protocol.find("TCP")).isEmpty();
    assertThat(Protocol.UDP).hasToString("udp");
  }

  @Test
  void entrance_isNamedAfterTheEnginesTable() {
    assertThat(Entrance.Devices.of("gantry"))
        .isEqualTo(new Entrance.Devices("gantry-in", "gantry-out"));
    assertThat(Entrance.Devices.of("gantry_1a2b3c"))
        .isEqualTo(new Entrance.Devices("gtin-1a2b3c", "gtout-1a2b3c"));
  }
}
