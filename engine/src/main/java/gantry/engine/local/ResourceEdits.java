package gantry.engine.local;

import gantry.engine.container.Resources;
import gantry.engine.container.Ulimit;
import java.util.List;

/// Limits that differ from others in some things.
final class ResourceEdits {
  private ResourceEdits() {}

  static Resources with(Resources r, long memorySwapBytes, List<Ulimit> ulimits) {
    return new Resources(
        r.cpuShares(),
        r.memoryBytes(),
        r.memoryReservationBytes(),
        memorySwapBytes,
        r.kernelMemoryBytes(),
        r.memorySwappiness().filter(value -> value >= 0),
        r.oomKillDisable(),
        r.nanoCpus(),
        r.cpuPeriodMicros(),
        r.cpuQuotaMicros(),
        r.cpuRealtimePeriodMicros(),
        r.cpuRealtimeRuntimeMicros(),
        r.cpusetCpus(),
        r.cpusetMems(),
        r.pids().filter(pids -> pids > 0),
        r.blkioWeight(),
        r.blkioWeightDevices(),
        r.readBps(),
        r.writeBps(),
        r.readIops(),
        r.writeIops(),
        r.devices(),
        r.deviceRequests(),
        r.deviceCgroupRules(),
        ulimits);
  }

  /// `old` with what `change` says; zero and empty say nothing.
  static Resources updated(Resources old, Resources change) {
    return new Resources(
        either(change.cpuShares(), old.cpuShares()),
        either(change.memoryBytes(), old.memoryBytes()),
        either(change.memoryReservationBytes(), old.memoryReservationBytes()),
        either(change.memorySwapBytes(), old.memorySwapBytes()),
        either(change.kernelMemoryBytes(), old.kernelMemoryBytes()),
        change.memorySwappiness().or(old::memorySwappiness),
        change.oomKillDisable().or(old::oomKillDisable),
        either(change.nanoCpus(), old.nanoCpus()),
        either(change.cpuPeriodMicros(), old.cpuPeriodMicros()),
        either(change.cpuQuotaMicros(), old.cpuQuotaMicros()),
        either(change.cpuRealtimePeriodMicros(), old.cpuRealtimePeriodMicros()),
        either(change.cpuRealtimeRuntimeMicros(), old.cpuRealtimeRuntimeMicros()),
        change.cpusetCpus().isEmpty() ? old.cpusetCpus() : change.cpusetCpus(),
        change.cpusetMems().isEmpty() ? old.cpusetMems() : change.cpusetMems(),
        change.pids().filter(pids -> pids != 0).or(old::pids),
        change.blkioWeight() != 0 ? change.blkioWeight() : old.blkioWeight(),
        old.blkioWeightDevices(),
        old.readBps(),
        old.writeBps(),
        old.readIops(),
        old.writeIops(),
        old.devices(),
        old.deviceRequests(),
        old.deviceCgroupRules(),
        old.ulimits());
  }

  private static long either(long change, long old) {
    return change != 0 ? change : old;
  }
}
