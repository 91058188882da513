package gantry.network;

import gantry.linux.rtnetlink.NetworkNamespace;
import java.util.Optional;
import java.util.concurrent.Callable;

/// Where work is done that concerns a network namespace, such as opening a socket.
///
/// @param namespace empty for this process's own; stays its owner's
public record NamespaceWork(Optional<NetworkNamespace> namespace) {
  /// Runs `work` on a thread that is in the namespace.
  public <T> T call(Callable<T> work) {
    if (namespace.isPresent()) {
      return namespace.get().inside(work);
    }
    try {
      return work.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new NetworkException(String.valueOf(e.getMessage()), e);
    }
  }
}
