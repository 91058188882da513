package gantry.engine.container;

import gantry.oci.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A container at one moment: an immutable picture, read from memory, waiting for no lock.
///
/// @param id 64 hexadecimal characters
/// @param name without leading slash
/// @param imageId digest of the image's config
/// @param spec what was asked for, with the image's defaults merged in
/// @param path the executable, as `inspect` has it
/// @param arguments its arguments
/// @param logPath of the json-file log
/// @param publishedPorts each with the host's port that it got; none while the container does not
///   run
/// @param execIds execs that run
public record ContainerView(
    String id,
    String name,
    Instant created,
    Digest imageId,
    ContainerSpec spec,
    String path,
    List<String> arguments,
    State state,
    int restartCount,
    boolean manuallyStopped,
    List<MountPoint> mounts,
    Map<String, EndpointView> networks,
    Optional<String> networkNamespacePath,
    List<PortBinding> publishedPorts,
    String hostnamePath,
    String hostsPath,
    String resolvConfPath,
    Optional<String> logPath,
    String mountLabel,
    String processLabel,
    String appArmorProfile,
    List<String> execIds,
    Map<String, String> graphDriverData,
    String platformOs) {
  public ContainerView {
    publishedPorts = publishedPorts == null ? List.of() : List.copyOf(publishedPorts);
  }

  /// @param pid of the init process on the host; 0 when not running
  /// @param error why the last start failed; empty when it did not
  public record State(
      Status status,
      int pid,
      int exitCode,
      boolean oomKilled,
      String error,
      Optional<Instant> startedAt,
      Optional<Instant> finishedAt,
      Optional<Health> health) {
    public boolean running() {
      return status == Status.RUNNING || status == Status.PAUSED || (status == Status.RESTARTING);
    }
  }

  public record Health(String status, int failingStreak, List<Probe> log) {
    public record Probe(Instant start, Instant end, int exitCode, String output) {}
  }

  /// The names of its volumes.
  public List<String> volumeNames() {
    return mounts.stream()
        .filter(mount -> mount.type().equals("volume"))
        .map(MountPoint::name)
        .toList();
  }

  /// A mount as it is: `type` is `bind`, `volume`, `tmpfs` or `image`.
  public record MountPoint(
      String type,
      String name,
      String source,
      String destination,
      String driver,
      String mode,
      boolean writable,
      String propagation) {}

  /// A place in a network; addresses are empty while the container does not run.
  public record EndpointView(
      EndpointSpec spec,
      String networkId,
      String endpointId,
      String gateway,
      String ipAddress,
      int prefixLength,
      String ipv6Gateway,
      String ipv6Address,
      int ipv6PrefixLength,
      String macAddress,
      List<String> dnsNames) {}
}
