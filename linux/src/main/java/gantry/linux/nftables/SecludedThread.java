package gantry.linux.nftables;

import static gantry.linux.SyscallException.check;

import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// A thread whose table of descriptors is its own: the standard ones, the virtual machine's file of
/// classes, which it reads on whatever thread needs one, and what the thread opens itself. Nothing
/// else is copied into it, as a copy would keep pipes and connections from ending that everybody
/// else has closed.
///
/// It hands results over by monitors alone. The virtual machine has a thread that wakes those who
/// wait in a monitor; to unpark a virtual thread from here could start a carrier of virtual threads
/// as this one's child, which would share this table, and this network namespace, for good.
///
/// Jars cannot be read here: classes that its work needs are loaded before, or the JDK's.
final class SecludedThread implements AutoCloseable {
  private static final int FIRST = 3; // behind the standard ones
  private static final int LAST = -1; // as unsigned, the highest
  private static final int CLASSES = classes();
  private static final int CLOSE_RANGE_UNSHARE = 2; // linux/close_range.h, since 5.9

  private final Deque<Task<?>> tasks = new ArrayDeque<>(); // guarded by this
  private boolean closed; // guarded by this
  private final Thread thread;

  private SecludedThread() {
    thread = Thread.ofPlatform().daemon().name("nftables").unstarted(this::work);
  }

  /// Starts one in the network namespace of the calling thread.
  static SecludedThread start() {
    SecludedThread secluded = new SecludedThread();
    secluded.thread.start();
    try {
      boolean _ = secluded.call(SecludedThread::seclude);
      return secluded;
    } catch (RuntimeException | Error e) {
      secluded.close();
      throw e;
    }
  }

  /// The kernel copies nothing that is to be closed.
  private static boolean seclude() {
    try (Frame frame = Frame.open()) {
      check(
          frame.call(Sys.CLOSE_RANGE, CLASSES + 1, LAST, CLOSE_RANGE_UNSHARE),
          "close_range",
          "CLOSE_RANGE_UNSHARE");
      if (CLASSES > FIRST) {
        check(frame.call(Sys.CLOSE_RANGE, FIRST, CLASSES - 1, 0), "close_range", "");
      }
      return true;
    }
  }

  /// The descriptor of the JDK's file of classes, a low one, as it is opened first; without such a
  /// file the last standard one.
  private static int classes() {
    Path modules = Path.of(System.getProperty("java.home"), "lib", "modules");
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      Path file = modules.toRealPath();
      return open.filter(fd -> leadsTo(fd, file))
          .mapToInt(fd -> Integer.parseInt(fd.getFileName().toString()))
          .min()
          .orElse(FIRST - 1);
    } catch (NoSuchFileException _) { // a virtual machine made otherwise
      return FIRST - 1;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list this process's descriptors", e);
    }
  }

  private static boolean leadsTo(Path fd, Path file) {
    try {
      return Files.readSymbolicLink(fd).equals(file);
    } catch (IOException _) { // closed since it was listed
      return false;
    }
  }

  /// Runs `work` there, and waits for its result.
  ///
  /// @throws IllegalStateException when it is closed
  <T> T call(Supplier<T> work) {
    Task<T> task = new Task<>(work);
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("the connection to the packet filter is closed");
      }
      tasks.add(task);
      notifyAll();
    }
    return task.result();
  }

  private void work() {
    for (Optional<Task<?>> task = next(); task.isPresent(); task = next()) {
      task.get().run();
    }
  }

  /// Empty when there will be none any more.
  private synchronized Optional<Task<?>> next() {
    awaitOn(this, () -> closed || !tasks.isEmpty());
    return Optional.ofNullable(tasks.poll());
  }

  /// Ends the thread when it has done what it was given. Idempotent.
  @Override
  public void close() {
    close(() -> {});
  }

  /// The same, with something to do at last; waits for it. Only the first call has it done.
  void close(Runnable last) {
    Task<Boolean> task =
        new Task<>(
            () -> {
              last.run();
              return true;
            });
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      tasks.add(task);
      notifyAll();
    }
    boolean _ = task.result();
  }

  private static final class Task<T> {
    private final Supplier<T> work;
    private Optional<T> value = Optional.empty(); // guarded by this
    private Optional<Throwable> failure = Optional.empty(); // guarded by this

    Task(Supplier<T> work) {
      this.work = work;
    }

    void run() {
      try {
        T result = work.get();
        synchronized (this) {
          value = Optional.of(result);
          notifyAll();
        }
      } catch (RuntimeException | Error e) {
        synchronized (this) {
          failure = Optional.of(e);
          notifyAll();
        }
      }
    }

    synchronized T result() {
      awaitOn(this, () -> value.isPresent() || failure.isPresent());
      if (failure.isPresent() && failure.get() instanceof RuntimeException e) {
        throw e;
      }
      if (failure.isPresent() && failure.get() instanceof Error e) {
        throw e;
      }
      return value.orElseThrow();
    }
  }

  /// Goes on waiting through interrupts, which are told again afterwards. Its monitor is held.
  private static void awaitOn(Object monitor, BooleanSupplier condition) {
    boolean interrupted = false;
    while (!condition.getAsBoolean()) {
      try {
        monitor.wait();
      } catch (InterruptedException _) { // told again below
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
