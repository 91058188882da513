package gantry.linux.socket;

import static gantry.linux.SyscallException.check;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Datagram sockets between processes of this machine: each message arrives whole, or not at all.
/// See unix(7).
public final class UnixDatagram {
  private static final int AF_UNIX = 1;
  private static final int DATAGRAM_CLOEXEC = 2 | 0x80000;

  private UnixDatagram() {}

  /// A socket whose messages go to who listens at `path`, at most 107 bytes.
  public static OwnedFd connect(String path) {
    OwnedFd socket = open();
    try (Frame frame = Frame.open()) {
      MemorySegment address = UnixSocket.address(frame, path);
      long result =
          frame.repeat(Sys.CONNECT, socket.value(), address.address(), address.byteSize(), 0);
      check(result, "connect", path);
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /// A socket that gets the messages sent to `path`, where nothing is yet, or after an `@` to a
  /// name of the abstract namespace.
  public static OwnedFd bind(String path) {
    OwnedFd socket = open();
    try (Frame frame = Frame.open()) {
      MemorySegment address = UnixSocket.datagramAddress(frame, path);
      check(
          frame.call(Sys.BIND, socket.value(), address.address(), address.byteSize()),
          "bind",
          path);
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /// Sends one message; waits while the receiver's queue is full. `EMSGSIZE` for one that is larger
  /// than the socket's buffer, about 200 KB.
  public static void send(Fd socket, byte[] message) {
    int _ = UnixSocket.send(socket, message, List.of());
  }

  private static OwnedFd open() {
    try (Frame frame = Frame.open()) {
      return OwnedFd.adopt(
          frame.call(Sys.SOCKET, AF_UNIX, DATAGRAM_CLOEXEC, 0), "socket", "AF_UNIX");
    }
  }
}
