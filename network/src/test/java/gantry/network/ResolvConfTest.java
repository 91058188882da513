package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolvConfTest {
  @TempDir private Path root;

  @Test
  void parse_keepsServersSearchAndOptions() {
    ResolvConf conf =
        ResolvConf.parse(
            """
            # comment
            nameserver 10.0.0.1
            nameserver\tfe80::1%eth0
            domain old.example
            search a.example b.example
            options ndots:2 timeout:1
            options rotate
            sortlist 1.2.3.4
            nameserver
            """);
    assertThat(conf.servers()).containsExactly("10.0.0.1", "fe80::1%eth0");
    assertThat(conf.search()).containsExactly("a.example", "b.example");
    assertThat(conf.options()).containsExactly("ndots:2", "timeout:1", "rotate");
  }

  @Test
  void forNames_asksTheEngineForNamesAsTheyAre() {
    ResolvConf host = ResolvConf.parse("nameserver 127.0.0.53\nsearch a.example\noptions edns0");
    assertThat(host.forNames(List.of(), List.of()).text())
        .contains("nameserver 127.0.0.11\nsearch a.example\noptions edns0 ndots:0\n");
    assertThat(host.forNames(List.of("b.example"), List.of("ndots:2")).text())
        .contains("nameserver 127.0.0.11\nsearch b.example\noptions ndots:2\n");
  }

  @Test
  void forContainer_leavesOutWhatItCannotReach() {
    ResolvConf conf =
        ResolvConf.parse("nameserver 127.0.0.1\nnameserver 10.0.0.1\nnameserver 2001:db8::1\n");
    assertThat(container(conf)).containsExactly("10.0.0.1");
    assertThat(container(ResolvConf.parse("nameserver ::1\nnameserver 127.0.0.53")))
        .containsExactly("8.8.8.8", "8.8.4.4");
    assertThat(container(ResolvConf.parse(""))).containsExactly("8.8.8.8", "8.8.4.4");
  }

  @Test
  void forContainer_itsOwnWishesWin() {
    ResolvConf host = ResolvConf.parse("nameserver 10.0.0.1\nsearch a\noptions ndots:2");
    ResolvConf conf = host.forContainer(List.of("1.1.1.1"), List.of("."), List.of("rotate"));
    assertThat(conf.text())
        .isEqualTo(
            """
            # Made by Gantry from the host's resolv.conf.
            nameserver 1.1.1.1
            options rotate
            """);
    assertThat(host.forContainer(List.of(), List.of("x", "y"), List.of()).text())
        .endsWith("nameserver 10.0.0.1\nsearch x y\noptions ndots:2\n");
  }

  @Test
  void ofHost_stub_readsTheServersBehindIt() throws IOException {
    assertThat(host().servers()).isEmpty();
    write("etc/resolv.conf", "nameserver 127.0.0.53\nsearch stub\n");
    assertThat(host().servers()).containsExactly("127.0.0.53");
    write("run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\nsearch real\n");
    assertThat(host().servers()).containsExactly("192.0.2.53");
    assertThat(host().search()).containsExactly("real");
    write("etc/resolv.conf", "nameserver 10.0.0.1\n");
    assertThat(host().servers()).containsExactly("10.0.0.1");
  }

  private static List<String> container(ResolvConf host) {
    return host.forContainer(List.of(), List.of(), List.of()).servers();
  }

  private ResolvConf host() {
    return ResolvConf.ofHost(root.resolve("etc"), root.resolve("run"));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.resolveSibling("."));
    Files.writeString(path, text);
  }
}
