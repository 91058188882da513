package gantry.linux.process;

import gantry.linux.Fd;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// Runs something in other namespaces: on a platform thread made for it, which enters them, runs it
/// and dies, so that no other task ever finds itself there. The caller waits.
///
/// User and PID namespaces cannot be entered by a thread of a process with several threads, or have
/// no effect on it: these are for processes.
public final class NamespaceThread {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private NamespaceThread() {}

  /// What is run there.
  @FunctionalInterface
  public interface Task<T, X extends Exception> {
    T call() throws X;
  }

  /// Runs `task` in new namespaces of these kinds; they vanish when nothing holds them. A new mount
  /// namespace is made a slave of the old one by nobody but the task.
  public static <T, X extends Exception> T unshared(Set<Namespace> kinds, Task<T, X> task)
      throws X {
    return run(() -> Namespace.unshare(kinds), task);
  }

  /// Runs `task` in existing namespaces.
  public static <T, X extends Exception> T in(
      Map<Namespace, ? extends Fd> namespaces, Task<T, X> task) throws X {
    return run(() -> namespaces.forEach(Namespace::enter), task);
  }

  /// Runs `task` in an existing namespace.
  public static <T, X extends Exception> T in(Namespace kind, Fd namespace, Task<T, X> task)
      throws X {
    return run(() -> kind.enter(namespace), task);
  }

  /// Runs `task` as who creates files for this user and group, with all the rights of this process:
  /// a file system whose ids are mapped has no place for what our own user would make there.
  public static <T, X extends Exception> T owning(int uid, int gid, Task<T, X> task) throws X {
    return run(() -> ThisThread.ownFilesAs(uid, gid), task);
  }

  /// Both at once: in a new mount namespace, from which nothing is seen outside, creating files for
  /// this user and group.
  public static <T, X extends Exception> T apartOwning(int uid, int gid, Task<T, X> task) throws X {
    return run(
        () -> {
          Namespace.unshare(Set.of(Namespace.MOUNT));
          ThisThread.ownFilesAs(uid, gid);
        },
        task);
  }

  private static <T, X extends Exception> T run(Runnable enter, Task<T, X> task) throws X {
    Outcome<T, X> outcome = new Outcome<>(enter, task);
    Thread thread =
        Thread.ofPlatform().name("namespace-" + COUNT.incrementAndGet()).daemon().start(outcome);
    joinUninterrupted(thread);
    return outcome.result();
  }

  /// Goes on waiting through interrupts, as the task may hold what the caller must close; the flag
  /// is kept.
  private static void joinUninterrupted(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException _) { // told again below
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Outcome<T, X extends Exception> implements Runnable {
    private final Runnable enter;
    private final Task<T, X> task;
    private Optional<T> value = Optional.empty();
    private Optional<Throwable> failure = Optional.empty();

    Outcome(Runnable enter, Task<T, X> task) {
      this.enter = enter;
      this.task = task;
    }

    @Override
    public void run() {
      try {
        enter.run();
        value = Optional.of(task.call());
      } catch (Throwable e) { // rethrown by who waits
        failure = Optional.of(e);
      }
    }

    @SuppressWarnings("unchecked") // what task threw is an X, a RuntimeException or an Error
    T result() throws X {
      if (failure.isPresent()) {
        Throwable thrown = failure.get();
        if (thrown instanceof Error error) {
          throw error;
        }
        throw (X) thrown;
      }
      return value.orElseThrow();
    }
  }
}
