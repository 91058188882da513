package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class AddressAllocatorTest {
  private final AddressAllocator addresses = new AddressAllocator(Ipv4Subnet.parse("10.0.0.0/29"));

  @Test
  void allocate_goesRoundAndSkipsWhatIsTaken() {
    assertThat(addresses.claim(number("10.0.0.1"))).isTrue();
    assertThat(addresses.claim(number("10.0.0.3"))).isTrue();
    assertThat(addresses.claim(number("10.0.0.3"))).isFalse();
    assertThat(addresses.claim(number("10.0.1.3"))).isFalse();
    assertThat(allocated()).contains("10.0.0.2");
    addresses.free(number("10.0.0.2"));
    assertThat(allocated()).contains("10.0.0.4");
    assertThat(allocated()).contains("10.0.0.5");
    assertThat(allocated()).contains("10.0.0.6");
    assertThat(allocated()).contains("10.0.0.2");
    assertThat(allocated()).isEmpty();
    addresses.free(number("10.0.0.5"));
    assertThat(allocated()).contains("10.0.0.5");
  }

  @Test
  void continueAfter_beginsBehindIt() {
    addresses.continueAfter(number("10.0.0.4"));
    assertThat(allocated()).contains("10.0.0.5");
  }

  @Test
  void subnet_tooSmallOrLarge_isRefused() {
    assertThatThrownBy(() -> new AddressAllocator(Ipv4Subnet.parse("10.0.0.0/31")))
        .hasMessageContaining("from 8 to 30");
    assertThatThrownBy(() -> new AddressAllocator(Ipv4Subnet.parse("0.0.0.0/0")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private Optional<String> allocated() {
    return addresses.allocate().map(Ipv4Subnet::text);
  }

  private static int number(String text) {
    return Ipv4Subnet.number(text).orElseThrow();
  }
}
