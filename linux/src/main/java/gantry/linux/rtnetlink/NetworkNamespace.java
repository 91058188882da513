package gantry.linux.rtnetlink;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import gantry.linux.process.NamespaceThread.Task;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;

/// A network namespace, held by a descriptor: it lives as long as the descriptor is open, a process
/// or thread is in it, or a socket was opened in it.
///
/// A thread that changes its namespace would go on elsewhere with the wrong one, so each change is
/// made by a platform thread of its own that ends after.
public final class NetworkNamespace implements AutoCloseable {
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
    return NamespaceThread.unshared(
        Set.of(Namespace.NETWORK),
        () -> {
          NetworkNamespace namespace = current();
          try {
            return new Created<>(namespace, unchecked(first).call());
          } catch (RuntimeException | Error e) {
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
    return NamespaceThread.in(Namespace.NETWORK, fd, unchecked(work));
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

  /// The same namespace by a descriptor of its own.
  public NetworkNamespace copy() {
    return new NetworkNamespace(fd.duplicate());
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

  /// A checked exception comes back inside an unchecked one.
  private static <T> Task<T, RuntimeException> unchecked(Callable<T> work) {
    return () -> {
      try {
        return work.call();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new CompletionException(e);
      }
    };
  }
}
