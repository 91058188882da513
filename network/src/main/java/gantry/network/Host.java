package gantry.network;

import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import java.util.Optional;
import java.util.concurrent.Callable;

/// The machine's side of the networks: the namespace in which bridges are, and its devices.
final class Host implements AutoCloseable {
  private final Optional<NetworkNamespace> namespace;
  private final RouteSocket devices;

  private Host(Optional<NetworkNamespace> namespace, RouteSocket devices) {
    this.namespace = namespace;
    this.devices = devices;
  }

  /// This process's own namespace, or another, which stays its owner's.
  static Host open(Optional<NetworkNamespace> namespace) {
    RouteSocket devices = namespace.map(RouteSocket::openIn).orElseGet(RouteSocket::open);
    return new Host(namespace, devices);
  }

  RouteSocket devices() {
    return devices;
  }

  /// Runs `work` on a thread that is in the namespace.
  <T> T call(Callable<T> work) {
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

  @Override
  public void close() {
    devices.close();
  }
}
