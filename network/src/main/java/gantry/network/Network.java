package gantry.network;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A network that containers can be in.
///
/// @param id 64 hexadecimal digits
/// @param spec what was asked for
/// @param pools where its containers' addresses are from, each with its gateway: those asked for,
///   and those chosen for the families of which none was
/// @param device of this host that ties its containers together; empty for `host` and `none`
public record Network(
    String id, Instant created, NetworkSpec spec, List<NetworkSpec.Pool> pools, String device) {
  public Network {
    pools = List.copyOf(pools);
  }

  public String name() {
    return spec.name();
  }

  public Driver driver() {
    return spec.driver();
  }

  /// Whether names are resolved in it: not in the default network, as in Docker's.
  public boolean resolvesNames() {
    return (driver() == Driver.BRIDGE || driver().parented()) && !predefined();
  }

  /// Whether it is always there.
  public boolean predefined() {
    return spec.predefined();
  }

  /// The pool of IPv4 or IPv6.
  public Optional<NetworkSpec.Pool> pool(boolean ipv6) {
    return pools.stream().filter(pool -> pool.subnet().ipv6() == ipv6).findFirst();
  }

  public Optional<Subnet> subnet(boolean ipv6) {
    return pool(ipv6).map(NetworkSpec.Pool::subnet);
  }

  public Optional<IpAddress> gateway(boolean ipv6) {
    return pool(ipv6).flatMap(NetworkSpec.Pool::gateway);
  }

  /// How a network is made.
  public enum Driver {
    BRIDGE("bridge"),
    MACVLAN("macvlan"),
    IPVLAN("ipvlan"),
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

    /// The driver that Docker's API calls so.
    public static Optional<Driver> named(String dockerName) {
      return List.of(values()).stream()
          .filter(driver -> driver.dockerName.equals(dockerName))
          .findFirst();
    }

    /// Whether its containers' devices hang on a device of the host's.
    public boolean parented() {
      return this == MACVLAN || this == IPVLAN;
    }
  }
}
