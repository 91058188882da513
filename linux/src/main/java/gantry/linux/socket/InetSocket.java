package gantry.linux.socket;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.util.Optional;

/// Internet sockets for what Java's own cannot do: descriptors for an event loop, and sockets that
/// hold a port and do nothing else. A socket belongs to the network namespace of the thread that
/// made it, for ever. See ip(7), udp(7), tcp(7).
///
/// All are non-blocking: where nothing is there, or nothing can be taken, the answer is empty.
public final class InetSocket {
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_FLAGS = 0x80000 | 0x800; // SOCK_CLOEXEC, SOCK_NONBLOCK
  private static final int SOL_SOCKET = 1; // asm-generic/socket.h
  private static final int SO_REUSEADDR = 2;
  private static final int SO_RCVBUF = 8;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_V6ONLY = 26; // linux/in6.h
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int SOCKADDR_IN = 16;
  private static final int SOCKADDR_IN6 = 28;
  private static final int MAX_DATAGRAM = 65_535;
  private static final long RETURN_NOTHING = 0x06; // BPF_RET | BPF_K, k = 0: struct sock_filter

  private InetSocket() {}

  /// What ports are of, by their numbers in the header of a packet.
  public enum Protocol {
    TCP(6, SOCK_STREAM),
    UDP(17, SOCK_DGRAM),
    SCTP(132, SOCK_STREAM);

    private final int number;
    private final int type;

    Protocol(int number, int type) {
      this.number = number;
      this.type = type;
    }
  }

  /// Bytes that came in one piece, and from whom.
  public static final class Datagram {
    private final byte[] bytes;
    private final InetSocketAddress from;

    private Datagram(byte[] bytes, InetSocketAddress from) {
      this.bytes = bytes;
      this.from = from;
    }

    public byte[] bytes() {
      return bytes;
    }

    public InetSocketAddress from() {
      return from;
    }
  }

  /// A socket for datagrams.
  ///
  /// @param address its own; port 0 for one that the kernel chooses
  public static OwnedFd datagrams(InetSocketAddress address) {
    return opened(Protocol.UDP, address, socket -> bind(socket, address));
  }

  /// A socket that waits for connections.
  ///
  /// @param address its own; port 0 for one that the kernel chooses
  public static OwnedFd listen(InetSocketAddress address, int backlog) {
    return opened(
        Protocol.TCP,
        address,
        socket -> {
          set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
          bind(socket, address);
          try (Frame frame = Frame.open()) {
            check(frame.call(Sys.LISTEN, socket.value(), backlog), "listen", address.toString());
          }
        });
  }

  /// A socket that holds a port and takes nothing that comes to it.
  ///
  /// Another program that binds the same port gets `EADDRINUSE`. So does this one when a program
  /// has the port; what remains of connections that have ended does not count.
  ///
  /// @throws gantry.linux.SyscallException `EADDRINUSE`, `EADDRNOTAVAIL` for an address that this
  ///   host does not have, `EPROTONOSUPPORT` for a protocol that the kernel lacks
  public static OwnedFd reserve(Protocol protocol, InetSocketAddress address) {
    try {
      return reserve(protocol, address, 0);
    } catch (gantry.linux.SyscallException e) {
      if (!e.is(Errno.EADDRINUSE) || protocol != Protocol.TCP) {
        throw e;
      }
      return reserve(protocol, address, 1); // succeeds beside TIME_WAIT, and beside no listener
    }
  }

  private static OwnedFd reserve(Protocol protocol, InetSocketAddress address, int reuse) {
    return opened(
        protocol,
        address,
        socket -> {
          set(socket, SOL_SOCKET, SO_REUSEADDR, reuse);
          if (protocol == Protocol.UDP) {
            set(socket, SOL_SOCKET, SO_RCVBUF, 0);
            takeNothing(socket);
          }
          bind(socket, address);
        });
  }

  private interface Step {
    void run(OwnedFd socket);
  }

