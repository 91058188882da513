package gantry.linux.rtnetlink;

import static gantry.linux.netlink.NetlinkSocket.NLM_F_CREATE;
import static gantry.linux.netlink.NetlinkSocket.NLM_F_EXCL;
import static gantry.linux.netlink.NetlinkSocket.NLM_F_REPLACE;

import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.linux.netlink.Message;
import gantry.linux.netlink.MessageWriter;
import gantry.linux.netlink.NetlinkSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The devices, addresses and routes of one network namespace, through a socket that was opened in
/// it and speaks of it from any thread.
///
/// Changes throw [SyscallException] with what was tried and the kernel's words. Thread-safe.
///
/// Source: rtnetlink(7); `linux/rtnetlink.h`, `linux/if_link.h`, `linux/if_addr.h`.
public final class RouteSocket implements AutoCloseable {
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_DELLINK = 17;
  private static final int RTM_GETLINK = 18;
  private static final int RTM_SETLINK = 19;
  private static final int RTM_NEWADDR = 20;
  private static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;
  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_GETROUTE = 26;

  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINK = 5;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_EXT_MASK = 29;
  private static final int RTEXT_FILTER_SKIP_STATS = 8;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int IFLA_INFO_SLAVE_KIND = 4;
  private static final int IFLA_INFO_SLAVE_DATA = 5;
  private static final int IFLA_BRPORT_MODE = 4; // hairpin
  private static final int IFLA_BRPORT_ISOLATED = 33; // since 4.18
  private static final int VETH_INFO_PEER = 1; // linux/veth.h
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_BROADCAST = 4;
  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_TABLE = 15;
  private static final int RTPROT_BOOT = 3;
  private static final int RT_SCOPE_UNIVERSE = 0;
  private static final int RT_SCOPE_LINK = 253;
  private static final int RTN_UNICAST = 1;
  private static final int IFA_F_NODAD = 2;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;

  private final NetlinkSocket netlink;

  private RouteSocket(NetlinkSocket netlink) {
    this.netlink = netlink;
  }

  /// A socket in the namespace of the calling thread.
  public static RouteSocket open() {
    return new RouteSocket(NetlinkSocket.openRoute());
  }

  /// A socket in `namespace`.
  public static RouteSocket openIn(NetworkNamespace namespace) {
    return namespace.inside(RouteSocket::open);
  }

  // what is there

  /// All devices.
  public List<Link> links() {
    MessageWriter message = new MessageWriter(RTM_GETLINK, 0).zeros(Link.FIXED);
    message.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return netlink.dump(message, "list network devices").stream().map(Link::of).toList();
  }

