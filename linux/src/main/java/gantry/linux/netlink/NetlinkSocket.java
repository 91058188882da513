package gantry.linux.netlink;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A netlink socket, which belongs to the network namespace of the thread that opened it, for ever.
///
/// A request that the kernel refuses throws [SyscallException] with the kernel's own words (its
/// extended acknowledgement) where it has some. The kernel answers before it returns from the send,
/// so nothing here waits. Thread-safe: one exchange at a time.
public final class NetlinkSocket implements AutoCloseable {
  public static final int NETLINK_ROUTE = 0; // linux/netlink.h
  public static final int NETLINK_SOCK_DIAG = 4;
  public static final int NETLINK_NETFILTER = 12;
  public static final int NETLINK_GENERIC = 16;

  public static final int NLM_F_REPLACE = 0x100;
  public static final int NLM_F_EXCL = 0x200;
  public static final int NLM_F_CREATE = 0x400;
  public static final int NLM_F_APPEND = 0x800;

  /// Answer a change with the thing as it is afterwards: for [#exchange].
  public static final int NLM_F_ECHO = 8;

  private static final int NLM_F_REQUEST = 1;
  private static final int NLM_F_ACK = 4;
  private static final int NLM_F_DUMP_INTR = 0x10;
  private static final int NLM_F_ACK_TLVS = 0x200;
  private static final int NLM_F_CAPPED = 0x100;
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int NLMSGERR_ATTR_MSG = 1;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int NETLINK_GET_STRICT_CHK = 12;
  private static final int MSG_TRUNC = 0x20;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int DUMP_SIZE = 64 * 1024; // the kernel's own datagrams have 32 KiB at most
  private static final int ANSWER_SIZE =
      20 * 1024; // one thing, or a request sent back with an error
  private static final int DUMP_ATTEMPTS = 10;

  private final OwnedFd fd;
  private int sequence;

  private NetlinkSocket(OwnedFd fd) {
    this.fd = fd;
  }

  /// Opens a socket of this family, one of the `NETLINK_` constants, in the network namespace of
  /// the calling thread.
  public static NetlinkSocket open(int family) {
    try (Frame frame = Frame.open()) {
      OwnedFd fd =
          OwnedFd.adopt(
              frame.call(Sys.SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, family), "socket", "AF_NETLINK");
      MemorySegment one = frame.allocate(4);
      one.set(JAVA_INT, 0, 1);
      // Wishes only: without them answers are less precise, not wrong.
      frame.call(Sys.SETSOCKOPT, fd.value(), SOL_NETLINK, NETLINK_EXT_ACK, one.address(), 4);
      frame.call(Sys.SETSOCKOPT, fd.value(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, one.address(), 4);
      return new NetlinkSocket(fd);
    }
  }

  /// As above in [#NETLINK_ROUTE].
  public static NetlinkSocket openRoute() {
    return open(NETLINK_ROUTE);
  }

  /// Sends a request that is answered by an acknowledgement only. `intent` says in words what it is
  /// for, for the error: `create bridge gantry0`.
  public void request(MessageWriter message, String intent) {
    exchange(message, intent);
  }

  /// Sends a request; the errno with which the kernel refused it, empty if it did not. For requests
  /// that may fail in ways that are all right.
  public Optional<Errno> tryRequest(MessageWriter message) {
    try {
      exchange(message, "");
      return Optional.empty();
    } catch (SyscallException e) {
      if (!e.call().equals("netlink")) {
        throw e;
      }
      return Optional.of(e.errno());
    }
  }

  /// Sends a request and returns the messages that came before its acknowledgement: what was asked
  /// for.
  public List<Message> exchange(MessageWriter message, String intent) {
    return exchangeAll(List.of(message), intent);
  }

  /// Sends requests in one datagram; the kernel works them off in order, also after one that
  /// failed. Returns all answers, or throws the first failure.
  public synchronized List<Message> exchangeAll(List<MessageWriter> messages, String intent) {
    int first = sequence + 1;
    ByteArrayOutputStream datagram = new ByteArrayOutputStream();
    for (MessageWriter message : messages) {
      datagram.writeBytes(message.finish(NLM_F_REQUEST | NLM_F_ACK, ++sequence));
    }
    send(datagram.toByteArray(), intent);
    return new Answers(first, sequence, ANSWER_SIZE, intent).collect(messages.size());
  }

  /// Asks for a whole table. Repeated when the table changed meanwhile and the answer would be
  /// torn.
  public synchronized List<Message> dump(MessageWriter message, String intent) {
    for (int i = 0; i < DUMP_ATTEMPTS; i++) {
      sequence++;
      send(message.finish(NLM_F_REQUEST | NLM_F_DUMP, sequence), intent);
      Answers answers = new Answers(sequence, sequence, DUMP_SIZE, intent);
      List<Message> table = answers.collect(1);
      if (!answers.torn) {
        return table;
      }
    }
    throw new SyscallException("netlink", Errno.EINTR, intent + ", the table kept changing");
  }

  private void send(byte[] datagram, String intent) {
    try (Frame frame = Frame.open()) {
      long address = frame.bytes(datagram);
      check(
          frame.repeat(Sys.SENDTO, fd.value(), address, datagram.length, 0, 0, 0),
          "sendto",
          intent);
    }
  }

  private ByteBuffer receive(int size, String intent) {
    try (Frame frame = Frame.open()) {
      MemorySegment received = frame.uninitialised(size);
      long length =
          check(
              frame.repeat(
                  Sys.RECVFROM,
                  fd.value(),
                  received.address(),
                  size,
                  MSG_DONTWAIT | MSG_TRUNC,
                  0,
                  0),
              "recvfrom",
              intent);
      if (length > size) {
        throw new NetlinkException("an answer of " + length + " bytes is too large: " + intent);
      }
      byte[] bytes = new byte[(int) length];
      MemorySegment.copy(received, JAVA_BYTE, 0, bytes, 0, bytes.length);
      return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }
  }

  /// The descriptor, for the event loop or for socket options.
  public OwnedFd fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }

