package gantry.engine.stdio;

import gantry.engine.container.OutputSink;
import gantry.engine.container.OutputSink.Stream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// One listener's share of a program's output: a bounded queue, and a thread that carries it to the
/// listener's sink.
///
/// The producer never waits here. It asks [#full], and stops reading while any listener is full;
/// one that takes nothing for [#STALL_MILLIS] then is cut off, so that it holds up the program and
/// the others for a bounded time only.
final class OutputQueue {
  /// Bytes that may wait.
  static final int BOUND = 1 << 20;

  static final long STALL_MILLIS = 60_000;

  private static final class Chunk {
    private final Stream stream;
    private final byte[] bytes;

    Chunk(Stream stream, byte[] bytes) {
      this.stream = stream;
      this.bytes = bytes;
    }
  }

  private final OutputSink sink;
  private final Runnable drained;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Chunk> chunks = new ArrayDeque<>();
  private int waitingBytes;
  private boolean ended; // no more will be offered
  private boolean finished; // the carrying thread is through
  private volatile long progressNanos = System.nanoTime();

  /// @param drained run when a full queue has room again, or is given up; by the carrying thread
  OutputQueue(OutputSink sink, Runnable drained) {
    this.sink = sink;
    this.drained = drained;
  }

  void start(String name) {
    Thread.ofVirtual().name(name).start(this::carry);
  }

  /// Takes a copy of the bytes; they are dropped when the listener is gone.
  void offer(Stream stream, byte[] bytes, int offset, int length) {
    lock.lock();
    try {
      if (!ended) {
        if (waitingBytes < BOUND && waitingBytes + length >= BOUND) {
          progressNanos = System.nanoTime(); // the time to stall begins when it is full
        }
        chunks.add(new Chunk(stream, Arrays.copyOfRange(bytes, offset, offset + length)));
        waitingBytes += length;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean full() {
    lock.lock();
    try {
      return waitingBytes >= BOUND && !ended;
    } finally {
      lock.unlock();
    }
  }

  /// Whether it is full, and its listener took nothing for too long.
  boolean stalled() {
    return full()
        && System.nanoTime() - progressNanos > TimeUnit.MILLISECONDS.toNanos(STALL_MILLIS);
  }

  /// Says that there will be no more; what waits is still delivered.
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Drops what waits, and ends.
  void cut() {
    lock.lock();
    try {
      ended = true;
      chunks.clear();
      waitingBytes = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Blocks until everything was delivered, or the sink failed.
  void awaitFinished() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!finished) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void carry() {
    try {
      while (true) {
        Chunk chunk = next();
        if (chunk == null) {
          return;
        }
        sink.accept(chunk.stream, chunk.bytes, 0, chunk.bytes.length);
        took(chunk.bytes.length);
      }
    } catch (IOException | InterruptedException _) { // the listener is gone: so is its queue
      cut();
    } finally {
      lock.lock();
      try {
        ended = true;
        finished = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      drained.run();
    }
  }

  private @org.jspecify.annotations.Nullable Chunk next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (chunks.isEmpty()) {
        if (ended) {
          return null;
        }
        changed.await();
      }
      return chunks.poll();
    } finally {
      lock.unlock();
    }
  }

  private void took(int count) {
    boolean hasRoom;
    lock.lock();
    try {
      boolean wasFull = waitingBytes >= BOUND;
      waitingBytes = Math.max(0, waitingBytes - count);
      progressNanos = System.nanoTime();
      hasRoom = wasFull && waitingBytes < BOUND;
    } finally {
      lock.unlock();
    }
    if (hasRoom) {
      drained.run();
    }
  }
}
