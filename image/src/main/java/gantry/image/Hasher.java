package gantry.image;

import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/// Hashes on a thread of its own what another thread reads and writes meanwhile: chunks go round
/// between the two. The thread starts with the second chunk, as most blobs have but one.
///
/// For one producer. Closing it ends the thread.
final class Hasher implements AutoCloseable {
  static final int CHUNK = 512 * 1024;
  private static final int CHUNKS = 4;

  private static final class Chunk {
    private final byte[] bytes;
    private final int length; // negative: the end

    Chunk(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }
  }

  private static final Chunk END = new Chunk(new byte[0], -1);

  private final MessageDigest hash;
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(CHUNKS);
  private final BlockingQueue<Chunk> filled = new ArrayBlockingQueue<>(CHUNKS + 1);
  private int made;
  private @Nullable Chunk first;
  private @Nullable Thread thread;

  Hasher(MessageDigest hash) {
    this.hash = hash;
  }

  /// An array of [#CHUNK] bytes to be filled, and given back by [#add].
  byte[] take() throws InterruptedException {
    byte[] bytes = free.poll();
    if (bytes != null) {
      return bytes;
    }
    return made++ < CHUNKS ? new byte[CHUNK] : free.take();
  }

  /// Hashes the first `length` bytes. The caller may go on reading the array until its next
  /// [#take].
  void add(byte[] bytes, int length) throws InterruptedException {
    Chunk chunk = new Chunk(bytes, length);
    if (thread == null && first == null) {
      first = chunk;
      return;
    }
    if (thread == null) {
      filled.put(java.util.Objects.requireNonNull(first));
      thread = Thread.ofPlatform().daemon().name("image-hash").start(this::run);
    }
    filled.put(chunk);
  }

  private void run() {
    try {
      for (Chunk chunk = filled.take(); chunk.length >= 0; chunk = filled.take()) {
        hash.update(chunk.bytes, 0, chunk.length);
        free.put(chunk.bytes);
      }
    } catch (InterruptedException _) {
      // given up by close
    }
  }

  /// Waits until everything is hashed.
  void finish() throws InterruptedException {
    if (thread != null) {
      filled.put(END);
      thread.join();
    } else if (first != null) {
      hash.update(first.bytes, 0, first.length);
    }
  }

  @Override
  public void close() {
    if (thread != null) {
      thread.interrupt();
    }
  }
}
