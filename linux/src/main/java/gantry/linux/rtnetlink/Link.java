package gantry.linux.rtnetlink;

import gantry.linux.netlink.Attributes;
import gantry.linux.netlink.Message;
import java.util.OptionalInt;

/// A network device as the kernel shows it.
///
/// @param kind `bridge`, `veth`, `dummy`…; empty for a real device and the loopback
/// @param mac empty for a device without an address of six bytes
/// @param master index of the bridge (or bond, VRF) that it belongs to
/// @param up whether it is switched on, with or without a carrier
/// @param peer index of the other end of a veth, in the other end's namespace
public record Link(
    int index,
    String name,
    String kind,
    MacAddress mac,
    int mtu,
    boolean up,
    boolean carrier,
    OptionalInt master,
    OptionalInt peer) {
  static final int FIXED = 16; // struct ifinfomsg
  static final int IFF_UP = 1;
  private static final int IFF_LOWER_UP = 1 << 16;
  private static final int IFLA_ADDRESS = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_LINK = 5;
  private static final int IFLA_MASTER = 10;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_INFO_KIND = 1;

  static Link of(Message message) {
    Attributes attributes = message.attributes(FIXED);
    int flags = message.u32(8);
    return new Link(
        message.u32(4),
        attributes.text(IFLA_IFNAME).orElse(""),
        attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND).orElse(""),
        attributes.bytes(IFLA_ADDRESS).map(MacAddress::ofBytes).orElse(MacAddress.NONE),
        attributes.u32(IFLA_MTU).orElse(0),
        (flags & IFF_UP) != 0,
        (flags & IFF_LOWER_UP) != 0,
        attributes.u32(IFLA_MASTER),
        attributes.u32(IFLA_LINK));
  }
}
