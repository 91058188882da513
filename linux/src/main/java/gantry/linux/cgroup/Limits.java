package gantry.linux.cgroup;

import gantry.linux.file.DeviceNumber;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// What a group may use; nothing that is empty is written. The units are those of Docker and the
/// OCI runtime-spec, [Cgroup#apply] converts where version 2 has others. [#UNLIMITED] takes a limit
/// away.
///
/// @param memoryBytes memory, page cache included
/// @param memoryReservationBytes what is left to it when memory is short
/// @param memorySwapBytes memory and swap together
/// @param swappiness 0 to 100; version 1 only
/// @param oomKillDisabled whether processes wait for memory rather than being killed; version 1
///   only
/// @param cpuQuotaMicros processor time in each period, over all processors
/// @param cpuPeriodMicros the period, 1,000 to 1,000,000; the kernel's own is 100,000
/// @param cpuShares weight among groups that want the processor, 2 to 262,144; the kernel's own is
///   1024
/// @param cpuRealtimeRuntimeMicros time of real-time processes in each period; version 1 only
/// @param cpuRealtimePeriodMicros that period; version 1 only
/// @param cpusetCpus processors, `0-2,7`
/// @param cpusetMems memory nodes, likewise
/// @param pids processes and threads
/// @param blkioWeight share of disk time, 10 to 1000
/// @param blkioDeviceWeights the same for one device
/// @param blkioThrottles speed limits for devices
/// @param hugepageBytes by size of page as the kernel names it, `2MB`
/// @param unified files of version 2 to write as they are, after all else
public record Limits(
    OptionalLong memoryBytes,
    OptionalLong memoryReservationBytes,
    OptionalLong memorySwapBytes,
    OptionalLong swappiness,
    Optional<Boolean> oomKillDisabled,
    OptionalLong cpuQuotaMicros,
    OptionalLong cpuPeriodMicros,
    OptionalLong cpuShares,
    OptionalLong cpuRealtimeRuntimeMicros,
    OptionalLong cpuRealtimePeriodMicros,
    Optional<String> cpusetCpus,
    Optional<String> cpusetMems,
    OptionalLong pids,
    OptionalInt blkioWeight,
    Map<DeviceNumber, Integer> blkioDeviceWeights,
    List<Throttle> blkioThrottles,
    Map<String, Long> hugepageBytes,
    Map<String, String> unified) {

  /// As a limit: none.
  public static final long UNLIMITED = -1;

  /// A speed limit.
  ///
  /// @param device which
  /// @param kind what is counted
  /// @param perSecond how much of it; 0 takes the limit away
  public record Throttle(DeviceNumber device, Kind kind, long perSecond) {
    /// What is counted.
    public enum Kind {
      READ_BYTES("blkio.throttle.read_bps_device", "rbps"),
      WRITE_BYTES("blkio.throttle.write_bps_device", "wbps"),
      READ_OPERATIONS("blkio.throttle.read_iops_device", "riops"),
      WRITE_OPERATIONS("blkio.throttle.write_iops_device", "wiops");

      private final String file;
      private final String key;

      Kind(String file, String key) {
        this.file = file;
        this.key = key;
      }

      /// The file of version 1.
      String file() {
        return file;
      }

      /// The key in `io.max` of version 2.
      String key() {
        return key;
      }
    }
  }

  public Limits {
    blkioDeviceWeights = Map.copyOf(blkioDeviceWeights);
    blkioThrottles = List.copyOf(blkioThrottles);
    hugepageBytes = Map.copyOf(hugepageBytes);
    unified = Map.copyOf(unified);
  }

  /// No limits.
  public static Limits none() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /// Collects limits; each method sets one.
  public static final class Builder {
    private OptionalLong memoryBytes = OptionalLong.empty();
    private OptionalLong memoryReservationBytes = OptionalLong.empty();
    private OptionalLong memorySwapBytes = OptionalLong.empty();
    private OptionalLong swappiness = OptionalLong.empty();
    private Optional<Boolean> oomKillDisabled = Optional.empty();
    private OptionalLong cpuQuotaMicros = OptionalLong.empty();
    private OptionalLong cpuPeriodMicros = OptionalLong.empty();
    private OptionalLong cpuShares = OptionalLong.empty();
    private OptionalLong cpuRealtimeRuntimeMicros = OptionalLong.empty();
    private OptionalLong cpuRealtimePeriodMicros = OptionalLong.empty();
    private Optional<String> cpusetCpus = Optional.empty();
    private Optional<String> cpusetMems = Optional.empty();
    private OptionalLong pids = OptionalLong.empty();
    private OptionalInt blkioWeight = OptionalInt.empty();
    private final Map<DeviceNumber, Integer> blkioDeviceWeights = new LinkedHashMap<>();
    private final List<Throttle> blkioThrottles = new ArrayList<>();
    private final Map<String, Long> hugepageBytes = new LinkedHashMap<>();
    private final Map<String, String> unified = new LinkedHashMap<>();

    private Builder() {}

    public Builder memoryBytes(long value) {
      memoryBytes = OptionalLong.of(value);
      return this;
    }

    public Builder memoryReservationBytes(long value) {
      memoryReservationBytes = OptionalLong.of(value);
      return this;
    }

    public Builder memorySwapBytes(long value) {
      memorySwapBytes = OptionalLong.of(value);
      return this;
    }

    public Builder swappiness(long value) {
      swappiness = OptionalLong.of(value);
      return this;
    }

    public Builder cpuQuotaMicros(long value) {
      cpuQuotaMicros = OptionalLong.of(value);
      return this;
    }

    public Builder cpuPeriodMicros(long value) {
      cpuPeriodMicros = OptionalLong.of(value);
      return this;
    }

    public Builder cpuShares(long value) {
      cpuShares = OptionalLong.of(value);
      return this;
    }

    public Builder cpuRealtimeRuntimeMicros(long value) {
      cpuRealtimeRuntimeMicros = OptionalLong.of(value);
      return this;
    }

    public Builder cpuRealtimePeriodMicros(long value) {
      cpuRealtimePeriodMicros = OptionalLong.of(value);
      return this;
    }

    public Builder pids(long value) {
      pids = OptionalLong.of(value);
      return this;
    }

    public Builder blkioWeight(int value) {
      blkioWeight = OptionalInt.of(value);
      return this;
    }

    public Builder oomKillDisabled(boolean value) {
      oomKillDisabled = Optional.of(value);
      return this;
    }

    public Builder cpusetCpus(String value) {
      cpusetCpus = Optional.of(value);
      return this;
    }

    public Builder cpusetMems(String value) {
      cpusetMems = Optional.of(value);
      return this;
    }

    public Builder blkioDeviceWeight(DeviceNumber device, int weight) {
      blkioDeviceWeights.put(device, weight);
      return this;
    }

    public Builder blkioThrottle(Throttle throttle) {
      blkioThrottles.add(throttle);
      return this;
    }

    public Builder hugepageBytes(String pageSize, long value) {
      hugepageBytes.put(pageSize, value);
      return this;
    }

    public Builder unified(String file, String value) {
      unified.put(file, value);
      return this;
    }

    public Limits build() {
      return new Limits(
          memoryBytes,
          memoryReservationBytes,
          memorySwapBytes,
          swappiness,
          oomKillDisabled,
          cpuQuotaMicros,
          cpuPeriodMicros,
          cpuShares,
          cpuRealtimeRuntimeMicros,
          cpuRealtimePeriodMicros,
          cpusetCpus,
          cpusetMems,
          pids,
          blkioWeight,
          blkioDeviceWeights,
          blkioThrottles,
          hugepageBytes,
          unified);
    }
  }
}
