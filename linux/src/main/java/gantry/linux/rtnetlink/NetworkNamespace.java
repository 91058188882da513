package gantry.linux.rtnetlink;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// A network namespace, held by a descriptor: it lives as long as the descriptor is open, a process
/// or thread is in it, or a socket was opened in it.
///
/// A thread that changes its namespace would go on elsewhere with the wrong one, so each change is
/// made by a platform thread of its own that ends after.
public final class NetworkNamespace implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x40000000; // linux/sched.h
  private static final String OWN = "/proc/thread-self/ns/net";

  private final OwnedFd fd;

  private NetworkNamespace(OwnedFd fd) {
    this.fd = fd;
  }

  /// Takes ownership of a descriptor of `/proc/<pid>/ns/net`.
  public static NetworkNamespace adopt(OwnedFd fd) {
    return new NetworkNamespace(fd);
  }

  /// The namespace of the calling thread.
  public static NetworkNamespace current() {
    return open(OWN);
  }

  /// The namespace of a process.
  ///
  /// @throws SyscallException with ENOENT or ESRCH when the process is gone
  public static NetworkNamespace ofProcess(long pid) {
    return open("/proc/" + pid + "/ns/net");
  }

  /// A new namespace: nothing but a loopback device that is down.
  public static NetworkNamespace create() {
    return create(() -> true).namespace();
  }

  /// A new namespace, and what `first` found or made while it ran in it.
  public static <T> Created<T> create(Callable<T> first) {
    return onThread(
        "netns-new",
        () -> {
          try (Frame frame = Frame.open()) {
            SyscallException.check(
                frame.call(Sys.UNSHARE, CLONE_NEWNET), "unshare", "CLONE_NEWNET");
          }
          NetworkNamespace namespace = current();
          try {
            return new Created<>(namespace, first.call());
          } catch (Exception | Error e) {
            namespace.close();
            throw e;
          }
        });
  }

  /// What [#create] made.
  public record Created<T>(NetworkNamespace namespace, T value) {}

  /// Runs `work` on a thread that is in this namespace, and returns its result. An exception comes
  /// back as it is when unchecked, else inside a [CompletionException].
  public <T> T inside(Callable<T> work) {
    return onThread(
        "netns-" + fd.value(),
        () -> {
          enter();
          return work.call();
        });
  }

  /// Moves the calling thread into this namespace for good: for threads that were made for it.
  public void enter() {
    try (Frame frame = Frame.open()) {
      SyscallException.check(
          frame.call(Sys.SETNS, fd.value(), CLONE_NEWNET), "setns", "network namespace");
    }
  }

  /// Whether a process is in this very namespace.
  public boolean holds(long pid) {
    try (NetworkNamespace other = ofProcess(pid)) {
      return At.stat(other.fd).sameFile(At.stat(fd));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }

  /// The descriptor, for setns(2) and for links that go there. It stays owned here.
  public Fd fd() {
    return fd;
  }

  /// Gives the descriptor away.
  public OwnedFd release() {
    return OwnedFd.adopt(fd.release());
  }

  @Override
  public void close() {
    fd.close();
  }

  private static NetworkNamespace open(String path) {
    return new NetworkNamespace(At.open(Fd.CWD, path, OpenFlags.O_RDONLY));
  }

  private static <T> T onThread(String name, Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .name(name)
        .daemon()
        .start(
            () -> {
              try {
                result.complete(work.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }
}
