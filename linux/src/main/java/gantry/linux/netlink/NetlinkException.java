package gantry.linux.netlink;

/// A netlink answer that breaks the protocol's own rules: the kernel does not send such, so it is a
/// bug here or there. A request that the kernel refuses is a [gantry.linux.SyscallException].
public final class NetlinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NetlinkException(String message) {
    super(message);
  }

  NetlinkException(String message, Throwable cause) {
    super(message, cause);
  }
}
