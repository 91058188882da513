package gantry.engine.local;

import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.network.AddressPool;
import gantry.network.IpAddress;
import gantry.network.NetworkConfig;
import gantry.network.NetworkSpec;
import gantry.network.Subnet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The engine's configuration, as the networks have it.
final class NetworkSettings {
  private NetworkSettings() {}

  static NetworkConfig of(EngineConfig config) {
    EngineConfig.BridgeConfig bridge = config.bridge();
    NetworkConfig standard = NetworkConfig.of(config.execRoot());
    boolean usualName = bridge.name().equals("gantry0");
    try {
      return standard
          .withBridge(
              new NetworkConfig.DefaultBridge(
                  usualName ? standard.bridge().device() : bridge.name(),
                  bridge.enabled(),
                  bridge.ipv6(),
                  subnets(bridge),
                  bridge.mtu(),
                  bridge.masquerade(),
                  bridge.interContainer()))
          .withPools(pools(bridge));
    } catch (IllegalArgumentException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "the networks' configuration: " + e.getMessage(), e);
    }
  }

  /// Without a pool of IPv4 the usual ones.
  private static List<AddressPool> pools(EngineConfig.BridgeConfig bridge) {
    List<AddressPool> pools = new ArrayList<>();
    bridge.addressPools().forEach(pool -> pools.add(AddressPool.parse(pool)));
    if (pools.stream().allMatch(pool -> pool.base().ipv6())) {
      pools.addAll(AddressPool.DEFAULTS);
    }
    return pools;
  }

  private static List<NetworkSpec.Pool> subnets(EngineConfig.BridgeConfig bridge) {
    List<NetworkSpec.Pool> pools = new ArrayList<>();
    subnet(bridge.address(), bridge.range(), bridge.gateway()).ifPresent(pools::add);
    subnet(bridge.ipv6Address(), bridge.ipv6Range(), bridge.ipv6Gateway()).ifPresent(pools::add);
    return pools;
  }

  /// @param own the bridge's own address, which fixes the subnet
  /// @param range part of the subnet that containers' addresses are from, or all of it
  /// @param gateway where containers send what is for elsewhere, when not to the bridge
  private static Optional<NetworkSpec.Pool> subnet(
      Optional<String> own, Optional<String> range, Optional<String> gateway) {
    Optional<Subnet.Interface> address = own.map(Subnet.Interface::parse);
    Optional<Subnet> part = range.map(Subnet::parse);
    Optional<Subnet> subnet = address.map(Subnet.Interface::subnet).or(() -> part);
    if (subnet.isEmpty()) {
      return Optional.empty();
    }
    check(subnet.get(), part.stream().map(Subnet::base).toList(), "fixed-cidr");
    Optional<IpAddress> way = gateway.map(IpAddress::parse);
    check(subnet.get(), way.stream().toList(), "default-gateway");
    return Optional.of(
        new NetworkSpec.Pool(
            subnet.get(),
            part.filter(block -> !block.equals(subnet.get())),
            address.map(Subnet.Interface::address),
            way.map(
                    to ->
                        Map.of(
                            to.ipv6()
                                ? NetworkSpec.Pool.DEFAULT_GATEWAY_IPV6
                                : NetworkSpec.Pool.DEFAULT_GATEWAY,
                            to))
                .orElse(Map.of())));
  }

  private static void check(Subnet subnet, List<IpAddress> addresses, String setting) {
    for (IpAddress address : addresses) {
      if (!subnet.contains(address)) {
        throw new IllegalArgumentException(
            "%s %s is not in the bridge's subnet %s".formatted(setting, address, subnet));
      }
    }
  }
}
