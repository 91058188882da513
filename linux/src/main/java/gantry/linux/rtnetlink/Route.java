package gantry.linux.rtnetlink;

import gantry.linux.netlink.Attributes;
import gantry.linux.netlink.Message;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.OptionalInt;

/// An entry of a routing table.
///
/// @param destination the network's address; all zero for the default route
/// @param prefixLength bits of the network part, 0 for the default route
/// @param link index of the device; empty where the route has several ways, or leads nowhere
/// @param table 254 is main, 255 the addresses of this host
public record Route(
    InetAddress destination,
    int prefixLength,
    Optional<InetAddress> gateway,
    OptionalInt link,
    int table) {
  /// The table that routes are in when nobody says otherwise (`RT_TABLE_MAIN`).
  public static final int MAIN = 254;

  private static final int FIXED = 12; // struct rtmsg
  private static final int AF_INET = 2;
  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_TABLE = 15;
  private static final InetAddress ANY_V4 = address(4);
  private static final InetAddress ANY_V6 = address(16);

  /// The route to everywhere else.
  public static Route byDefault(InetAddress gateway, int link) {
    InetAddress anywhere = gateway instanceof Inet4Address ? ANY_V4 : ANY_V6;
    return new Route(anywhere, 0, Optional.of(gateway), OptionalInt.of(link), MAIN);
  }

  static Route of(Message message) {
    Attributes attributes = message.attributes(FIXED);
    InetAddress anywhere = message.u8(0) == AF_INET ? ANY_V4 : ANY_V6;
    return new Route(
        attributes.address(RTA_DST).orElse(anywhere),
        message.u8(1),
        attributes.address(RTA_GATEWAY),
        attributes.u32(RTA_OIF),
        attributes.u32(RTA_TABLE).orElse(message.u8(4)));
  }

  private static InetAddress address(int length) {
    try {
      return InetAddress.getByAddress(new byte[length]);
    } catch (UnknownHostException impossible) { // for other lengths than 4 and 16
      throw new AssertionError(impossible);
    }
  }
}
