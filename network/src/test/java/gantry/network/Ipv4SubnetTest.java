package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class Ipv4SubnetTest {
  @Test
  void parse_dropsHostBits() {
    assertThat(Ipv4Subnet.parse("172.17.9.1/16")).hasToString("172.17.0.0/16");
    assertThat(Ipv4Subnet.Interface.parse("172.17.9.1/16")).hasToString("172.17.9.1/16");
    assertThat(Ipv4Subnet.parse("1.2.3.4/0")).hasToString("0.0.0.0/0");
    assertThat(Ipv4Subnet.parse("255.255.255.255/32").size()).isEqualTo(1);
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
          "::/8",
          "1.2.3.4/"
        }) {
      assertThatThrownBy(() -> Ipv4Subnet.parse(text))
          .as(text)
          .hasMessageStartingWith("invalid network '" + text + "'");
    }
  }

  @Test
  void overlaps_isMutual() {
    Ipv4Subnet small = Ipv4Subnet.parse("10.1.2.0/24");
    Ipv4Subnet large = Ipv4Subnet.parse("10.0.0.0/8");
    Ipv4Subnet other = Ipv4Subnet.parse("10.1.3.0/24");
    assertThat(small.overlaps(large)).isTrue();
    assertThat(large.overlaps(small)).isTrue();
    assertThat(small.overlaps(other)).isFalse();
    assertThat(large.contains(other.at(255))).isTrue();
    assertThatThrownBy(() -> other.at(256)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void number_andBack_isTheSame() {
    int address = Ipv4Subnet.number("203.0.113.200").orElseThrow();
    assertThat(Ipv4Subnet.text(address)).isEqualTo("203.0.113.200");
    InetAddress java = Ipv4Subnet.inetAddress(address);
    assertThat(java.getHostAddress()).isEqualTo("203.0.113.200");
    assertThat(Ipv4Subnet.number(java)).contains(address);
    assertThat(Ipv4Subnet.number(InetAddress.ofLiteral("::1"))).isEmpty();
    assertThat(Bridge.macOf(address)).hasToString("02:42:cb:00:71:c8");
  }
}
