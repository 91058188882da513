package gantry.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.file.FileIo;
import gantry.linux.file.Pipe;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.testing.KernelTest;
import java.io.FileInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

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

  /// The library would end this process: it knows descriptors below 1024 only.
  @KernelTest
  void runAlone_manyDescriptorsOpen_changesTheNamespace() throws Exception {
    List<InputStream> many = new ArrayList<>();
    try (NetworkNamespace namespace = NetworkNamespace.create();
        Nftables nftables = namespace.inside(Nftables::open)) {
      for (int i = 0; i < 1100; i++) {
        many.add(new FileInputStream("/dev/zero"));
      }
      boolean done =
          namespace.inside(
              () -> {
                Nftables.runAlone("add table inet t");
                return true;
              });
      assertThat(done).isTrue();
      assertThat(nftables.run("list tables")).isEqualTo("table inet t\n");
      assertThatThrownBy(
              () ->
                  namespace.inside(
                      () -> {
                        Nftables.runAlone("add chain inet v c");
                        return true;
                      }))
          .hasMessageContaining("add chain inet v c");
      // the other threads have theirs still
      assertThat(many.getLast().read()).isZero();
    } finally {
      for (InputStream each : many) {
        each.close();
      }
    }
  }

  /// The library's contexts share state: without a turn for each this ends the process.
  @KernelTest
  void run_fromSeveralConnectionsAtOnce_isDone() {
    List<CompletableFuture<String>> tables = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      tables.add(CompletableFuture.supplyAsync(NftablesTest::fill, Thread::startVirtualThread));
    }
    assertThat(tables).allSatisfy(t -> assertThat(t.join()).contains("10.0.0.199"));
  }

  private static String fill() {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        Nftables nftables = namespace.inside(Nftables::open)) {
      nftables.run("add table inet t; add set inet t s { type ifname . ipv4_addr; }");
      for (int i = 0; i < 200; i++) {
        nftables.run("add element inet t s { \"lo\" . 10.0.0.%d }".formatted(i));
      }
      return nftables.run("list ruleset");
    }
  }

  @KernelTest
  void open_manyDescriptorsOpen_changesTheNamespace() throws Exception {
    List<InputStream> many = new ArrayList<>();
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      for (int i = 0; i < 1100; i++) {
        many.add(new FileInputStream("/dev/zero"));
      }
      try (Nftables nftables = namespace.inside(Nftables::open)) {
        nftables.run("add table inet t");
        assertThat(nftables.run("list tables")).isEqualTo("table inet t\n");
      }
    } finally {
      for (InputStream each : many) {
        each.close();
      }
    }
  }

  /// Who reads the other end would wait for as long as the connection is open.
  @KernelTest
  @Timeout(20)
  void open_pipeThatOthersClose_ends() {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        Pipe pipe = Pipe.openNonBlocking();
        Nftables nftables = namespace.inside(Nftables::open)) {
      pipe.writeEnd().close();
      assertThat(FileIo.read(pipe.readEnd(), new byte[1], 0, 1)).as("end of the pipe").isZero();
      assertThat(nftables.run("list tables")).isEmpty();
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
