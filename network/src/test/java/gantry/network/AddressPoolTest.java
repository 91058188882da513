package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class AddressPoolTest {
  @Test
  void firstFree_goesThroughDockersPoolsInOrder() {
    assertThat(free()).isEqualTo("172.17.0.0/16");
    assertThat(free("172.17.3.0/24")).isEqualTo("172.18.0.0/16");
    assertThat(free("172.16.0.0/12")).isEqualTo("192.168.0.0/20");
    assertThat(free("172.16.0.0/12", "192.168.0.0/18")).isEqualTo("192.168.64.0/20");
    assertThat(free("172.17.0.0/16", "172.18.0.0/15", "172.20.5.0/24")).isEqualTo("172.21.0.0/16");
    assertThat(
            AddressPool.firstFree(AddressPool.DEFAULTS, false, List.of(Subnet.parse("0.0.0.0/0"))))
        .isEmpty();
  }

  @Test
  void firstFree_ofIpv6_goesRoundObstacles() {
    List<AddressPool> pools = List.of(AddressPool.parse("base=fd00::/48,size=64"));
    assertThat(AddressPool.firstFree(pools, false, List.of())).isEmpty();
    assertThat(
            AddressPool.firstFree(
                pools, true, List.of(Subnet.parse("fd00::/62"), Subnet.parse("fd00:0:0:4::/128"))))
        .contains(Subnet.parse("fd00:0:0:5::/64"));
  }

  @Test
  void parse_readsTheOption() {
    AddressPool pool = AddressPool.parse("base=10.10.0.0/16,size=24");
    assertThat(pool.base()).hasToString("10.10.0.0/16");
    assertThat(pool.size()).isEqualTo(24);
    for (String text :
        new String[] {
          "", "10.0.0.0/8", "base=10.0.0.0/8", "base=x,size=24", "base=1.0.0.0/8,size=x"
        }) {
      assertThatThrownBy(() -> AddressPool.parse(text))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> AddressPool.parse("base=10.0.0.0/16,size=8"))
        .hasMessageContaining("expected a size from 16 to 30");
  }

  private static String free(String... taken) {
    return AddressPool.firstFree(
            AddressPool.DEFAULTS, false, List.of(taken).stream().map(Subnet::parse).toList())
        .orElseThrow()
        .toString();
  }
}
