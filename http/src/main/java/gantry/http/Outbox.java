package gantry.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What is sent to a client, as a stream: a handler's thread fills buffers, the event loop writes
/// them.
///
/// A flush asks the loop to come and take what is there; many small flushes that happen before it
/// comes cost one system call. The writer blocks while [#LIMIT_BYTES] are under way. In chunked
/// framing every buffer is one chunk, whose length is put into room kept at its beginning, so that
/// nothing is copied.
final class Outbox extends OutputStream {
  /// How the end of the body is told.
  enum Framing {
    CHUNKED,
    RAW
  }

  private static final int LIMIT_BYTES = 512 << 10;
  private static final int SMALLEST_BUFFER_BYTES = 2 << 10;
  private static final int LARGEST_BUFFER_BYTES = 128 << 10;
  private static final int CHUNK_HEADER_BYTES = 10;
  // CR LF of the chunk, and the last chunk after it.
  private static final int CHUNK_TRAILER_BYTES = 7;
  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] LAST_CHUNK = {'0', '\r', '\n', '\r', '\n'};
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private final Channel channel;
  private final Framing framing;
  private final Runnable ended;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progressed = lock.newCondition();
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private @Nullable ByteBuf head;
  private int bufferBytes = SMALLEST_BUFFER_BYTES;
  private int pendingBytes;
  private boolean scheduled;
  private boolean finished;
  private boolean broken;

  /// @param head is sent before the first byte
  /// @param ended is run on the event loop once everything was handed to the kernel, after
  ///   [#finish]
  Outbox(Channel channel, Framing framing, ByteBuf head, Runnable ended) {
    this.channel = channel;
    this.framing = framing;
    this.head = head;
    this.ended = ended;
  }

  /// Whether the end of the body is the end of the connection.
  boolean endsWithConnection() {
    return framing == Framing.RAW;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    lock.lock();
    try {
      int done = 0;
      while (done < length) {
        ByteBuf buffer = room();
        int n = Math.min(length - done, buffer.writableBytes() - CHUNK_TRAILER_BYTES);
        buffer.writeBytes(bytes, offset + done, n);
        pendingBytes += n;
        done += n;
      }
    } finally {
      lock.unlock();
    }
  }

  private ByteBuf room() throws IOException {
    try {
      while (true) {
        check();
        ByteBuf last = waiting.peekLast();
        if (last != null && last.writableBytes() > CHUNK_TRAILER_BYTES) {
          return last;
        }
        if (last != null) {
          // Filled faster than the loop came: the next one may be larger.
          bufferBytes = Math.min(bufferBytes * 4, LARGEST_BUFFER_BYTES);
          schedule();
        }
        if (pendingBytes < LIMIT_BYTES) {
          return another();
        }
        schedule();
        progressed.await();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the client did not read");
    }
  }

  private ByteBuf another() {
    ByteBuf fresh = channel.alloc().directBuffer(bufferBytes, bufferBytes);
    fresh.writerIndex(CHUNK_HEADER_BYTES).readerIndex(CHUNK_HEADER_BYTES);
    waiting.add(fresh);
    return fresh;
  }

  private void check() throws IOException {
    if (broken || finished) {
      throw new IOException(broken ? "the client is gone" : "the response has ended");
    }
  }

  @Override
  public void flush() throws IOException {
    lock.lock();
    try {
      check();
      schedule();
    } finally {
      lock.unlock();
    }
  }

  /// Sends what is left and the end of the body; does not wait for it.
  void finish() {
    lock.lock();
    try {
      if (!finished) {
        finished = true;
        schedule();
      }
    } finally {
      lock.unlock();
    }
  }

  /// The same as [#finish]: an output stream that is closed has said everything.
  @Override
  public void close() {
    finish();
  }

  /// The connection is gone: the writer gets an exception, what waits is thrown away. Event loop
  /// only.
  void breakOff() {
    lock.lock();
    try {
      broken = true;
      waiting.forEach(ByteBuf::release);
      waiting.clear();
      if (head != null) {
        head.release();
        head = null;
      }
      progressed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void schedule() {
    if (!scheduled && !broken && (head != null || !waiting.isEmpty() || finished)) {
      scheduled = true;
      if (channel.eventLoop().inEventLoop()) {
        drain();
      } else {
        channel.eventLoop().execute(this::drain);
      }
    }
  }

  private void drain() {
    ByteBuf first;
    ByteBuf[] buffers;
    boolean last;
    lock.lock();
    try {
      scheduled = false;
      if (broken) {
        return;
      }
      first = head;
      head = null;
      buffers = waiting.toArray(ByteBuf[]::new);
      waiting.clear();
      last = finished;
      broken = last;
    } finally {
      lock.unlock();
    }
    if (first != null) {
      var _ = channel.write(first);
      if (framing == Framing.RAW) {
        // Clients that read the head through a buffer of their own must not find data in it.
        channel.flush();
      }
    }
    boolean endSent = framing == Framing.RAW;
    for (int i = 0; i < buffers.length; i++) {
      boolean close = last && !endSent && i == buffers.length - 1;
      send(buffers[i], close);
      endSent |= close;
    }
    if (last && !endSent) {
      var _ = channel.write(channel.alloc().directBuffer(LAST_CHUNK.length).writeBytes(LAST_CHUNK));
    }
    channel.flush();
    if (last) {
      ended.run();
    }
  }

  private void send(ByteBuf buffer, boolean close) {
    int bytes = buffer.readableBytes();
    if (framing == Framing.CHUNKED) {
      frame(buffer, bytes);
      if (close) {
        buffer.writeBytes(LAST_CHUNK);
      }
    }
    var _ = channel.write(buffer).addListener(_ -> wasWritten(bytes));
  }

  private static void frame(ByteBuf buffer, int bytes) {
    int index = CHUNK_HEADER_BYTES;
    buffer.setByte(--index, '\n');
    buffer.setByte(--index, '\r');
    for (int rest = bytes; rest != 0; rest >>>= 4) {
      buffer.setByte(--index, HEX[rest & 15]);
    }
    buffer.readerIndex(index);
    buffer.writeBytes(CRLF);
  }

  private void wasWritten(int bytes) {
    lock.lock();
    try {
      pendingBytes -= bytes;
      progressed.signal();
    } finally {
      lock.unlock();
    }
  }
}
