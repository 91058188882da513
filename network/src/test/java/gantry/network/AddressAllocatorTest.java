package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class AddressAllocatorTest {
  private final AddressAllocator addresses = allocator("10.0.0.0/29", "10.0.0.0/29");

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
  void range_isWhereAddressesAreFrom() {
    AddressAllocator some = allocator("fd00::/64", "fd00::10/127");
    assertThat(some.allocate()).contains(IpAddress.parse("fd00::10"));
    assertThat(some.allocate()).contains(IpAddress.parse("fd00::11"));
    assertThat(some.allocate()).isEmpty();
    assertThat(some.claim(IpAddress.parse("fd00::9"))).isTrue();
    some.free(IpAddress.parse("fd00::10"));
    assertThat(some.allocate()).contains(IpAddress.parse("fd00::10"));
  }

  @Test
  void subnetOfTwo_hasBoth() {
    AddressAllocator two = allocator("10.0.0.2/31", "10.0.0.2/31");
    assertThat(two.allocate()).contains(IpAddress.parse("10.0.0.2"));
    assertThat(two.allocate()).contains(IpAddress.parse("10.0.0.3"));
    assertThat(two.allocate()).isEmpty();
  }

  private static AddressAllocator allocator(String subnet, String range) {
    return new AddressAllocator(Subnet.parse(subnet), Subnet.parse(range));
  }

  private Optional<String> allocated() {
    return addresses.allocate().map(IpAddress::toString);
  }

  private static IpAddress number(String text) {
    return IpAddress.parse(text);
  }
}
