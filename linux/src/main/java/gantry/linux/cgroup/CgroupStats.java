package gantry.linux.cgroup;

import gantry.linux.file.DeviceNumber;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// What a group has used, all numbers since it was made or as of now. What the machine does not
/// tell is 0 or empty.
///
/// @param cpu processor time
/// @param memory memory
/// @param pids processes and threads
/// @param io transfers from and to disks
public record CgroupStats(Cpu cpu, Memory memory, Pids pids, Io io) {
  /// Processor time.
  ///
  /// @param totalNanos all of it
  /// @param userNanos in programs' own code
  /// @param systemNanos in the kernel for them
  /// @param perCpuNanos by processor; only version 1 tells
  /// @param periods periods of the quota in which it wanted to run
  /// @param throttledPeriods those in which it had to stop
  /// @param throttledNanos how long it stood
  public record Cpu(
      long totalNanos,
      long userNanos,
      long systemNanos,
      List<Long> perCpuNanos,
      long periods,
      long throttledPeriods,
      long throttledNanos) {}

  /// Memory.
  ///
  /// @param usageBytes now, page cache included
  /// @param maxUsageBytes the most there was; version 2 tells since 5.19
  /// @param limitBytes empty if there is none
  /// @param swapBytes swapped out now; in version 1 what memory and swap together have more than
  ///   memory
  /// @param failures how often the limit was met
  /// @param oomKills processes killed for want of memory
  /// @param details the lines of `memory.stat`, whose names the versions have each their own
  public record Memory(
      long usageBytes,
      long maxUsageBytes,
      OptionalLong limitBytes,
      long swapBytes,
      long failures,
      long oomKills,
      Map<String, Long> details) {
    /// What it uses without the page cache that could be dropped at once, which is what users mean:
    /// what `docker stats` shows.
    public long workingSetBytes() {
      long inactive =
          details.getOrDefault("total_inactive_file", details.getOrDefault("inactive_file", 0L));
      return inactive < usageBytes ? usageBytes - inactive : usageBytes;
    }
  }

  /// Processes and threads.
  ///
  /// @param current now
  /// @param limit empty if there is none
  public record Pids(long current, OptionalLong limit) {}

  /// Transfers.
  ///
  /// @param bytes how much
  /// @param operations how often
  public record Io(List<Entry> bytes, List<Entry> operations) {}

  /// A number for one device and one operation.
  ///
  /// @param device which
  /// @param operation `read`, `write`, `discard`; in version 1 also `sync`, `async` and `total`
  /// @param value how much
  public record Entry(DeviceNumber device, String operation, long value) {}
}
