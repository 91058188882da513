package gantry.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.testing.KernelTest;
import java.util.List;

class NetlinkSocketTest {
  private static final int RTM_DELLINK = 17; // linux/rtnetlink.h
  private static final int RTM_GETLINK = 18;
  private static final int IFLA_IFNAME = 3;
  private static final int LINK_FIXED = 16; // struct ifinfomsg

  private static MessageWriter link(int type, String name) {
    MessageWriter message = new MessageWriter(type, 0).u8(0).zeros(3).u32(0).u32(0).u32(0);
    return name.isEmpty() ? message : message.text(IFLA_IFNAME, name);
  }

  @KernelTest
  void dump_links_hasLoopback() {
    try (NetlinkSocket socket = NetlinkSocket.openRoute()) {
      List<Message> links = socket.dump(link(RTM_GETLINK, ""), "list links");
      assertThat(links)
          .extracting(m -> m.attributes(LINK_FIXED).text(IFLA_IFNAME).orElseThrow())
          .contains("lo");
    }
  }

  @KernelTest
  void exchange_oneLink_isAnswered() {
    try (NetlinkSocket socket = NetlinkSocket.openRoute()) {
      List<Message> links = socket.exchange(link(RTM_GETLINK, "lo"), "look up lo");
      assertThat(links).hasSize(1);
      assertThat(links.getFirst().u32(4)).isEqualTo(1);
    }
  }

  @KernelTest
  void request_missingLink_saysWhatWasTried() {
    try (NetlinkSocket socket = NetlinkSocket.openRoute()) {
      assertThatThrownBy(
              () -> socket.request(link(RTM_DELLINK, "no-such0"), "remove link no-such0"))
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.is(Errno.ENODEV)).isTrue())
          .hasMessageContaining("remove link no-such0");
      assertThat(socket.tryRequest(link(RTM_DELLINK, "no-such0"))).contains(Errno.ENODEV);
      assertThat(socket.exchange(link(RTM_GETLINK, "lo"), "still usable")).hasSize(1);
    }
  }

  @KernelTest
  void exchangeAll_oneFails_throws() {
    try (NetlinkSocket socket = NetlinkSocket.openRoute()) {
      List<MessageWriter> both = List.of(link(RTM_GETLINK, "lo"), link(RTM_GETLINK, "lo"));
      assertThat(socket.exchangeAll(both, "twice")).hasSize(2);
      assertThatThrownBy(
              () ->
                  socket.exchangeAll(
                      List.of(link(RTM_DELLINK, "no0"), link(RTM_GETLINK, "lo")), "x"))
          .isInstanceOf(SyscallException.class);
    }
  }
}
