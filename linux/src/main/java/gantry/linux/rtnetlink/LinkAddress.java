package gantry.linux.rtnetlink;

import gantry.linux.netlink.Attributes;
import gantry.linux.netlink.Message;
import java.net.InetAddress;
import java.util.Optional;

/// An IP address of a device.
///
/// @param index the device's
/// @param prefixLength bits of the network part
public record LinkAddress(int index, InetAddress address, int prefixLength) {
  private static final int FIXED = 8; // struct ifaddrmsg
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;

  static Optional<LinkAddress> of(Message message) {
    Attributes attributes = message.attributes(FIXED);
    return attributes
        .address(IFA_LOCAL)
        .or(() -> attributes.address(IFA_ADDRESS))
        .map(address -> new LinkAddress(message.u32(4), address, message.u8(1)));
  }
}
