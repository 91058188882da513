package gantry.network;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Things made ahead of need by a thread of its own. When none is ready the taker makes one itself.
///
/// A failure to make one ahead of need is logged, and tried again after the next take; whoever
/// meets an empty pool makes one himself and sees the reason.
final class ReadyPool<T extends AutoCloseable> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadyPool.class);

  private final String name;
  private final int size;
  private final Callable<T> maker;
  private final Deque<T> ready = new ArrayDeque<>(); // guarded by itself
  private final Thread thread;
  private boolean failed; // guarded by ready: wait for a take
  private boolean closed; // guarded by ready

  private ReadyPool(String name, int size, Callable<T> maker) {
    this.name = name;
    this.size = size;
    this.maker = maker;
    thread = Thread.ofPlatform().name(name).daemon().unstarted(this::fill);
  }

  /// A pool that begins to fill.
  static <T extends AutoCloseable> ReadyPool<T> open(String name, int size, Callable<T> maker) {
    ReadyPool<T> pool = new ReadyPool<>(name, size, maker);
    pool.thread.start();
    return pool;
  }

  /// One that is ready, or one made now. The taker owns it.
  T take() {
    synchronized (ready) {
      if (closed) {
        throw new NetworkException("the networks are closed");
      }
      failed = false;
      ready.notifyAll();
      T first = ready.pollFirst();
      if (first != null) {
        return first;
      }
    }
    return make();
  }

  /// How many are ready.
  int readyCount() {
    synchronized (ready) {
      return ready.size();
    }
  }

  private void fill() {
    while (awaitNeed()) {
      try {
        put(make());
      } catch (RuntimeException e) {
        LOG.warn("{}: cannot make one ahead of need: {}", name, e.getMessage());
        synchronized (ready) {
          failed = true;
        }
      }
    }
  }

  /// Waits until one more is wanted; false when none will be any more.
  private boolean awaitNeed() {
    synchronized (ready) {
      while (!closed && (failed || ready.size() >= size)) {
        try {
          ready.wait();
        } catch (InterruptedException _) {
          closed = true; // nobody interrupts it but who wants it to end
        }
      }
      return !closed;
    }
  }

  private void put(T made) {
    synchronized (ready) {
      if (!closed && ready.size() < size) {
        ready.addLast(made);
        return;
      }
    }
    close(made);
  }

  private T make() {
    try {
      return maker.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new NetworkException(String.valueOf(e.getMessage()), e);
    }
  }

  /// Ends the thread and closes what is ready.
  @Override
  public void close() {
    List<T> left;
    synchronized (ready) {
      closed = true;
      left = new ArrayList<>(ready);
      ready.clear();
      ready.notifyAll();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true; // it ends within one making
      }
    }
    left.forEach(ReadyPool::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(AutoCloseable one) {
    try {
      one.close();
    } catch (Exception e) {
      LOG.warn("cannot close {}: {}", one, e.getMessage());
    }
  }
}
