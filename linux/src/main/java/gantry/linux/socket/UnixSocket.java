package gantry.linux.socket;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.FileName;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.process.PidFd;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Sockets between processes of this machine, streams unless said otherwise. See unix(7). Calls
/// block; on a virtual thread they hold its carrier.
public final class UnixSocket {
  private static final int AF_UNIX = 1;
  private static final int STREAM_CLOEXEC = 1 | 0x80000;
  private static final int DATAGRAM_CLOEXEC = 2 | 0x80000;
  private static final int SOL_SOCKET = 1; // asm-generic/socket.h
  private static final int SIOCOUTQ = 0x5411; // linux/sockios.h
  private static final int SO_PEERCRED = 17;
  private static final int SO_PEERPIDFD = 77; // since 6.5
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int PATH = 107; // struct sockaddr_un, less the NUL
  private static final int MSG_CTRUNC = 0x8; // linux/socket.h
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int SCM_RIGHTS = 1;
  private static final int SCM_MAX_FD = 253; // net/scm.h
  private static final int MSGHDR = 56; // struct msghdr, 64 bits
  private static final int CMSGHDR = 16;
  private static final int BACKLOG = 128;

  private UnixSocket() {}

  /// What came in one go; the owner closes the descriptors.
  public static final class Received implements AutoCloseable {
    private final byte[] bytes;
    private final List<OwnedFd> descriptors;

    private Received(byte[] bytes, List<OwnedFd> descriptors) {
      this.bytes = bytes;
      this.descriptors = descriptors;
    }

    /// The bytes; none at the end of the stream.
    public byte[] bytes() {
      return bytes;
    }

    /// The descriptors sent along, in their order.
    public List<OwnedFd> descriptors() {
      return descriptors;
    }

    @Override
    public void close() {
      descriptors.forEach(OwnedFd::close);
    }
  }

  /// Two connected sockets.
  ///
  /// @param one either
  /// @param other the other
  public record Pair(OwnedFd one, OwnedFd other) implements AutoCloseable {
    @Override
    public void close() {
      one.close();
      other.close();
    }
  }

  /// Two sockets that are connected with each other.
  public static Pair pair() {
    try (Frame frame = Frame.open()) {
      MemorySegment ends = frame.allocate(8);
      check(
          frame.call(Sys.SOCKETPAIR, AF_UNIX, STREAM_CLOEXEC, 0, ends.address()), "socketpair", "");
      return new Pair(OwnedFd.adopt(ends.get(JAVA_INT, 0)), OwnedFd.adopt(ends.get(JAVA_INT, 4)));
    }
  }

