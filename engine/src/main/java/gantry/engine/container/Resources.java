package gantry.engine.container;

import java.util.List;
import java.util.Optional;

/// Limits of a container, in the units of the API; zero or empty is "no limit asked for".
///
/// @param memoryBytes 0 for none
/// @param memorySwapBytes memory plus swap; -1 unlimited, 0 twice the memory where the kernel
///   counts swap
/// @param nanoCpus billionths of a CPU
/// @param pids empty or not above 0: unlimited
/// @param memorySwappiness 0 to 100; empty when unset
public record Resources(
    long cpuShares,
    long memoryBytes,
    long memoryReservationBytes,
    long memorySwapBytes,
    long kernelMemoryBytes,
    Optional<Long> memorySwappiness,
    Optional<Boolean> oomKillDisable,
    long nanoCpus,
    long cpuPeriodMicros,
    long cpuQuotaMicros,
    long cpuRealtimePeriodMicros,
    long cpuRealtimeRuntimeMicros,
    String cpusetCpus,
    String cpusetMems,
    Optional<Long> pids,
    int blkioWeight,
    List<WeightDevice> blkioWeightDevices,
    List<ThrottleDevice> readBps,
    List<ThrottleDevice> writeBps,
    List<ThrottleDevice> readIops,
    List<ThrottleDevice> writeIops,
    List<DeviceMapping> devices,
    List<DeviceRequest> deviceRequests,
    List<String> deviceCgroupRules,
    List<Ulimit> ulimits) {

  public record WeightDevice(String path, int weight) {}

  public record ThrottleDevice(String path, long rate) {}

  /// A device of the host under a path of the container, with rights `rwm`.
  public record DeviceMapping(String hostPath, String containerPath, String rights) {}

  public record DeviceRequest(
      String driver,
      int count,
      List<String> deviceIds,
      List<List<String>> capabilities,
      java.util.Map<String, String> options) {}

  /// No limits at all.
  public static final Resources NONE =
      new Resources(
          0,
          0,
          0,
          0,
          0,
          Optional.empty(),
          Optional.empty(),
          0,
          0,
          0,
          0,
          0,
          "",
          "",
          Optional.empty(),
          0,
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of());
}