  /// What came back for the requests with numbers `first` to `last`, in datagrams of at most `size`
  /// bytes.
  private final class Answers {
    private final int first;
    private final int last;
    private final int size;
    private final String intent;
    private final List<Message> messages = new ArrayList<>();
    private int finished;
    private boolean torn;
    private Optional<SyscallException> failure = Optional.empty();

    Answers(int first, int last, int size, String intent) {
      this.first = first;
      this.last = last;
      this.size = size;
      this.intent = intent;
    }

    List<Message> collect(int expected) {
      while (finished < expected) {
        ByteBuffer datagram = receive(size, intent);
        while (datagram.hasRemaining()) {
          take(Message.read(datagram));
        }
      }
      if (failure.isPresent()) {
        throw failure.get();
      }
      return messages;
    }

    private void take(Message message) {
      if (message.sequence() - first < 0 || last - message.sequence() < 0) {
        return; // left over from an exchange that broke off
      }
      torn |= (message.flags() & NLM_F_DUMP_INTR) != 0;
      switch (message.type()) {
        case NLMSG_ERROR -> finish(message, message.u32(0));
        case NLMSG_DONE -> finish(message, message.length() < 4 ? 0 : message.u32(0));
        default -> messages.add(message);
      }
    }

    private void finish(Message message, int negatedErrno) {
      finished++;
      if (negatedErrno < 0 && failure.isEmpty()) {
        failure =
            Optional.of(new SyscallException("netlink", -negatedErrno, intent + reason(message)));
      }
    }

    private String reason(Message message) {
      if ((message.flags() & NLM_F_ACK_TLVS) == 0 || message.type() != NLMSG_ERROR) {
        return "";
      }
      boolean capped = (message.flags() & NLM_F_CAPPED) != 0;
      int echoed =
          capped ? MessageWriter.HEADER : message.u32(4); // length of the request sent back
      return message
          .attributes(4 + echoed)
          .text(NLMSGERR_ATTR_MSG)
          .map(text -> ": " + text)
          .orElse("");
    }
  }
}