  private static OwnedFd opened(Protocol protocol, InetSocketAddress address, Step step) {
    boolean ipv4 = address.getAddress() instanceof Inet4Address;
    int family = ipv4 ? AF_INET : AF_INET6;
    OwnedFd socket;
    try (Frame frame = Frame.open()) {
      socket =
          OwnedFd.adopt(
              frame.call(Sys.SOCKET, family, protocol.type | SOCK_FLAGS, protocol.number),
              "socket",
              protocol.name());
    }
    try {
      if (!ipv4) {
        set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
      }
      step.run(socket);
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static void bind(Fd socket, InetSocketAddress address) {
    try (Frame frame = Frame.open()) {
      MemorySegment name = write(frame, address);
      check(
          frame.call(Sys.BIND, socket.value(), name.address(), name.byteSize()),
          "bind",
          address.getAddress().getHostAddress() + " port " + address.getPort());
    }
  }

  private static void set(Fd socket, int level, int option, int value) {
    try (Frame frame = Frame.open()) {
      MemorySegment number = frame.allocate(4);
      number.set(JAVA_INT, 0, value);
      check(
          frame.call(Sys.SETSOCKOPT, socket.value(), level, option, number.address(), 4),
          "setsockopt",
          Integer.toString(option));
    }
  }

  /// The kernel drops whatever comes.
  private static void takeNothing(Fd socket) {
    try (Frame frame = Frame.open()) {
      MemorySegment code = frame.allocate(8);
      code.set(JAVA_LONG, 0, RETURN_NOTHING);
      MemorySegment program = frame.allocate(16); // struct sock_fprog
      program.set(JAVA_SHORT, 0, (short) 1);
      program.set(JAVA_LONG, 8, code.address());
      check(
          frame.call(
              Sys.SETSOCKOPT, socket.value(), SOL_SOCKET, SO_ATTACH_FILTER, program.address(), 16),
          "setsockopt",
          "SO_ATTACH_FILTER");
    }
  }

  /// The port that a socket has.
  public static int port(Fd socket) {
    try (Frame frame = Frame.open()) {
      MemorySegment name = frame.allocate(SOCKADDR_IN6);
      MemorySegment length = frame.allocate(4);
      length.set(JAVA_INT, 0, SOCKADDR_IN6);
      check(
          frame.call(Sys.GETSOCKNAME, socket.value(), name.address(), length.address()),
          "getsockname",
          "");
      return read(name).getPort();
    }
  }

  /// A connection that came in; empty when none is there.
  public static Optional<OwnedFd> accept(Fd listening) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.ACCEPT4, listening.value(), 0, 0, SOCK_FLAGS);
      return result == -Errno.EAGAIN.number() || result == -Errno.ECONNABORTED.number()
          ? Optional.empty()
          : Optional.of(OwnedFd.adopt(result, "accept4", ""));
    }
  }

  /// A datagram that came, cut to `maxBytes`; empty when none is there.
  public static Optional<Datagram> receive(Fd socket, int maxBytes) {
    try (Frame frame = Frame.open()) {
      MemorySegment data = frame.uninitialised(maxBytes);
      MemorySegment name = frame.allocate(SOCKADDR_IN6);
      MemorySegment length = frame.allocate(4);
      length.set(JAVA_INT, 0, SOCKADDR_IN6);
      long count =
          frame.repeat(
              Sys.RECVFROM,
              socket.value(),
              data.address(),
              maxBytes,
              0,
              name.address(),
              length.address());
      if (count == -Errno.EAGAIN.number()) {
        return Optional.empty();
      }
      check(count, "recvfrom", "");
      return Optional.of(new Datagram(data.asSlice(0, count).toArray(JAVA_BYTE), read(name)));
    }
  }

  /// Sends a datagram; false when it cannot be taken now, or the other side is gone.
  public static boolean send(Fd socket, byte[] bytes, InetSocketAddress to) {
    if (bytes.length > MAX_DATAGRAM) {
      throw new IllegalArgumentException("a datagram has no " + bytes.length + " bytes");
    }
    try (Frame frame = Frame.open()) {
      MemorySegment name = write(frame, to);
      long result =
          frame.repeat(
              Sys.SENDTO,
              socket.value(),
              frame.bytes(bytes),
              bytes.length,
              MSG_NOSIGNAL,
              name.address(),
              name.byteSize());
      return result >= 0;
    }
  }

  private static MemorySegment write(Frame frame, InetSocketAddress address) {
    byte[] bytes = address.getAddress().getAddress();
    boolean ipv4 = bytes.length == 4;
    MemorySegment name = frame.allocate(ipv4 ? SOCKADDR_IN : SOCKADDR_IN6);
    name.set(JAVA_SHORT, 0, (short) (ipv4 ? AF_INET : AF_INET6));
    name.set(JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) address.getPort());
    MemorySegment.copy(bytes, 0, name, JAVA_BYTE, ipv4 ? 4 : 8, bytes.length);
    if (address.getAddress() instanceof java.net.Inet6Address scoped) {
      name.set(JAVA_INT, 24, scoped.getScopeId());
    }
    return name;
  }

  private static InetSocketAddress read(MemorySegment name) {
    boolean ipv4 = name.get(JAVA_SHORT, 0) == AF_INET;
    byte[] bytes = name.asSlice(ipv4 ? 4 : 8, ipv4 ? 4 : 16).toArray(JAVA_BYTE);
    int port = name.get(JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2) & 0xffff;
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException impossible) { // for other lengths than 4 and 16
      throw new AssertionError(impossible);
    }
  }
}
