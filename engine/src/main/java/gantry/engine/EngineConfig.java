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
    boolean debug) {

  /// An OCI runtime on this machine.
  public record RuntimeBinary(String path, List<String> arguments) {}

  /// The default bridge: its device's name, and its own address with prefix length when given.
  public record BridgeConfig(
      String name,
      Optional<String> address,
      List<String> addressPools,
      int mtu,
      boolean enabled,
      boolean masquerade) {}

  /// The defaults, with everything under `dataRoot` and `execRoot`.
  public static EngineConfig of(Path dataRoot, Path execRoot) {
    return new EngineConfig(
        dataRoot,
        execRoot,
        Optional.empty(),
        "gantry",
        true,
        "gantry",
        Map.of(),
        new BridgeConfig("gantry0", Optional.empty(), List.of(), 1500, true, true),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        15,
        Optional.empty(),
        Map.of(),
        64L << 20,
        new gantry.engine.container.LogConfig("json-file", Map.of()),
        false,
        false,
        false);
  }

  /// The defaults for an engine that shares nothing with this one: all its files under `root`,
  /// groups of its own, no networks, and containers that end with it.
  public EngineConfig apart(Path root) {
    EngineConfig unset = of(root.resolve("data"), root.resolve("exec"));
    return new EngineConfig(
        unset.dataRoot,
        unset.execRoot,
        Optional.empty(),
        cgroupParent + "-" + root.getFileName(),
        false,
        unset.defaultRuntime,
        unset.runtimes,
        new BridgeConfig(unset.bridge.name, Optional.empty(), List.of(), 1500, false, false),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        unset.shutdownTimeoutSeconds,
        Optional.empty(),
        Map.of(),
        unset.defaultShmSizeBytes,
        unset.defaultLog,
        false,
        false,
        false);
  }
}
