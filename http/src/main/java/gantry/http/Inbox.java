package gantry.http;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What a client sends, as a blocking stream: the event loop puts bytes in, a handler's thread
/// takes them out. Bounded: the loop stops reading the socket while [#full].
final class Inbox extends InputStream {
  private static final int HIGH_WATER_BYTES = 1 << 20;
  private static final int LOW_WATER_BYTES = HIGH_WATER_BYTES / 2;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<ByteBuf> chunks = new ArrayDeque<>();
  private final Runnable wanted;
  private int readableBytes;
  private boolean ended;
  private boolean discarding;
  private boolean starving;
  private @Nullable IOException failure;

  /// @param wanted is run, on the reader's thread, when the loop stopped reading and should go on
  Inbox(Runnable wanted) {
    this.wanted = wanted;
  }

  /// Takes ownership of `bytes`. Event loop only.
  void offer(ByteBuf bytes) {
    lock.lock();
    try {
      if (discarding || ended || !bytes.isReadable()) {
        bytes.release();
        return;
      }
      chunks.add(bytes);
      readableBytes += bytes.readableBytes();
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Nothing more will come.
  void end() {
    lock.lock();
    try {
      ended = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Nothing more will come, and that is a fault; what arrived before can still be read.
  void fail(IOException cause) {
    lock.lock();
    try {
      if (!ended) {
        failure = cause;
        ended = true;
        arrived.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Throws away what is here and what still comes.
  void discard() {
    lock.lock();
    try {
      discarding = true;
      chunks.forEach(ByteBuf::release);
      chunks.clear();
      readableBytes = 0;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the loop should leave further bytes in the socket; if so, `wanted` will be run later.
  boolean full() {
    lock.lock();
    try {
      boolean full = !discarding && readableBytes >= HIGH_WATER_BYTES;
      starving = full;
      return full;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    boolean more = false;
    lock.lock();
    try {
      awaitBytes();
      if (chunks.isEmpty()) {
        if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        }
        return -1;
      }
      int taken = take(bytes, offset, length);
      if (starving && readableBytes <= LOW_WATER_BYTES) {
        starving = false;
        more = true;
      }
      return taken;
    } finally {
      lock.unlock();
      if (more) {
        wanted.run();
      }
    }
  }

  private void awaitBytes() throws InterruptedIOException {
    while (chunks.isEmpty() && !ended && !discarding) {
      try {
        arrived.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for the client");
      }
    }
  }

  private int take(byte[] bytes, int offset, int length) {
    int taken = 0;
    while (taken < length && !chunks.isEmpty()) {
      ByteBuf first = chunks.peek();
      int n = Math.min(length - taken, first.readableBytes());
      first.readBytes(bytes, offset + taken, n);
      taken += n;
      if (!first.isReadable()) {
        chunks.remove().release();
      }
    }
    readableBytes -= taken;
    return taken;
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return readableBytes;
    } finally {
      lock.unlock();
    }
  }

  /// Closing is not needed, and does no more than throw the rest away.
  @Override
  public void close() {
    discard();
  }
}
