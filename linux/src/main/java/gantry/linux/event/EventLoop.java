package gantry.linux.event;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Arch;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.EventFd;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Waits for any number of descriptors on one platform thread and calls their handlers there, one
/// after the other.
///
/// - Registering, changing and closing a [Registration] work from every thread, take effect at once
///   and do not wake the loop.
/// - Handlers run on the loop's thread and must not block. A task for that thread is given to
///   [#execute]; tasks run in order, between handlers.
/// - A handler that throws loses its registration, so that it cannot make the loop spin; the
///   failure goes to the consumer given at the start.
///
/// Registrations are known to the kernel by numbers that are never used again: an event that was
/// under way when its registration ended meets nobody, also if the descriptor's number has a new
/// owner.
public final class EventLoop implements Executor, AutoCloseable {
  private static final int EPOLL_CLOEXEC = 0x80000; // linux/eventpoll.h
  private static final int CTL_ADD = 1;
  private static final int CTL_DEL = 2;
  private static final int CTL_MOD = 3;
  // struct epoll_event is packed on x86-64 alone
  private static final int EVENT_SIZE = Arch.pick(12, 16);
  private static final int EVENT_DATA = Arch.pick(4, 8);
  private static final int EVENTS = 128;
  private static final long WAKE_UP = 0;

  private final OwnedFd epoll;
  private final EventFd wakeUp;
  private final Thread thread;
  private final Consumer<Throwable> failures;
  private final Map<Long, Registration> registrations = new ConcurrentHashMap<>();
  private final Map<Long, CompletableFuture<Readiness>> awaited = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicLong lastId = new AtomicLong(WAKE_UP);
  private final AtomicBoolean closing = new AtomicBoolean();
  // Held while the loop's own descriptors are used or closed, but by the loop itself, which closes
  // them.
  private final Object descriptors = new Object();

  private EventLoop(String name, OwnedFd epoll, EventFd wakeUp, Consumer<Throwable> failures) {
    this.epoll = epoll;
    this.wakeUp = wakeUp;
    this.failures = failures;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  /// Starts a loop on a thread of this name. `failures` gets what handlers and tasks throw, on that
  /// thread.
  public static EventLoop start(String name, Consumer<Throwable> failures) {
    try (Frame frame = Frame.open()) {
      OwnedFd epoll =
          OwnedFd.adopt(frame.call(Sys.EPOLL_CREATE1, EPOLL_CLOEXEC), "epoll_create1", name);
      EventLoop loop = new EventLoop(name, epoll, EventFd.open(), failures);
      loop.control(CTL_ADD, loop.wakeUp, Readiness.READABLE, WAKE_UP);
      loop.thread.start();
      return loop;
    }
  }

  /// Calls `handler` whenever `fd` is ready for `interest`, bits of [Readiness]. The descriptor
  /// stays the caller's and is in one registration of a loop at a time; regular files cannot be
  /// waited for (`EPERM`).
  public Registration register(Fd fd, int interest, Trigger trigger, Registration.Handler handler) {
    long id = lastId.incrementAndGet();
    Registration registration = new Registration(this, id, fd, trigger, handler);
    registrations.put(id, registration); // before the kernel knows of it: events may come at once
    try {
      control(CTL_ADD, fd, interest | trigger.bits(), id);
    } catch (RuntimeException e) {
      registrations.remove(id);
      throw e;
    }
    return registration;
  }

  /// A future that is completed, on the loop's thread, when `fd` is ready for `interest` for the
  /// first time. Cancel it before the descriptor is closed early. It is cancelled when the loop
  /// ends.
  public CompletableFuture<Readiness> whenReady(Fd fd, int interest) {
    CompletableFuture<Readiness> future = new CompletableFuture<>();
    Registration registration = register(fd, interest, Trigger.ONCE, future::complete);
    awaited.put(registration.id(), future);
    var _ =
        future.whenComplete(
            (readiness, failure) -> {
              awaited.remove(registration.id());
              registration.close();
            });
    if (closing.get()) {
      future.cancel(false);
    }
    return future;
  }

  /// Runs `task` on the loop's thread, soon. Dropped if the loop has ended.
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (!onThread()) {
      wake();
    }
  }

