package gantry.runtime.staged;

import gantry.linux.cgroup.Limits;
import gantry.linux.cgroup.Limits.Throttle;
import gantry.linux.file.DeviceNumber;
import gantry.oci.runtime.Resources;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// A config's limits in the terms of the kernel's control groups.
final class ResourceLimits {
  private ResourceLimits() {}

  static Limits of(Resources resources) {
    Limits.Builder limits = Limits.builder();
    Resources.Memory memory = resources.memory();
    if (memory != null) {
      memory(limits, memory);
    }
    Resources.Cpu cpu = resources.cpu();
    if (cpu != null) {
      cpu(limits, cpu);
    }
    Resources.Pids pids = resources.pids();
    if (pids != null) {
      limits.pids(pids.limit() <= 0 ? Limits.UNLIMITED : pids.limit());
    }
    Resources.BlockIo io = resources.blockIO();
    if (io != null) {
      io(limits, io);
    }
    resources.hugepageLimits().forEach(page -> limits.hugepageBytes(page.pageSize(), page.limit()));
    resources.unified().forEach(limits::unified);
    return limits.build();
  }

  private static void memory(Limits.Builder limits, Resources.Memory memory) {
    set(memory.limit(), limits::memoryBytes);
    set(memory.reservation(), limits::memoryReservationBytes);
    set(memory.swap(), limits::memorySwapBytes);
    set(memory.swappiness(), limits::swappiness);
    Boolean disabled = memory.disableOOMKiller();
    if (disabled != null && disabled) {
      limits.oomKillDisabled(true);
    }
  }

  private static void cpu(Limits.Builder limits, Resources.Cpu cpu) {
    set(cpu.shares(), limits::cpuShares);
    set(cpu.quota(), limits::cpuQuotaMicros);
    set(cpu.period(), limits::cpuPeriodMicros);
    set(cpu.realtimeRuntime(), limits::cpuRealtimeRuntimeMicros);
    set(cpu.realtimePeriod(), limits::cpuRealtimePeriodMicros);
    if (!cpu.cpus().isEmpty()) {
      limits.cpusetCpus(cpu.cpus());
    }
    if (!cpu.mems().isEmpty()) {
      limits.cpusetMems(cpu.mems());
    }
  }

  private static void io(Limits.Builder limits, Resources.BlockIo io) {
    Integer weight = io.weight();
    if (weight != null && weight != 0) {
      limits.blkioWeight(weight);
    }
    for (Resources.WeightDevice device : io.weightDevice()) {
      Integer own = device.weight();
      if (own != null) {
        limits.blkioDeviceWeight(number(device.major(), device.minor()), own);
      }
    }
    throttle(limits, io.throttleReadBpsDevice(), Throttle.Kind.READ_BYTES);
    throttle(limits, io.throttleWriteBpsDevice(), Throttle.Kind.WRITE_BYTES);
    throttle(limits, io.throttleReadIOPSDevice(), Throttle.Kind.READ_OPERATIONS);
    throttle(limits, io.throttleWriteIOPSDevice(), Throttle.Kind.WRITE_OPERATIONS);
  }

  private static void throttle(
      Limits.Builder limits, List<Resources.ThrottleDevice> devices, Throttle.Kind kind) {
    for (Resources.ThrottleDevice device : devices) {
      limits.blkioThrottle(
          new Throttle(number(device.major(), device.minor()), kind, device.rate()));
    }
  }

  private static DeviceNumber number(long major, long minor) {
    return new DeviceNumber((int) major, (int) minor);
  }

  /// 0 means "not asked for" where it makes no sense as a limit: Docker's clients send it.
  private static void set(@Nullable Long value, LongConsumer setter) {
    if (value != null && value != 0) {
      setter.accept(value);
    }
  }
}
