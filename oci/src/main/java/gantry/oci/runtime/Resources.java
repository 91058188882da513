package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Limits of the container's cgroup; null means "leave the kernel's default".
///
/// Spec: `config-linux.md`, "Control groups".
///
/// @param devices rules in order, later ones win
/// @param hugepageLimits by page size, e.g. `2MB`
/// @param unified cgroup v2 files, written as they are
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Resources(
    List<DeviceRule> devices,
    @Nullable Memory memory,
    @Nullable Cpu cpu,
    @Nullable Pids pids,
    @Nullable BlockIo blockIO,
    List<HugepageLimit> hugepageLimits,
    Map<String, String> unified) {

  public static final Resources NONE =
      new Resources(List.of(), null, null, null, null, List.of(), Map.of());

  public Resources {
    devices = Immutable.list(devices);
    hugepageLimits = Immutable.list(hugepageLimits);
    unified = Immutable.map(unified);
  }

  public Resources withDevices(List<DeviceRule> changed) {
    return new Resources(changed, memory, cpu, pids, blockIO, hugepageLimits, unified);
  }

  public Resources withMemory(@Nullable Memory changed) {
    return new Resources(devices, changed, cpu, pids, blockIO, hugepageLimits, unified);
  }

  public Resources withCpu(@Nullable Cpu changed) {
    return new Resources(devices, memory, changed, pids, blockIO, hugepageLimits, unified);
  }

  public Resources withPids(@Nullable Pids changed) {
    return new Resources(devices, memory, cpu, changed, blockIO, hugepageLimits, unified);
  }

  public Resources withBlockIO(@Nullable BlockIo changed) {
    return new Resources(devices, memory, cpu, pids, changed, hugepageLimits, unified);
  }

  /// One rule about device nodes.
  ///
  /// @param type `a` (all), `c` or `b`; empty means `a`
  /// @param major null for all
  /// @param minor null for all
  /// @param access letters of `rwm`; empty means all
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record DeviceRule(
      boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {
    @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
    public DeviceRule {
      type = type == null || type.isEmpty() ? "a" : type;
      access = access == null ? "" : access;
    }
  }

  /// Memory limits, in bytes; -1 means unlimited.
  ///
  /// @param swap memory and swap together
  /// @param swappiness 0 to 100
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Memory(
      @Nullable Long limit,
      @Nullable Long reservation,
      @Nullable Long swap,
      @Nullable Long kernel,
      @Nullable Long swappiness,
      @Nullable Boolean disableOOMKiller) {}

  /// Shares of the processors.
  ///
  /// @param shares weight, 2 to 262144
  /// @param quota microseconds in each period, -1 for no limit
  /// @param period microseconds
  /// @param realtimeRuntime microseconds
  /// @param realtimePeriod microseconds
  /// @param cpus list such as `0-2,5`; empty for all
  /// @param mems list of memory nodes; empty for all
  /// @param idle 1 for the idle class
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Cpu(
      @Nullable Long shares,
      @Nullable Long quota,
      @Nullable Long period,
      @Nullable Long realtimeRuntime,
      @Nullable Long realtimePeriod,
      String cpus,
      String mems,
      @Nullable Long idle) {
    @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
    public Cpu {
      cpus = cpus == null ? "" : cpus;
      mems = mems == null ? "" : mems;
    }
  }

  /// The most tasks at a time; -1 or 0 for no limit.
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Pids(long limit) {}

  /// Weights and limits of block devices.
  ///
  /// @param weight 10 to 1000
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record BlockIo(
      @Nullable Integer weight,
      @Nullable Integer leafWeight,
      List<WeightDevice> weightDevice,
      List<ThrottleDevice> throttleReadBpsDevice,
      List<ThrottleDevice> throttleWriteBpsDevice,
      List<ThrottleDevice> throttleReadIOPSDevice,
      List<ThrottleDevice> throttleWriteIOPSDevice) {
    public BlockIo {
      weightDevice = Immutable.list(weightDevice);
      throttleReadBpsDevice = Immutable.list(throttleReadBpsDevice);
      throttleWriteBpsDevice = Immutable.list(throttleWriteBpsDevice);
      throttleReadIOPSDevice = Immutable.list(throttleReadIOPSDevice);
      throttleWriteIOPSDevice = Immutable.list(throttleWriteIOPSDevice);
    }
  }

  /// The weight of one device.
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record WeightDevice(
      long major, long minor, @Nullable Integer weight, @Nullable Integer leafWeight) {}

  /// The limit of one device, in bytes or operations a second.
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ThrottleDevice(long major, long minor, long rate) {}

  /// The most huge pages of one size, in bytes.
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record HugepageLimit(String pageSize, long limit) {}
}
