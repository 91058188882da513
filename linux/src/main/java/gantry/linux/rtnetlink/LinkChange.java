package gantry.linux.rtnetlink;

import gantry.linux.Fd;
import gantry.linux.netlink.MessageWriter;
import java.util.Optional;
import java.util.OptionalInt;

/// What a device is to be, or to become: each part that is set.
///
/// ```java
/// LinkChange.none().master(bridge).withoutLinkLocal().up()
/// ```
///
/// @param master index of the bridge it joins; 0 to leave the one it is in
/// @param namespace where it goes
/// @param linkLocal whether IPv6 makes itself an address on it
/// @param on whether it is switched on
/// @param arp whether it asks its neighbours for hardware addresses
public record LinkChange(
    Optional<String> name,
    Optional<MacAddress> mac,
    OptionalInt mtu,
    OptionalInt master,
    Optional<Fd> namespace,
    Optional<Boolean> linkLocal,
    Optional<Boolean> on,
    Optional<Boolean> arp) {
  private static final int IFLA_ADDRESS = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_MASTER = 10;
  private static final int IFLA_AF_SPEC = 26;
  private static final int IFLA_NET_NS_FD = 28;
  private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
  private static final int IFF_NOARP = 0x80; // linux/if.h
  private static final int AF_INET6 = 10;
  private static final int ADDR_GEN_MODE_EUI64 = 0;
  private static final int ADDR_GEN_MODE_NONE = 1;

  /// Nothing yet.
  public static LinkChange none() {
    return new LinkChange(
        Optional.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  public LinkChange name(String value) {
    return new LinkChange(Optional.of(value), mac, mtu, master, namespace, linkLocal, on, arp);
  }

  public LinkChange mac(MacAddress value) {
    return new LinkChange(name, Optional.of(value), mtu, master, namespace, linkLocal, on, arp);
  }

  public LinkChange mtu(int value) {
    return new LinkChange(name, mac, OptionalInt.of(value), master, namespace, linkLocal, on, arp);
  }

  public LinkChange master(int value) {
    return new LinkChange(name, mac, mtu, OptionalInt.of(value), namespace, linkLocal, on, arp);
  }

  public LinkChange namespace(Fd value) {
    return new LinkChange(name, mac, mtu, master, Optional.of(value), linkLocal, on, arp);
  }

  /// IPv6 gives it no address by itself. Not for a device that is being made.
  public LinkChange withoutLinkLocal() {
    return new LinkChange(name, mac, mtu, master, namespace, Optional.of(false), on, arp);
  }

  public LinkChange up() {
    return new LinkChange(name, mac, mtu, master, namespace, linkLocal, Optional.of(true), arp);
  }

  public LinkChange down() {
    return new LinkChange(name, mac, mtu, master, namespace, linkLocal, Optional.of(false), arp);
  }

  /// It believes that every address is at the hardware address that it has itself.
  public LinkChange withoutArp() {
    return new LinkChange(name, mac, mtu, master, namespace, linkLocal, on, Optional.of(false));
  }

  /// Writes `struct ifinfomsg` for the device `index` (0 for one to be named by the kernel) and the
  /// attributes.
  MessageWriter write(MessageWriter message, int index) {
    header(message, index);
    name.ifPresent(value -> message.text(IFLA_IFNAME, value));
    mac.ifPresent(value -> message.attribute(IFLA_ADDRESS, value.bytes()));
    mtu.ifPresent(value -> message.u32(IFLA_MTU, value));
    master.ifPresent(value -> message.u32(IFLA_MASTER, value));
    namespace.ifPresent(value -> message.u32(IFLA_NET_NS_FD, value.value()));
    linkLocal.ifPresent(value -> writeLinkLocal(message, value));
    return message;
  }

  private void header(MessageWriter message, int index) {
    message
        .zeros(4)
        .u32(index)
        .u32((on.orElse(false) ? Link.IFF_UP : 0) | (arp.orElse(true) ? 0 : IFF_NOARP))
        .u32((on.isPresent() ? Link.IFF_UP : 0) | (arp.isPresent() ? IFF_NOARP : 0));
  }

  private static void writeLinkLocal(MessageWriter message, boolean wanted) {
    int families = message.begin(IFLA_AF_SPEC);
    int inet6 = message.begin(AF_INET6);
    message.u8(IFLA_INET6_ADDR_GEN_MODE, wanted ? ADDR_GEN_MODE_EUI64 : ADDR_GEN_MODE_NONE);
    message.end(inet6);
    message.end(families);
  }
}
