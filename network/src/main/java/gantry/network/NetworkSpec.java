package gantry.network;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What is asked of a network.
///
/// @param ipv4 whether containers get addresses of IPv4
/// @param internal whether it leads nowhere else
/// @param attachable kept for those who look at it: here every network is
/// @param configOnly whether it is no network but the settings of others
/// @param configFrom name of the network that its settings are from; empty for its own
/// @param pools at most one of each family in use; none to have them chosen
/// @param ipamOptions kept for those who look at them
/// @param options driver options in Docker's names
public record NetworkSpec(
    String name,
    Network.Driver driver,
    boolean ipv4,
    boolean ipv6,
    boolean internal,
    boolean attachable,
    boolean configOnly,
    String configFrom,
    List<Pool> pools,
    Map<String, String> ipamOptions,
    Map<String, String> options,
    Map<String, String> labels) {
  private static final Set<String> PREDEFINED = Set.of("bridge", "host", "none");

  public NetworkSpec {
    pools = List.copyOf(pools);
    ipamOptions = Map.copyOf(ipamOptions);
    options = Map.copyOf(options);
    labels = Map.copyOf(labels);
  }

  /// A network about which nothing else is said.
  public static NetworkSpec of(String name, Network.Driver driver) {
    return new NetworkSpec(
        name, driver, true, false, false, false, false, "", List.of(), Map.of(), Map.of(),
        Map.of());
  }

  /// Where addresses are from.
  ///
  /// @param range part of the subnet that they are handed out from
  /// @param gateway the host's own address in it
  /// @param auxiliary addresses that nobody gets, by name
  public record Pool(
      Subnet subnet,
      Optional<Subnet> range,
      Optional<IpAddress> gateway,
      Map<String, IpAddress> auxiliary) {
    /// Name of the auxiliary address that containers send to what is for elsewhere, in the place of
    /// the host's own: Docker's.
    public static final String DEFAULT_GATEWAY = "DefaultGatewayIPv4";

    /// The same of IPv6.
    public static final String DEFAULT_GATEWAY_IPV6 = "DefaultGatewayIPv6";

    public Pool {
      auxiliary = Map.copyOf(auxiliary);
    }

    /// A subnet about which nothing else is said.
    public static Pool of(Subnet subnet) {
      return new Pool(subnet, Optional.empty(), Optional.empty(), Map.of());
    }

    /// Where containers send what is for elsewhere.
    public Optional<IpAddress> way() {
      String name = subnet.ipv6() ? DEFAULT_GATEWAY_IPV6 : DEFAULT_GATEWAY;
      return Optional.ofNullable(auxiliary.get(name)).or(() -> gateway);
    }

    /// With the host's own address.
    public Pool withGateway(IpAddress address) {
      return new Pool(subnet, range, Optional.of(address), auxiliary);
    }
  }

  /// The same with other driver options.
  public NetworkSpec withOptions(Map<String, String> value) {
    return with(ipv4, ipv6, internal, pools, value);
  }

  /// The same with other families and pools.
  public NetworkSpec withPools(boolean hasIpv4, boolean hasIpv6, List<Pool> value) {
    return with(hasIpv4, hasIpv6, internal, value, options);
  }

  /// The same, leading nowhere else.
  public NetworkSpec inside() {
    return with(ipv4, ipv6, true, pools, options);
  }

  private NetworkSpec with(
      boolean hasIpv4,
      boolean hasIpv6,
      boolean leadsNowhere,
      List<Pool> from,
      Map<String, String> driverOptions) {
    return new NetworkSpec(
        name,
        driver,
        hasIpv4,
        hasIpv6,
        leadsNowhere,
        attachable,
        configOnly,
        configFrom,
        from,
        ipamOptions,
        driverOptions,
        labels);
  }

  /// Whether a network of this name is always there.
  public boolean predefined() {
    return PREDEFINED.contains(name);
  }
}
