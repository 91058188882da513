package gantry.engine.container;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// What a container uses, at one moment; times in nanoseconds, sizes in bytes.
///
/// @param memoryStat the kernel's own counters by name
/// @param cgroupV2 which of the kernel's two forms the counters have
public record Stats(
    Instant read,
    long cpuTotalNanos,
    long cpuUserNanos,
    long cpuSystemNanos,
    List<Long> perCpuNanos,
    long hostCpuNanos,
    int onlineCpus,
    long throttlePeriods,
    long throttledPeriods,
    long throttledNanos,
    long memoryUsage,
    long memoryMaximum,
    long memoryLimit,
    long memoryFailures,
    Map<String, Long> memoryStat,
    long pids,
    long pidsLimit,
    List<BlockIo> blockIoBytes,
    List<BlockIo> blockIoOperations,
    Map<String, Interface> networks,
    boolean cgroupV2) {

  public record BlockIo(long major, long minor, String operation, long value) {}

  public record Interface(
      long receivedBytes,
      long receivedPackets,
      long receivedErrors,
      long receivedDropped,
      long sentBytes,
      long sentPackets,
      long sentErrors,
      long sentDropped) {}
}