  /// A socket that waits for connections at a path of at most 107 bytes where nothing is yet. The
  /// file is made with the permissions that the umask leaves.
  public static OwnedFd listen(String path) {
    OwnedFd socket = open(STREAM_CLOEXEC);
    try (Frame frame = Frame.open()) {
      MemorySegment address = address(frame, path);
      check(
          frame.call(Sys.BIND, socket.value(), address.address(), address.byteSize()),
          "bind",
          path);
      check(frame.call(Sys.LISTEN, socket.value(), BACKLOG), "listen", path);
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /// Waits for a connection.
  public static OwnedFd accept(Fd listening) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.ACCEPT4, listening.value(), 0, 0, SOCK_CLOEXEC);
      return OwnedFd.adopt(result, "accept4", "");
    }
  }

  /// Connects to who listens at `path`.
  public static OwnedFd connect(String path) {
    OwnedFd socket = open(STREAM_CLOEXEC);
    try (Frame frame = Frame.open()) {
      MemorySegment address = address(frame, path);
      long result =
          frame.repeat(Sys.CONNECT, socket.value(), address.address(), address.byteSize(), 0);
      check(result, "connect", path);
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /// Sends one datagram to who receives at `name`: a path, or after an `@` a name of the abstract
  /// namespace.
  public static void sendDatagram(String name, byte[] bytes) {
    try (OwnedFd socket = open(DATAGRAM_CLOEXEC);
        Frame frame = Frame.open()) {
      MemorySegment address = datagramAddress(frame, name);
      long result =
          frame.repeat(Sys.CONNECT, socket.value(), address.address(), address.byteSize(), 0);
      check(result, "connect", name);
      send(socket, bytes, List.of());
    }
  }

  /// The address of a path, or after an `@` of a name of the abstract namespace.
  static MemorySegment datagramAddress(Frame frame, String name) {
    MemorySegment address = address(frame, name);
    if (!name.startsWith("@")) {
      return address;
    }
    address.set(JAVA_BYTE, 2, (byte) 0);
    // The length ends an abstract name, a further NUL would be part of it.
    return address.asSlice(0, address.byteSize() - 1);
  }

  private static OwnedFd open(int type) {
    try (Frame frame = Frame.open()) {
      return OwnedFd.adopt(frame.call(Sys.SOCKET, AF_UNIX, type, 0), "socket", "AF_UNIX");
    }
  }

  static MemorySegment address(Frame frame, String path) {
    byte[] bytes = FileName.encode(path);
    if (bytes.length == 0 || bytes.length > PATH) {
      throw new IllegalArgumentException(
          "a socket's path has 1 to " + PATH + " bytes, '" + path + "' has " + bytes.length);
    }
    MemorySegment address = frame.allocate(2 + bytes.length + 1L);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(bytes, 0, address, JAVA_BYTE, 2, bytes.length);
    return address;
  }

  /// The memory, in bytes, of what was sent and not yet received by the other end; 0 when it has
  /// everything. See `SIOCOUTQ` in unix(7).
  public static int unread(Fd socket) {
    try (Frame frame = Frame.open()) {
      MemorySegment bytes = frame.allocate(4);
      check(frame.call(Sys.IOCTL, socket.value(), SIOCOUTQ, bytes.address()), "ioctl", "SIOCOUTQ");
      return bytes.get(JAVA_INT, 0);
    }
  }

  /// Who connected to, or made, the other end.
  public static PeerCredentials peer(Fd socket) {
    try (Frame frame = Frame.open()) {
      MemorySegment credentials = frame.allocate(12); // struct ucred
      MemorySegment length = frame.allocate(4);
      length.set(JAVA_INT, 0, 12);
      long result =
          frame.call(
              Sys.GETSOCKOPT,
              socket.value(),
              SOL_SOCKET,
              SO_PEERCRED,
              credentials.address(),
              length.address());
      check(result, "getsockopt", "SO_PEERCRED");
      return new PeerCredentials(
          credentials.get(JAVA_INT, 0), credentials.get(JAVA_INT, 4), credentials.get(JAVA_INT, 8));
    }
  }

  /// The process that connected to, or made, the other end; empty if it has ended, or is in a
  /// namespace that this one does not see. On kernels before 6.5 it is found by its number, which
  /// may be another's by now: whoever trusts it compares more than that.
  public static Optional<PidFd> peerProcess(Fd socket) {
    try (Frame frame = Frame.open()) {
      MemorySegment process = frame.allocate(4);
      MemorySegment length = frame.allocate(4);
      length.set(JAVA_INT, 0, 4);
      long result =
          frame.call(
              Sys.GETSOCKOPT,
              socket.value(),
              SOL_SOCKET,
              SO_PEERPIDFD,
              process.address(),
              length.address());
      if (result >= 0) {
        return Optional.of(PidFd.adopt(OwnedFd.adopt(process.get(JAVA_INT, 0))));
      }
    }
    int pid = peer(socket).pid();
    return pid == 0 ? Optional.empty() : PidFd.open(pid);
  }

  /// Sends bytes, at least one, and copies of descriptors, 253 at most; they arrive together.
  /// Returns how many bytes went, which on a blocking socket is all.
  public static int send(Fd socket, byte[] bytes, List<? extends Fd> descriptors) {
    if (bytes.length == 0 || descriptors.size() > SCM_MAX_FD) {
      throw new IllegalArgumentException(
          "at least one byte and at most 253 descriptors, got "
              + bytes.length
              + " and "
              + descriptors.size());
    }
    try (Frame frame = Frame.open()) {
      long data = frame.bytes(bytes);
      MemorySegment header = header(frame, data, bytes.length, rights(frame, descriptors));
      long result = frame.repeat(Sys.SENDMSG, socket.value(), header.address(), MSG_NOSIGNAL, 0);
      return (int) check(result, "sendmsg", descriptors.size() + " descriptors");
    }
  }

  private static Optional<MemorySegment> rights(Frame frame, List<? extends Fd> descriptors) {
    if (descriptors.isEmpty()) {
      return Optional.empty();
    }
    MemorySegment control = frame.allocate((CMSGHDR + 4L * descriptors.size() + 7) & ~7L);
    control.set(JAVA_LONG, 0, CMSGHDR + 4L * descriptors.size());
    control.set(JAVA_INT, 8, SOL_SOCKET);
    control.set(JAVA_INT, 12, SCM_RIGHTS);
    for (int i = 0; i < descriptors.size(); i++) {
      control.set(JAVA_INT, CMSGHDR + 4L * i, descriptors.get(i).value());
    }
    return Optional.of(control);
  }

  private static MemorySegment header(
      Frame frame, long data, long length, Optional<MemorySegment> control) {
    MemorySegment vector = frame.allocate(16); // struct iovec
    vector.set(JAVA_LONG, 0, data);
    vector.set(JAVA_LONG, 8, length);
    MemorySegment header = frame.allocate(MSGHDR);
    header.set(JAVA_LONG, 16, vector.address());
    header.set(JAVA_LONG, 24, 1);
    control.ifPresent(
        segment -> {
          header.set(JAVA_LONG, 32, segment.address());
          header.set(JAVA_LONG, 40, segment.byteSize());
        });
    return header;
  }

  /// Waits for bytes, at most `maxBytes`, and the descriptors sent along with them. If the sender
  /// tried to send more than 253, all are closed and `EMSGSIZE` is thrown.
  public static Received receive(Fd socket, int maxBytes) {
    try (Frame frame = Frame.open()) {
      MemorySegment data = frame.uninitialised(maxBytes);
      MemorySegment control = frame.allocate(CMSGHDR + 4L * (SCM_MAX_FD + 1));
      MemorySegment header = header(frame, data.address(), maxBytes, Optional.of(control));
      long length =
          check(
              frame.repeat(Sys.RECVMSG, socket.value(), header.address(), MSG_CMSG_CLOEXEC, 0),
              "recvmsg",
              "");
      List<OwnedFd> descriptors = descriptors(control.asSlice(0, header.get(JAVA_LONG, 40)));
      Received received = new Received(data.asSlice(0, length).toArray(JAVA_BYTE), descriptors);
      if ((header.get(JAVA_INT, 48) & MSG_CTRUNC) != 0) {
        received.close();
        throw new SyscallException("recvmsg", Errno.EMSGSIZE, "descriptors");
      }
      return received;
    }
  }

  private static List<OwnedFd> descriptors(MemorySegment control) {
    List<OwnedFd> descriptors = new ArrayList<>();
    long start = 0;
    while (start + CMSGHDR <= control.byteSize()) {
      long length = control.get(JAVA_LONG, start);
      boolean rights =
          control.get(JAVA_INT, start + 8) == SOL_SOCKET
              && control.get(JAVA_INT, start + 12) == SCM_RIGHTS;
      for (long at = start + CMSGHDR; rights && at + 4 <= start + length; at += 4) {
        descriptors.add(OwnedFd.adopt(control.get(JAVA_INT, at)));
      }
      start += Math.max(CMSGHDR, (length + 7) & ~7L);
    }
    return descriptors;
  }
}
