package gantry.network;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import java.util.List;

/// A network namespace that is ready for a container: loopback is up and, on networks, `eth0` and
/// so on with their addresses and a default route. Ports below 1024 and ping need no right in it,
/// as in Docker's.
///
/// Owned by whoever got it: closed once the container's process is in it, which then keeps it
/// alive; or closed because there will be no such process, and then it vanishes with all that is in
/// it (the endpoint must still be given back, see [Networks#release]).
///
/// @param endpoints see [Networks#endpoints(String)]; none for a sandbox with nothing but loopback
public record Sandbox(OwnedFd namespace, List<Endpoint> endpoints) implements AutoCloseable {
  /// The descriptor that the container's process enters.
  public Fd fd() {
    return namespace;
  }

  @Override
  public void close() {
    namespace.close();
  }
}
