package gantry.engine.container;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// What a user asks for when creating a container, before the image's defaults are merged in; and,
/// merged, what the container then is ([ContainerView#spec]).
///
/// The parts follow what they are about: [Program], [Identity], [Isolation], [Resources].
///
/// @param name without leading slash; empty lets the engine make one up
/// @param image as the user wrote it
/// @param platform `os[/arch[/variant]]`
/// @param volumes paths at which anonymous volumes are made
/// @param exposedPorts `80/tcp`
/// @param networkEndpoints by network name, in the order given
/// @param annotations passed to the runtime
public record ContainerSpec(
    Optional<String> name,
    String image,
    Optional<String> platform,
    Program program,
    Identity identity,
    Isolation isolation,
    Resources resources,
    List<MountSpec> mounts,
    List<String> volumesFrom,
    List<String> volumes,
    List<String> exposedPorts,
    List<PortBinding> portBindings,
    boolean publishAllPorts,
    Map<String, EndpointSpec> networkEndpoints,
    Map<String, String> labels,
    Map<String, String> annotations,
    RestartPolicy restartPolicy,
    boolean autoRemove,
    LogConfig log,
    Optional<String> runtime,
    Optional<Healthcheck> healthcheck,
    Optional<String> stopSignal,
    OptionalInt stopTimeoutSeconds,
    Optional<String> volumeDriver) {

  /// Begins a spec for `image` in which nothing else is said.
  public static ContainerSpecBuilder builder(String image) {
    return new ContainerSpecBuilder(image);
  }

  /// A builder that begins with what this spec says.
  public ContainerSpecBuilder toBuilder() {
    return new ContainerSpecBuilder(this);
  }

  /// The program and how it is talked to. `command` and `entrypoint` empty: the image's.
  ///
  /// @param entrypoint present and empty: reset the image's
  /// @param environment `NAME=value`, or `NAME` to take a variable of the image away
  /// @param onBuild kept for `inspect` and `commit`
  public record Program(
      Optional<List<String>> entrypoint,
      Optional<List<String>> command,
      List<String> environment,
      String workingDirectory,
      String user,
      List<String> additionalGroups,
      boolean terminal,
      boolean openStdin,
      boolean stdinOnce,
      boolean attachStdin,
      boolean attachStdout,
      boolean attachStderr,
      TerminalSize terminalSize,
      boolean argsEscaped,
      List<String> onBuild,
      List<String> shell,
      Optional<Boolean> init) {}

  /// How the container and the world name each other.
  ///
  /// @param extraHosts `name:address`, address may be `host-gateway`
  public record Identity(
      String hostname,
      String domainname,
      List<String> extraHosts,
      List<String> dns,
      List<String> dnsSearch,
      List<String> dnsOptions,
      Optional<String> macAddress,
      List<String> links,
      boolean networkDisabled) {}

  /// Namespaces, rights and the root file system.
  ///
  /// @param networkMode `bridge`, `none`, `host`, `container:<id>` or a network's name
  /// @param pidMode empty for private, `host`, `container:<id>`
  /// @param ipcMode empty for the default (private), `private`, `shareable`, `host`, `none`,
  ///   `container:<id>`
  /// @param utsMode empty or `host`
  /// @param cgroupMode empty for the default, `private` or `host`
  /// @param maskedPaths empty Optional: the default ones; empty list: none
  /// @param securityOptions as in the API: `seccomp=…` (a whole profile as JSON), `apparmor=…`,
  ///   `label=…`, `no-new-privileges`, `systempaths=unconfined`
  public record Isolation(
      String networkMode,
      String pidMode,
      String ipcMode,
      String utsMode,
      String usernsMode,
      String cgroupMode,
      String cgroupParent,
      boolean privileged,
      boolean readOnlyRootfs,
      List<String> capabilitiesAdded,
      List<String> capabilitiesDropped,
      List<String> securityOptions,
      Optional<List<String>> maskedPaths,
      Optional<List<String>> readOnlyPaths,
      Map<String, String> sysctls,
      Map<String, String> storageOptions,
      Map<String, String> tmpfs,
      OptionalInt oomScoreAdj,
      Optional<Long> shmSizeBytes) {}
}
