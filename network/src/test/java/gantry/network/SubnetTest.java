package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SubnetTest {
  @Test
  void parse_dropsHostBits() {
    assertThat(Subnet.parse("172.17.9.1/16")).hasToString("172.17.0.0/16");
    assertThat(Subnet.Interface.parse("172.17.9.1/16")).hasToString("172.17.9.1/16");
    assertThat(Subnet.parse("1.2.3.4/0")).hasToString("0.0.0.0/0");
    assertThat(Subnet.parse("255.255.255.255/32").last()).hasToString("255.255.255.255");
    assertThat(Subnet.parse("fd00:1:2:3:4:5:6:7/64")).hasToString("fd00:1:2:3::/64");
    assertThat(Subnet.parse("fd00:1:2:3:ffff::7/68")).hasToString("fd00:1:2:3:f000::/68");
    assertThat(Subnet.parse("fd00::/8").last())
        .hasToString("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  }

  @Test
  void parse_otherForms_areRefused() {
    for (String text :
        new String[] {
          "",
          "/",
          "1.2.3.4",
          "1.2.3/8",
          "1.2.3.256/8",
          "1.2.3.4/33",
          "01.2.3.4/8",
          "::/129",
          "fe80::1%eth0/64",
          "[::1]/64",
          "1.2.3.4/"
        }) {
      assertThatThrownBy(() -> Subnet.parse(text))
          .as(text)
          .hasMessageStartingWith("invalid network '" + text + "'");
    }
  }

  @Test
  void overlaps_isMutual() {
    Subnet small = Subnet.parse("10.1.2.0/24");
    Subnet large = Subnet.parse("10.0.0.0/8");
    Subnet other = Subnet.parse("10.1.3.0/24");
    assertThat(small.overlaps(large)).isTrue();
    assertThat(large.overlaps(small)).isTrue();
    assertThat(small.overlaps(other)).isFalse();
    assertThat(small.overlaps(Subnet.parse("::/0"))).isFalse();
    assertThat(large.contains(small)).isTrue();
    assertThat(small.contains(large)).isFalse();
    assertThat(large.contains(other.at(255))).isTrue();
    assertThatThrownBy(() -> other.at(256)).isInstanceOf(IllegalArgumentException.class);
  }
}
