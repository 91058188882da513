package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class IpAddressTest {
  @Test
  void parse_andBack_isTheSame() {
    for (String text :
        new String[] {
          "0.0.0.0",
          "203.0.113.200",
          "255.255.255.255",
          "::",
          "::1",
          "1::",
          "fd00::2",
          "fe80::42:acff:fe11:2",
          "2001:db8:0:1:1:1:1:1",
          "1:0:0:2::3",
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        }) {
      IpAddress address = IpAddress.parse(text);
      assertThat(address).hasToString(text);
      assertThat(IpAddress.of(address.inet())).isEqualTo(address);
      assertThat(address.inet()).isEqualTo(InetAddress.ofLiteral(text));
    }
    assertThat(IpAddress.parse("2001:DB8::0:1")).hasToString("2001:db8::1");
    assertThat(Bridge.macOf(IpAddress.parse("203.0.113.200"))).hasToString("02:42:cb:00:71:c8");
  }

  @Test
  void find_otherForms_isEmpty() {
    for (String text :
        new String[] {"", "1.2.3", "01.2.3.4", "1.2.3.4.5", "256.1.1.1", "x", ":", "fe80::1%1"}) {
      assertThat(IpAddress.find(text)).as(text).isEmpty();
    }
    assertThatThrownBy(() -> IpAddress.parse("foo")).hasMessage("invalid IP address: foo");
  }

  @Test
  void plus_carries() {
    assertThat(IpAddress.parse("10.0.0.255").plus(1)).hasToString("10.0.1.0");
    assertThat(IpAddress.parse("fd00::ffff:ffff:ffff:ffff").plus(1)).hasToString("fd00:0:0:1::");
  }

  @Test
  void compareTo_isByNumber() {
    assertThat(IpAddress.parse("9.0.0.0")).isLessThan(IpAddress.parse("200.0.0.0"));
    assertThat(IpAddress.parse("200.0.0.0")).isLessThan(IpAddress.parse("::"));
    assertThat(IpAddress.parse("fd00::1")).isGreaterThan(IpAddress.parse("1::"));
  }

  @Test
  void linkLocal_knowsBothFamilies() {
    assertThat(IpAddress.parse("169.254.1.1").linkLocal()).isTrue();
    assertThat(IpAddress.parse("febf::1").linkLocal()).isTrue();
    assertThat(IpAddress.parse("fec0::1").linkLocal()).isFalse();
    assertThat(IpAddress.parse("127.9.0.1").loopback()).isTrue();
    assertThat(IpAddress.parse("::1").loopback()).isTrue();
  }
}
