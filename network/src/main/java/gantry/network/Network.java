package gantry.network;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// A network that containers can be in.
///
/// @param id 64 hexadecimal digits
/// @param subnet what its containers' addresses are from; empty for `host` and `none`
/// @param gateway the host's own address in it
/// @param options driver options in Docker's names
public record Network(
    String id,
    String name,
    Driver driver,
    Instant created,
    Optional<Ipv4Subnet> subnet,
    Optional<Integer> gateway,
    Map<String, String> options,
    Map<String, String> labels) {
  public Network {
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
  }

  /// How a network is made.
  public enum Driver {
    BRIDGE("bridge"),
    HOST("host"),
    NONE("null");

    private final String dockerName;

    Driver(String dockerName) {
      this.dockerName = dockerName;
    }

    /// The name that Docker's API has for it.
    public String dockerName() {
      return dockerName;
    }
  }
}
