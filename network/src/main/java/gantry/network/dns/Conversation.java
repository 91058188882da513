package gantry.network.dns;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.event.Registration;
import gantry.linux.event.Trigger;
import gantry.linux.file.FileIo;
import gantry.network.dns.Forwarder.Transport;
import java.util.Arrays;
import java.util.function.Consumer;

/// A connection by which a container asks: messages with their length in two bytes before them, any
/// number of them, each answered when its answer is there (RFC 7766, 6.2.1.1). On the loop's
/// thread.
///
/// It ends with its other side, or when that sends something too long or takes no answers.
final class Conversation implements AutoCloseable {
  private static final int LENGTH = 2;
  private static final int MAX_UNSENT = 256 * 1024;

  private final EventLoop loop;
  private final OwnedFd socket;
  private final Consumer<Request> requests;
  private final Consumer<Conversation> ended;
  private final byte[] received;
  private int receivedLength;
  private byte[] unsent = new byte[0];
  private final Registration events;
  private boolean closed;

  Conversation(
      EventLoop loop,
      OwnedFd socket,
      int maxQuery,
      Consumer<Request> requests,
      Consumer<Conversation> ended) {
    this.loop = loop;
    this.socket = socket;
    this.requests = requests;
    this.ended = ended;
    received = new byte[LENGTH + maxQuery];
    events = loop.register(socket, Readiness.READABLE, Trigger.LEVEL, this::ready);
  }

  private void ready(Readiness readiness) {
    try {
      if (readiness.writable()) {
        flush();
      }
      if (readiness.readable() || readiness.hungUp()) {
        receive();
      }
    } catch (SyscallException _) { // the other side is gone
      end();
    }
  }

  private void receive() {
    int count = FileIo.read(socket, received, receivedLength, received.length - receivedLength);
    if (count == 0) {
      end();
      return;
    }
    receivedLength += count;
    while (!closed && receivedLength >= LENGTH) {
      int length = ((received[0] & 0xff) << 8) | (received[1] & 0xff);
      if (length > received.length - LENGTH) {
        end();
        return;
      }
      if (receivedLength < LENGTH + length) {
        return;
      }
      byte[] message = Arrays.copyOfRange(received, LENGTH, LENGTH + length);
      receivedLength -= LENGTH + length;
      System.arraycopy(received, LENGTH + length, received, 0, receivedLength);
      requests.accept(new Request(message, Transport.CONNECTION, this::answer));
    }
  }

  /// From any thread.
  private void answer(byte[] answer) {
    if (loop.onThread()) {
      send(answer);
    } else {
      loop.execute(() -> send(answer));
    }
  }

  private void send(byte[] answer) {
    if (closed) {
      return;
    }
    int before = unsent.length;
    unsent = Arrays.copyOf(unsent, before + LENGTH + answer.length);
    unsent[before] = (byte) (answer.length >>> 8);
    unsent[before + 1] = (byte) answer.length;
    System.arraycopy(answer, 0, unsent, before + LENGTH, answer.length);
    try {
      flush();
    } catch (SyscallException _) { // as above
      end();
    }
  }

  private void flush() {
    try {
      while (unsent.length > 0) {
        int count = FileIo.write(socket, unsent, 0, unsent.length);
        unsent = Arrays.copyOfRange(unsent, count, unsent.length);
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.EAGAIN)) {
        throw e;
      }
    }
    if (unsent.length > MAX_UNSENT) {
      end();
    } else {
      events.change(Readiness.READABLE | (unsent.length > 0 ? Readiness.WRITABLE : 0));
    }
  }

  private void end() {
    close();
    ended.accept(this);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      events.close();
      socket.close();
    }
  }
}
