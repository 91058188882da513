package gantry.engine.spec;

import gantry.engine.container.Resources;
import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import gantry.oci.runtime.Resources.BlockIo;
import gantry.oci.runtime.Resources.Cpu;
import gantry.oci.runtime.Resources.Memory;
import gantry.oci.runtime.Resources.Pids;
import gantry.oci.runtime.Resources.ThrottleDevice;
import gantry.oci.runtime.Resources.WeightDevice;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Limits as a user gives them, in the form that the runtime writes to the control group.
public final class ResourceLimits {
  private static final long PERIOD_MICROS = 100_000;

  private ResourceLimits() {}

  /// The limits that were asked for; what was not stays as the kernel has it.
  ///
  /// @param swapLimit whether the kernel counts swap: where it does not, no limit of it is written
  public static gantry.oci.runtime.Resources of(Resources asked, boolean swapLimit) {
    return new gantry.oci.runtime.Resources(
        List.of(),
        memory(asked, swapLimit),
        cpu(asked),
        asked.pids().filter(pids -> pids > 0).map(Pids::new).orElse(null),
        blockIo(asked),
        List.of(),
        Map.of());
  }

  private static @Nullable Memory memory(Resources asked, boolean swapLimit) {
    Long limit = positive(asked.memoryBytes());
    Long reservation = positive(asked.memoryReservationBytes());
    Long swap =
        swapLimit && asked.memorySwapBytes() != 0 ? Long.valueOf(asked.memorySwapBytes()) : null;
    Long swappiness = asked.memorySwappiness().filter(value -> value >= 0).orElse(null);
    Boolean disableKiller = asked.oomKillDisable().filter(disable -> disable).orElse(null);
    if (limit == null
        && reservation == null
        && swap == null
        && swappiness == null
        && disableKiller == null) {
      return null;
    }
    return new Memory(limit, reservation, swap, null, swappiness, disableKiller);
  }

  private static @Nullable Cpu cpu(Resources asked) {
    Long period = positive(asked.cpuPeriodMicros());
    Long quota = asked.cpuQuotaMicros() != 0 ? Long.valueOf(asked.cpuQuotaMicros()) : null;
    if (asked.nanoCpus() > 0) {
      period = PERIOD_MICROS;
      quota = asked.nanoCpus() * PERIOD_MICROS / 1_000_000_000L;
    }
    Cpu cpu =
        new Cpu(
            positive(asked.cpuShares()),
            quota,
            period,
            positive(asked.cpuRealtimeRuntimeMicros()),
            positive(asked.cpuRealtimePeriodMicros()),
            asked.cpusetCpus(),
            asked.cpusetMems(),
            null);
    return cpu.equals(new Cpu(null, null, null, null, null, "", "", null)) ? null : cpu;
  }

  private static @Nullable BlockIo blockIo(Resources asked) {
    BlockIo io =
        new BlockIo(
            asked.blkioWeight() > 0 ? Integer.valueOf(asked.blkioWeight()) : null,
            null,
            asked.blkioWeightDevices().stream()
                .map(
                    device -> {
                      FileStat stat = At.statFollowing(Fd.CWD, device.path());
                      return new WeightDevice(
                          stat.special().major(), stat.special().minor(), device.weight(), null);
                    })
                .toList(),
            throttle(asked.readBps()),
            throttle(asked.writeBps()),
            throttle(asked.readIops()),
            throttle(asked.writeIops()));
    return io.equals(new BlockIo(null, null, List.of(), List.of(), List.of(), List.of(), List.of()))
        ? null
        : io;
  }

  private static List<ThrottleDevice> throttle(List<Resources.ThrottleDevice> devices) {
    return devices.stream()
        .map(
            device -> {
              FileStat stat = At.statFollowing(Fd.CWD, device.path());
              return new ThrottleDevice(
                  stat.special().major(), stat.special().minor(), device.rate());
            })
        .toList();
  }

  private static @Nullable Long positive(long value) {
    return value > 0 ? Long.valueOf(value) : null;
  }
}
