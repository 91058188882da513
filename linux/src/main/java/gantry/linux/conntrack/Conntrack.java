package gantry.linux.conntrack;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.linux.netlink.Attributes;
import gantry.linux.netlink.Message;
import gantry.linux.netlink.MessageWriter;
import gantry.linux.netlink.NetlinkSocket;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Predicate;

/// The kernel's memory of flows in the network namespace in which it was opened.
///
/// Source: `linux/netfilter/nfnetlink_conntrack.h`.
public final class Conntrack implements AutoCloseable {
  private static final int SUBSYSTEM = 1 << 8; // NFNL_SUBSYS_CTNETLINK
  private static final int GET = 1;
  private static final int DELETE = 2;
  private static final int FIXED = 4; // struct nfgenmsg
  private static final int CTA_TUPLE_ORIG = 1;
  private static final int CTA_TUPLE_REPLY = 2;
  private static final int CTA_ID = 12;
  private static final int CTA_TUPLE_IP = 1;
  private static final int CTA_TUPLE_PROTO = 2;
  private static final int CTA_IP_V4_SRC = 1;
  private static final int CTA_IP_V4_DST = 2;
  private static final int CTA_IP_V6_SRC = 3;
  private static final int CTA_IP_V6_DST = 4;
  private static final int CTA_PROTO_NUM = 1;
  private static final int CTA_PROTO_SRC_PORT = 2;
  private static final int CTA_PROTO_DST_PORT = 3;
  private static final int NESTED = 0x8000; // NLA_F_NESTED

  private final NetlinkSocket netlink;

  private Conntrack(NetlinkSocket netlink) {
    this.netlink = netlink;
  }

  /// In the namespace of the calling thread.
  public static Conntrack open() {
    return new Conntrack(NetlinkSocket.open(NetlinkSocket.NETLINK_NETFILTER));
  }

  /// Forgets the flows of both families that are so; the next packet of each is a first one again.
  /// Returns how many there were.
  public int forget(Predicate<Flow> which) {
    int count = 0;
    MessageWriter all = new MessageWriter(SUBSYSTEM | GET, 0).zeros(FIXED);
    for (Message message : netlink.dump(all, "list flows")) {
      Attributes attributes = message.attributes(FIXED);
      if (flow(attributes).filter(which).isPresent()) {
        forget(message.u8(0), attributes);
        count++;
      }
    }
    return count;
  }

  private void forget(int family, Attributes flow) {
    MessageWriter message = new MessageWriter(SUBSYSTEM | DELETE, 0).u8(family).zeros(FIXED - 1);
    message.attribute(CTA_TUPLE_ORIG | NESTED, flow.bytes(CTA_TUPLE_ORIG).orElseThrow());
    flow.bytes(CTA_ID).ifPresent(id -> message.attribute(CTA_ID, id));
    Optional<Errno> refused = netlink.tryRequest(message);
    if (refused.isPresent() && refused.get() != Errno.ENOENT) { // it ended meanwhile
      throw new SyscallException("netlink", refused.get(), "forget a flow");
    }
  }

  /// Empty for flows without ports.
  private static Optional<Flow> flow(Attributes attributes) {
    Attributes first = attributes.nested(CTA_TUPLE_ORIG);
    Attributes answer = attributes.nested(CTA_TUPLE_REPLY);
    Attributes ports = first.nested(CTA_TUPLE_PROTO);
    Optional<Integer> port = port(ports, CTA_PROTO_DST_PORT);
    Optional<Integer> answersPort = port(answer.nested(CTA_TUPLE_PROTO), CTA_PROTO_SRC_PORT);
    Attributes to = first.nested(CTA_TUPLE_IP);
    Attributes from = answer.nested(CTA_TUPLE_IP);
    if (port.isEmpty() || answersPort.isEmpty() || ports.u8(CTA_PROTO_NUM).isEmpty()) {
      return Optional.empty();
    }
    return to.address(CTA_IP_V4_DST)
        .or(() -> to.address(CTA_IP_V6_DST))
        .flatMap(
            address ->
                from.address(CTA_IP_V4_SRC)
                    .or(() -> from.address(CTA_IP_V6_SRC))
                    .map(
                        answers ->
                            new Flow(
                                ports.u8(CTA_PROTO_NUM).getAsInt(),
                                address,
                                port.get(),
                                answers,
                                answersPort.get())));
  }

  /// In network byte order.
  private static Optional<Integer> port(Attributes ports, int attribute) {
    return ports
        .bytes(attribute)
        .filter(bytes -> bytes.length == 2)
        .map(bytes -> ByteBuffer.wrap(bytes).getShort() & 0xffff);
  }

  @Override
  public void close() {
    netlink.close();
  }
}
