package gantry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostsFileTest {
  @Test
  void text_hasLoopbackAddedAndOwnLines() {
    assertThat(
            HostsFile.text(
                List.of(IpAddress.parse("172.17.0.2")),
                "web",
                "example.org",
                List.of(HostsFile.Entry.parse("db:10.0.0.9", "172.17.0.1"))))
        .isEqualTo(
            """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::\tip6-localnet
            ff00::\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            10.0.0.9\tdb
            172.17.0.2\tweb.example.org web
            """);
    assertThat(HostsFile.text(List.of(), "web", "", List.of()))
        .endsWith("ff02::2\tip6-allrouters\n");
  }

  @Test
  void parse_formsOfAddHost() {
    assertThat(HostsFile.Entry.parse("h:host-gateway", "172.17.0.1"))
        .isEqualTo(new HostsFile.Entry("172.17.0.1", "h"));
    assertThat(HostsFile.Entry.parse("h=[::1]", "")).isEqualTo(new HostsFile.Entry("::1", "h"));
    assertThat(HostsFile.Entry.parse("h:fe80::2", ""))
        .isEqualTo(new HostsFile.Entry("fe80::2", "h"));
    for (String text : new String[] {"", "h", "h:", ":1.2.3.4"}) {
      assertThatThrownBy(() -> HostsFile.Entry.parse(text, ""))
          .hasMessage("bad format for add-host: \"" + text + "\"");
    }
  }
}