  /// Whether the calling thread is the loop's own.
  public boolean onThread() {
    return Thread.currentThread() == thread;
  }

  /// Ends the loop: handlers are called no more, futures are cancelled. Waits for the handler that
  /// is running, unless that is who calls.
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    wake();
    if (!onThread()) {
      joinThread();
    }
    awaited.values().forEach(future -> future.cancel(false));
  }

  private void joinThread() {
    try {
      thread.join();
    } catch (InterruptedException _) { // it ends all the same
      Thread.currentThread().interrupt();
    }
  }

  private void wake() {
    synchronized (descriptors) {
      if (!wakeUp.closed()) {
        wakeUp.signal();
      }
    }
  }

  private void run() {
    try (Frame frame = Frame.open()) {
      MemorySegment events = frame.uninitialised((long) EVENTS * EVENT_SIZE);
      while (!closing.get()) {
        int count = await(frame, events);
        for (int i = 0; i < count && !closing.get(); i++) {
          long event = (long) i * EVENT_SIZE;
          dispatch(
              events.get(JAVA_LONG_UNALIGNED, event + EVENT_DATA), events.get(JAVA_INT, event));
        }
        runTasks();
      }
    } finally {
      synchronized (descriptors) {
        epoll.close();
        wakeUp.close();
      }
    }
  }

  /// Waits unless tasks are there already: one that a handler added woke nobody.
  private int await(Frame frame, MemorySegment events) {
    int timeout = tasks.isEmpty() ? -1 : 0;
    long result =
        frame.repeat(Sys.EPOLL_PWAIT, epoll.value(), events.address(), EVENTS, timeout, 0, 8);
    return (int) check(result, "epoll_pwait", thread.getName());
  }

  private void dispatch(long id, int bits) {
    if (id == WAKE_UP) {
      wakeUp.drain();
      return;
    }
    Registration registration = registrations.get(id);
    if (registration == null) {
      return; // ended while the event was under way
    }
    try {
      registration.dispatch(bits);
    } catch (Throwable e) { // nobody is left to throw to, and the others must be served
      registration.close();
      failures.accept(e);
    }
  }

  private void runTasks() {
    Runnable task = tasks.poll();
    while (task != null && !closing.get()) {
      try {
        task.run();
      } catch (Throwable e) { // as above
        failures.accept(e);
      }
      task = tasks.poll();
    }
  }

  void modify(Registration registration, int bits) {
    control(CTL_MOD, registration.fd(), bits, registration.id());
  }

  void remove(Registration registration) {
    registrations.remove(registration.id());
    int number;
    try {
      number = registration.fd().value();
    } catch (
        IllegalStateException
            _) { // closed first: out of the set already, and the number may be another's
      return;
    }
    synchronized (descriptors) {
      if (epoll.closed()) {
        return;
      }
      try (Frame frame = Frame.open()) {
        long result = frame.call(Sys.EPOLL_CTL, epoll.value(), CTL_DEL, number, 0);
        if (result != -Errno.ENOENT.number() && result != -Errno.EBADF.number()) {
          check(result, "epoll_ctl", registration.fd().procPath());
        }
      }
    }
  }

  private void control(int operation, Fd fd, int bits, long id) {
    synchronized (descriptors) {
      if (epoll.closed()) {
        return; // nobody will be called any more
      }
      try (Frame frame = Frame.open()) {
        MemorySegment event = frame.uninitialised(EVENT_SIZE);
        event.set(JAVA_INT, 0, bits);
        event.set(JAVA_LONG_UNALIGNED, EVENT_DATA, id);
        long result =
            frame.call(Sys.EPOLL_CTL, epoll.value(), operation, fd.value(), event.address());
        if (result < 0) {
          check(result, "epoll_ctl", fd.procPath());
        }
      }
    }
  }
}
