package gantry.network;

import gantry.linux.rtnetlink.NetworkNamespace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// How the networks of one engine are set up. Several engines on one machine differ in the bridge's
/// device and in `table`.
///
/// @param bridge the default network
/// @param pools where subnets are taken from otherwise; without one of IPv6 the engine has its own
/// @param table the one nftables table that the engine has
/// @param prepared how many sandboxes of a kind are kept ready
/// @param host the namespace that stands for the machine; empty for this process's own
public record NetworkConfig(
    DefaultBridge bridge,
    List<AddressPool> pools,
    String table,
    int prepared,
    Optional<NetworkNamespace> host) {
  private static final Path DEFAULT_EXEC_ROOT = Path.of("/run/gantry");
  private static final int DEFAULT_PREPARED = 12;

  /// The network `bridge`.
  ///
  /// @param device its name, of up to 15 characters
  /// @param enabled whether there is a default network
  /// @param ipv6 whether it has IPv6
  /// @param subnets with the bridge's own addresses; none to have them chosen
  /// @param mtu of its devices, 68 to 65535 bytes
  /// @param masquerade whether what containers send outside goes by the host's address
  /// @param interContainer whether its containers may speak to each other (`icc`)
  public record DefaultBridge(
      String device,
      boolean enabled,
      boolean ipv6,
      List<NetworkSpec.Pool> subnets,
      int mtu,
      boolean masquerade,
      boolean interContainer) {
    public DefaultBridge {
      subnets = List.copyOf(subnets);
      BridgeOptions.checkDevice(device);
      if (mtu < 68 || mtu > 65535) {
        throw new IllegalArgumentException("an MTU is 68 to 65535, not " + mtu);
      }
    }

    /// The usual one with this device.
    public static DefaultBridge of(String device) {
      return new DefaultBridge(device, true, false, List.of(), 1500, true, true);
    }
  }

  public NetworkConfig {
    pools = List.copyOf(pools);
    if (!table.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalArgumentException("invalid table name '%s'".formatted(table));
    }
  }

  /// The defaults of an engine with this exec root: `gantry0` and `gantry` for the usual one, names
  /// of its own for any other.
  public static NetworkConfig of(Path execRoot) {
    boolean usual = execRoot.toAbsolutePath().normalize().equals(DEFAULT_EXEC_ROOT);
    String suffix = usual ? "" : suffix(execRoot);
    return new NetworkConfig(
        DefaultBridge.of(usual ? "gantry0" : "gantry-" + suffix),
        AddressPool.DEFAULTS,
        usual ? "gantry" : "gantry_" + suffix,
        DEFAULT_PREPARED,
        Optional.empty());
  }

  /// With another default network.
  public NetworkConfig withBridge(DefaultBridge value) {
    return new NetworkConfig(value, pools, table, prepared, host);
  }

  /// With other pools.
  public NetworkConfig withPools(List<AddressPool> value) {
    return new NetworkConfig(bridge, value, table, prepared, host);
  }

  /// With another number of sandboxes kept ready.
  public NetworkConfig withPrepared(int value) {
    return new NetworkConfig(bridge, pools, table, value, host);
  }

  /// In another namespace than the process's own, for tests.
  public NetworkConfig withHost(NetworkNamespace value) {
    return new NetworkConfig(bridge, pools, table, prepared, Optional.of(value));
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
