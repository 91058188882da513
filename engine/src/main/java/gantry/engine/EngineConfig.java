package gantry.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How one engine is set up: `daemon.json`, decoded.
///
/// @param dataRoot what survives a reboot: images, containers, the database
/// @param execRoot what does not: state of running containers
/// @param bundledImages folder of image archives that stand in for a registry
/// @param cgroupParent name of the group under which containers' groups are made
/// @param liveRestore whether containers go on running when the engine is closed
/// @param defaultRuntime name of the runtime of a container that asks for none
/// @param runtimes OCI runtime binaries by name, beside the built-in `gantry`, and `crun` and
///   `runc` where they are installed
/// @param bridge the default network
/// @param dns resolvers given to containers instead of the host's
/// @param labels labels of the engine, as `info` shows them
/// @param shutdownTimeoutSeconds how long a stopping engine waits for its containers
/// @param seccompProfile path of the default profile, when not the built-in one
/// @param defaultUlimits limits of containers that name none, by name
/// @param usernsRemap whose subordinate ids containers have instead of the host's: `default`,
///   `user`, `user:group`
/// @param cdiSpecDirs folders of files that describe devices for containers, the last counts most
public record EngineConfig(
    Path dataRoot,
    Path execRoot,
    Optional<Path> bundledImages,
    String cgroupParent,
    boolean liveRestore,
    String defaultRuntime,
    Map<String, RuntimeBinary> runtimes,
    BridgeConfig bridge,
    List<String> dns,
    List<String> dnsSearch,
    List<String> dnsOptions,
    List<String> labels,
    int shutdownTimeoutSeconds,
    Optional<Path> seccompProfile,
    Map<String, gantry.engine.container.Ulimit> defaultUlimits,
    long defaultShmSizeBytes,
    gantry.engine.container.LogConfig defaultLog,
    boolean init,
    boolean noNewPrivileges,
    List<Path> cdiSpecDirs,
    Optional<String> usernsRemap,
    boolean debug) {

  /// An OCI runtime on this machine.
  public record RuntimeBinary(String path, List<String> arguments) {}

  /// The default bridge, and what holds for all networks.
  ///
  /// @param name of its device
  /// @param enabled whether there is a default bridge
  /// @param address its own, with prefix length
  /// @param range part of its subnet that containers' addresses are from
  /// @param gateway where containers send what is for elsewhere, when not to the bridge
  /// @param addressPools of all networks: `base=10.10.0.0/16,size=24`; empty for the usual ones
  /// @param interContainer whether containers may speak to each other
  /// @param hostGateways what `host-gateway` stands for, when not the bridge's own addresses
  public record BridgeConfig(
      String name,
      boolean enabled,
      boolean ipv6,
      Optional<String> address,
      Optional<String> ipv6Address,
      Optional<String> range,
      Optional<String> ipv6Range,
      Optional<String> gateway,
      Optional<String> ipv6Gateway,
      List<String> addressPools,
      int mtu,
      boolean masquerade,
      boolean interContainer,
      List<String> hostGateways) {
    /// A bridge of this name about which nothing else is said.
    public static BridgeConfig named(String name) {
      return new BridgeConfig(
          name,
          true,
          false,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          1500,
          true,
          true,
          List.of());
    }

    /// The same without a default bridge.
    public BridgeConfig disabled() {
      return new BridgeConfig(
          name,
          false,
          ipv6,
          address,
          ipv6Address,
          range,
          ipv6Range,
          gateway,
          ipv6Gateway,
          addressPools,
          mtu,
          masquerade,
          interContainer,
          hostGateways);
    }
  }

  /// A config of which nothing is said yet but where everything is.
  public static EngineConfigBuilder builder(Path dataRoot, Path execRoot) {
    return new EngineConfigBuilder(dataRoot, execRoot);
  }

  /// The defaults, with everything under `dataRoot` and `execRoot`.
  public static EngineConfig of(Path dataRoot, Path execRoot) {
    return builder(dataRoot, execRoot).build();
  }

  /// The defaults for an engine whose containers end with it, with groups of its own.
  public static EngineConfig passing(Path dataRoot, Path execRoot, String cgroupParent) {
    return builder(dataRoot, execRoot).cgroupParent(cgroupParent).liveRestore(false).build();
  }

  /// The defaults for an engine that shares nothing with this one: all its files under `root`,
  /// groups of its own, no networks, no devices, and containers that end with it.
  public EngineConfig apart(Path root) {
    EngineConfigBuilder apart = builder(root.resolve("data"), root.resolve("exec"));
    return apart
        .cgroupParent(cgroupParent + "-" + root.getFileName())
        .liveRestore(false)
        .bridge(apart.build().bridge.disabled())
        .cdiSpecDirs(List.of())
        .build();
  }
}