  /// The device of a name.
  public Optional<Link> link(String name) {
    MessageWriter message = new MessageWriter(RTM_GETLINK, 0).zeros(Link.FIXED);
    message.text(IFLA_IFNAME, name);
    try {
      return netlink.exchange(message, "look up network device " + name).stream()
          .map(Link::of)
          .findFirst();
    } catch (SyscallException e) {
      if (e.is(Errno.ENODEV)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// All addresses of both families.
  public List<LinkAddress> addresses() {
    MessageWriter message = new MessageWriter(RTM_GETADDR, 0).zeros(8);
    return netlink.dump(message, "list network addresses").stream()
        .map(LinkAddress::of)
        .flatMap(Optional::stream)
        .toList();
  }

  /// All routes of both families and of every table but the host's own addresses.
  public List<Route> routes() {
    MessageWriter message = new MessageWriter(RTM_GETROUTE, 0).zeros(12);
    return netlink.dump(message, "list routes").stream()
        .map(Route::of)
        .filter(route -> route.table() != 255)
        .toList();
  }

  // changes, one by one

  /// Makes a bridge and returns its index. It is down unless `change` says otherwise.
  public int createBridge(String name, LinkChange change) {
    return create(name, "bridge", change);
  }

  /// How devices that hang on another one see each other.
  public enum Kind {
    /// Each has a hardware address of its own.
    MACVLAN("macvlan", 1, 4),
    /// All have that of the other one.
    IPVLAN("ipvlan", 1, 2);

    private final String kernelName;
    private final int attribute; // IFLA_MACVLAN_MODE, IFLA_IPVLAN_MODE
    private final int size;

    Kind(String kernelName, int attribute, int size) {
      this.kernelName = kernelName;
      this.attribute = attribute;
      this.size = size;
    }
  }

  /// Makes a device that hangs on the one of index `parent`.
  ///
  /// @param change with its name; its namespace may be another than the parent's
  /// @param mode of linux/if_link.h
  public void createOn(int parent, Kind kind, int mode, LinkChange change) {
    MessageWriter message = new MessageWriter(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    change.write(message, 0).u32(IFLA_LINK, parent);
    int info = message.begin(IFLA_LINKINFO);
    message.text(IFLA_INFO_KIND, kind.kernelName);
    int data = message.begin(IFLA_INFO_DATA);
    if (kind.size == 4) {
      message.u32(kind.attribute, mode);
    } else {
      message.u16(kind.attribute, mode);
    }
    netlink.request(
        message.end(data).end(info),
        "create %s on network device %d".formatted(kind.kernelName, parent));
  }

  /// Changes the device of an index.
  public void change(int index, LinkChange change) {
    netlink.request(changing(index, change), "change network device " + index);
  }

  /// Lets a bridge send back by one of its ports what came in by it.
  public void setHairpin(String port) {
    MessageWriter message = new MessageWriter(RTM_NEWLINK, 0); // SETLINK leaves this part out
    LinkChange.none().name(port).write(message, 0);
    int info = message.begin(IFLA_LINKINFO);
    message.text(IFLA_INFO_SLAVE_KIND, "bridge");
    int data = message.begin(IFLA_INFO_SLAVE_DATA);
    message.u8(IFLA_BRPORT_MODE, 1).end(data).end(info);
    netlink.request(message, "let the bridge send back to " + port);
  }

  /// Removes the device; with one end of a veth goes the other.
  public void delete(int index) {
    netlink.request(deleting(index), "remove network device " + index);
  }

  /// Removes the device if it is there still.
  public void deleteIfPresent(int index) {
    Optional<Errno> refused = netlink.tryRequest(deleting(index));
    if (refused.isPresent() && refused.get() != Errno.ENODEV) {
      throw new SyscallException("netlink", refused.get(), "remove network device " + index);
    }
  }

  /// Gives the device an address; the route to its network comes with it.
  public void addAddress(int index, InetAddress address, int prefixLength) {
    netlink.request(
        addressing(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, prefixLength),
        "give address %s/%d to network device %d"
            .formatted(address.getHostAddress(), prefixLength, index));
  }

  /// Takes an address from the device.
  public void removeAddress(int index, InetAddress address, int prefixLength) {
    netlink.request(
        addressing(RTM_DELADDR, 0, index, address, prefixLength),
        "take address %s/%d from network device %d"
            .formatted(address.getHostAddress(), prefixLength, index));
  }

  /// Adds a route.
  public void addRoute(Route route) {
    netlink.request(routing(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route), "add " + words(route));
  }

  /// Adds a route, in place of one to the same destination.
  public void replaceRoute(Route route) {
    netlink.request(
        routing(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route), "set " + words(route));
  }

  /// Removes a route.
  public void removeRoute(Route route) {
    netlink.request(routing(RTM_DELROUTE, 0, route), "remove " + words(route));
  }

  // changes in one go

  /// Several changes sent at once, and worked off in order. The kernel goes on after one that
  /// fails; the first failure is thrown.
  public Batch batch(String intent) {
    return new Batch(intent);
  }

  /// Changes that are collected, see [#batch].
  public final class Batch {
    private final String intent;
    private final List<MessageWriter> messages = new ArrayList<>();

    private Batch(String intent) {
      this.intent = intent;
    }

    /// Makes a pair of virtual devices, both down: neither can be up while the other is not there.
    ///
    /// @param near in this socket's namespace
    /// @param far in the namespace it names
    public Batch createVeth(LinkChange near, LinkChange far) {
      messages.add(creatingVeth(near, far));
      return this;
    }

    /// Changes the device of an index.
    public Batch change(int index, LinkChange change) {
      messages.add(changing(index, change));
      return this;
    }

    /// Changes the device of a name.
    public Batch change(String name, LinkChange change) {
      MessageWriter message = new MessageWriter(RTM_SETLINK, 0);
      change.write(message, 0).text(IFLA_IFNAME, name);
      messages.add(message);
      return this;
    }

    /// Lets a device that is in a bridge speak to none there that is isolated too, see bridge(8).
    public Batch isolatePort(String name) {
      MessageWriter message = new MessageWriter(RTM_NEWLINK, 0);
      LinkChange.none().write(message, 0).text(IFLA_IFNAME, name);
      int info = message.begin(IFLA_LINKINFO);
      message.text(IFLA_INFO_SLAVE_KIND, "bridge");
      int data = message.begin(IFLA_INFO_SLAVE_DATA);
      messages.add(message.u8(IFLA_BRPORT_ISOLATED, 1).end(data).end(info));
      return this;
    }

    /// Gives the device an address.
    public Batch addAddress(int index, InetAddress address, int prefixLength) {
      messages.add(
          addressing(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, prefixLength));
      return this;
    }

    /// Adds a route.
    public Batch addRoute(Route route) {
      messages.add(routing(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route));
      return this;
    }

    /// Makes the changes.
    public void send() {
      List<Message> answers = netlink.exchangeAll(messages, intent);
      if (!answers.isEmpty()) {
        throw new IllegalStateException("changes are answered by acknowledgements alone");
      }
    }
  }

  @Override
  public void close() {
    netlink.close();
  }

  private int create(String name, String kind, LinkChange change) {
    MessageWriter message = new MessageWriter(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    change.name(name).write(message, 0);
    int info = message.begin(IFLA_LINKINFO);
    message.text(IFLA_INFO_KIND, kind).end(info);
    netlink.request(message, "create %s %s".formatted(kind, name));
    return link(name)
        .orElseThrow(
            () -> new SyscallException("netlink", Errno.ENODEV, "look up new device " + name))
        .index();
  }

  private static MessageWriter creatingVeth(LinkChange near, LinkChange far) {
    MessageWriter message = new MessageWriter(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    near.write(message, 0);
    int info = message.begin(IFLA_LINKINFO);
    message.text(IFLA_INFO_KIND, "veth");
    int data = message.begin(IFLA_INFO_DATA);
    int peer = message.begin(VETH_INFO_PEER);
    far.write(message, 0);
    return message.end(peer).end(data).end(info);
  }

  private static MessageWriter changing(int index, LinkChange change) {
    return change.write(new MessageWriter(RTM_SETLINK, 0), index);
  }

  private static MessageWriter deleting(int index) {
    return LinkChange.none().write(new MessageWriter(RTM_DELLINK, 0), index);
  }

  private static MessageWriter addressing(
      int type, int flags, int index, InetAddress address, int prefixLength) {
    boolean v4 = address instanceof Inet4Address;
    MessageWriter message =
        new MessageWriter(type, flags)
            .u8(v4 ? AF_INET : AF_INET6)
            .u8(prefixLength)
            .u8(v4 ? 0 : IFA_F_NODAD)
            .u8(RT_SCOPE_UNIVERSE)
            .u32(index);
    byte[] bytes = address.getAddress();
    message.attribute(IFA_LOCAL, bytes).attribute(IFA_ADDRESS, bytes);
    if (v4 && prefixLength < 31) {
      message.attribute(IFA_BROADCAST, broadcast(bytes, prefixLength));
    }
    return message;
  }

  private static byte[] broadcast(byte[] address, int prefixLength) {
    byte[] result = address.clone();
    for (int bit = prefixLength; bit < 32; bit++) {
      result[bit / 8] |= (byte) (0x80 >> bit % 8);
    }
    return result;
  }

  private static MessageWriter routing(int type, int flags, Route route) {
    boolean v4 = route.destination() instanceof Inet4Address;
    MessageWriter message =
        new MessageWriter(type, flags)
            .u8(v4 ? AF_INET : AF_INET6)
            .u8(route.prefixLength())
            .zeros(2)
            .u8(0)
            .u8(RTPROT_BOOT)
            .u8(v4 && route.gateway().isEmpty() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE)
            .u8(RTN_UNICAST)
            .u32(0);
    message.u32(RTA_TABLE, route.table());
    if (route.prefixLength() > 0) {
      message.attribute(RTA_DST, route.destination().getAddress());
    }
    route.gateway().ifPresent(gateway -> message.attribute(RTA_GATEWAY, gateway.getAddress()));
    route.link().ifPresent(link -> message.u32(RTA_OIF, link));
    return message;
  }

  private static String words(Route route) {
    return "route to %s/%d%s"
        .formatted(
            route.destination().getHostAddress(),
            route.prefixLength(),
            route.gateway().map(gateway -> " via " + gateway.getHostAddress()).orElse(""));
  }
}
