package gantry.network;

import gantry.linux.rtnetlink.NetworkNamespace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// How the networks of one engine are set up. Several engines on one machine differ in `bridge` and
/// `table`.
///
/// @param bridge device of the default network; a name of up to 15 characters
/// @param enabled whether there is a default network
/// @param ipv6 whether the default network has IPv6
/// @param subnets of the default network, with the bridge's own addresses; none to have them chosen
/// @param pools where subnets are taken from otherwise
/// @param mtu of the default network's devices
/// @param masquerade whether what containers send outside goes by the host's address
/// @param interContainer whether containers of the default network may speak to each other (`icc`)
/// @param table the one nftables table that the engine has
/// @param prepared how many sandboxes of a kind are kept ready
/// @param host the namespace that stands for the machine; empty for this process's own
public record NetworkConfig(
    String bridge,
    boolean enabled,
    boolean ipv6,
    List<NetworkSpec.Pool> subnets,
    List<AddressPool> pools,
    int mtu,
    boolean masquerade,
    boolean interContainer,
    String table,
    int prepared,
    Optional<NetworkNamespace> host) {
  private static final Path DEFAULT_EXEC_ROOT = Path.of("/run/gantry");
  private static final int DEFAULT_PREPARED = 12;

  public NetworkConfig {
    pools = List.copyOf(pools);
    subnets = List.copyOf(subnets);
    BridgeOptions.checkDevice(bridge);
    if (!table.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalArgumentException("invalid table name '%s'".formatted(table));
    }
    if (mtu < 68 || mtu > 65535) {
      throw new IllegalArgumentException("an MTU is 68 to 65535, not " + mtu);
    }
  }

  /// The defaults of an engine with this exec root: `gantry0` and `gantry` for the usual one, names
  /// of its own for any other.
  public static NetworkConfig of(Path execRoot) {
    boolean usual = execRoot.toAbsolutePath().normalize().equals(DEFAULT_EXEC_ROOT);
    String suffix = usual ? "" : suffix(execRoot);
    return new NetworkConfig(
        usual ? "gantry0" : "gantry-" + suffix,
        true,
        false,
        List.of(),
        AddressPool.DEFAULTS,
        1500,
        true,
        true,
        usual ? "gantry" : "gantry_" + suffix,
        DEFAULT_PREPARED,
        Optional.empty());
  }

  /// With another bridge device.
  public NetworkConfig withBridge(String value) {
    return new NetworkConfig(
        value,
        enabled,
        ipv6,
        subnets,
        pools,
        mtu,
        masquerade,
        interContainer,
        table,
        prepared,
        host);
  }

  /// With or without a default network.
  public NetworkConfig withEnabled(boolean value) {
    return new NetworkConfig(
        bridge,
        value,
        ipv6,
        subnets,
        pools,
        mtu,
        masquerade,
        interContainer,
        table,
        prepared,
        host);
  }

  /// With or without IPv6 in the default network.
  public NetworkConfig withIpv6(boolean value) {
    return new NetworkConfig(
        bridge,
        enabled,
        value,
        subnets,
        pools,
        mtu,
        masquerade,
        interContainer,
        table,
        prepared,
        host);
  }

  /// With subnets of the default network's own.
  public NetworkConfig withSubnets(List<NetworkSpec.Pool> value) {
    return new NetworkConfig(
        bridge,
        enabled,
        ipv6,
        value,
        pools,
        mtu,
        masquerade,
        interContainer,
        table,
        prepared,
        host);
  }

  /// With this address of the bridge, which fixes the subnet of its family (`bip`).
  public NetworkConfig withAddress(Optional<Subnet.Interface> value) {
    return withSubnets(
        value
            .map(own -> List.of(NetworkSpec.Pool.of(own.subnet()).withGateway(own.address())))
            .orElse(List.of()));
  }

  /// With other pools.
  public NetworkConfig withPools(List<AddressPool> value) {
    return new NetworkConfig(
        bridge,
        enabled,
        ipv6,
        subnets,
        value,
        mtu,
        masquerade,
        interContainer,
        table,
        prepared,
        host);
  }

  /// With another MTU.
  public NetworkConfig withMtu(int value) {
    return new NetworkConfig(
        bridge,
        enabled,
        ipv6,
        subnets,
        pools,
        value,
        masquerade,
        interContainer,
        table,
        prepared,
        host);
  }

  /// With or without translation of what goes outside.
  public NetworkConfig withMasquerade(boolean value) {
    return new NetworkConfig(
        bridge, enabled, ipv6, subnets, pools, mtu, value, interContainer, table, prepared, host);
  }

  /// With or without traffic between containers.
  public NetworkConfig withInterContainer(boolean value) {
    return new NetworkConfig(
        bridge, enabled, ipv6, subnets, pools, mtu, masquerade, value, table, prepared, host);
  }

  /// With another number of sandboxes kept ready.
  public NetworkConfig withPrepared(int value) {
    return new NetworkConfig(
        bridge, enabled, ipv6, subnets, pools, mtu, masquerade, interContainer, table, value, host);
  }

  /// In another namespace than the process's own, for tests.
  public NetworkConfig withHost(NetworkNamespace value) {
    return new NetworkConfig(
        bridge,
        enabled,
        ipv6,
        subnets,
        pools,
        mtu,
        masquerade,
        interContainer,
        table,
        prepared,
        Optional.of(value));
  }

  private static String suffix(Path execRoot) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  execRoot
                      .toAbsolutePath()
                      .normalize()
                      .toString()
                      .getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 3);
    } catch (NoSuchAlgorithmException impossible) { // every JDK has it
      throw new AssertionError(impossible);
    }
  }
}
