package gantry.linux.event;

import gantry.linux.Fd;

/// A descriptor's place in an [EventLoop], until it is closed; close it before the descriptor.
public final class Registration implements AutoCloseable {
  /// What is called on the loop's thread when the descriptor is ready. It must not block.
  @FunctionalInterface
  public interface Handler {
    void ready(Readiness readiness);
  }

  private final EventLoop loop;
  private final long id;
  private final Fd fd;
  private final Trigger trigger;
  private final Handler handler;
  private boolean closed;

  Registration(EventLoop loop, long id, Fd fd, Trigger trigger, Handler handler) {
    this.loop = loop;
    this.id = id;
    this.fd = fd;
    this.trigger = trigger;
    this.handler = handler;
  }

  long id() {
    return id;
  }

  Fd fd() {
    return fd;
  }

  /// Waits for something else from now on: bits of [Readiness], 0 for errors only. Arms a
  /// [Trigger#ONE_SHOT] again, and makes an [Trigger#EDGE] tell again what is already there. Does
  /// nothing once closed.
  public synchronized void change(int interest) {
    if (!closed) {
      loop.modify(this, interest | trigger.bits());
    }
  }

  /// Ends it. When this returns no call of the handler is under way and none comes any more, unless
  /// the handler itself closes. So the caller must hold no lock that the handler takes.
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      loop.remove(this);
    }
  }

  /// On the loop's thread.
  synchronized void dispatch(int bits) {
    if (closed) {
      return;
    }
    if (trigger == Trigger.ONCE) {
      close();
    }
    handler.ready(new Readiness(bits));
  }
}
