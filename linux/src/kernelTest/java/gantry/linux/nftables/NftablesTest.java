package gantry.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.testing.KernelTest;

class NftablesTest {
  @KernelTest
  void run_ownNamespace_changesAllOrNothing() {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        Nftables nftables = namespace.inside(Nftables::open)) {
      nftables.run("add table inet t; add set inet t s { type ifname; }");
      nftables.run("add element inet t s { \"lo\" }");
      assertThat(nftables.run("list ruleset")).contains("table inet t", "elements = { \"lo\" }");
      assertThatThrownBy(() -> nftables.run("add table inet u; add chain inet v c"))
          .isInstanceOf(NftablesException.class)
          .hasMessageContaining("add chain inet v c");
      assertThat(nftables.run("list tables")).isEqualTo("table inet t\n");
      nftables.run("delete table inet t");
      assertThat(nftables.run("list ruleset")).isEmpty();
    }
  }

  @KernelTest
  void run_afterClose_isRefused() {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Nftables nftables = namespace.inside(Nftables::open);
      nftables.close();
      nftables.close();
      assertThatThrownBy(() -> nftables.run("list tables"))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
