package gantry.linux.cgroup;

import gantry.linux.Errno;
import gantry.linux.file.DeviceNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Writes limits into the files of a group, in the order that the kernel wants, each controller in
/// the interface of the hierarchy that has it.
final class LimitWriter {
  private final Cgroup group;
  private final List<String> unsupported = new ArrayList<>();

  LimitWriter(Cgroup group) {
    this.group = group;
  }

  /// Writes what is set; returns what this machine has no file for, in words.
  List<String> write(Limits limits) {
    cpu(limits);
    cpuset(limits);
    memory(limits);
    limits.pids().ifPresent(pids -> write("pids", "pids.max", max(pids), "pids limit"));
    blkio(limits);
    limits.hugepageBytes().forEach(this::hugepages);
    limits.unified().forEach(this::unified);
    return List.copyOf(unsupported);
  }

  private static String max(long limit) {
    return limit == Limits.UNLIMITED ? "max" : Long.toString(limit);
  }

  /// Writes `value` to the first hierarchy with this controller, or notes that there is none or it
  /// has no such file.
  private void write(String controller, String file, String value, String what) {
    Optional<Node> node = group.node(controller);
    node.ifPresent(group::makeIfLazy);
    if (node.isEmpty() || !node.get().writeIfExists(group.file(file), value)) {
      unsupported.add(what);
    }
  }

  private boolean unified(String controller) {
    return group.node(controller).filter(Node::unified).isPresent();
  }

  // ---- cpu

  private void cpu(Limits limits) {
    if (unified("cpu")) {
      limits
          .cpuShares()
          .ifPresent(
              shares -> write("cpu", "cpu.weight", Long.toString(weight(shares)), "cpu shares"));
      cpuMax(limits);
      if (limits.cpuRealtimeRuntimeMicros().isPresent()
          || limits.cpuRealtimePeriodMicros().isPresent()) {
        unsupported.add("cpu real-time limits");
      }
      return;
    }
    limits
        .cpuShares()
        .ifPresent(shares -> write("cpu", "cpu.shares", Long.toString(shares), "cpu shares"));
    bandwidth(
        limits.cpuPeriodMicros(), "cpu.cfs_period_us", limits.cpuQuotaMicros(), "cpu.cfs_quota_us");
    bandwidth(
        limits.cpuRealtimePeriodMicros(),
        "cpu.rt_period_us",
        limits.cpuRealtimeRuntimeMicros(),
        "cpu.rt_runtime_us");
  }

  /// 2…262144 to 1…10000, the line that runc and crun use.
  static long weight(long shares) {
    return shares == 0 ? 100 : 1 + (Math.clamp(shares, 2L, 262_144L) - 2) * 9999 / 262_142;
  }

  private void cpuMax(Limits limits) {
    if (limits.cpuQuotaMicros().isEmpty() && limits.cpuPeriodMicros().isEmpty()) {
      return;
    }
    String quota =
        limits.cpuQuotaMicros().isPresent()
            ? quota(limits.cpuQuotaMicros().getAsLong())
            : currentQuota();
    String period =
        limits.cpuPeriodMicros().isPresent() ? " " + limits.cpuPeriodMicros().getAsLong() : "";
    write("cpu", "cpu.max", quota + period, "cpu quota");
  }

  private static String quota(long micros) {
    return micros <= 0 ? "max" : Long.toString(micros);
  }

  private String currentQuota() {
    Optional<String> current = group.node("cpu").flatMap(node -> node.read(group.file("cpu.max")));
    return current.map(text -> text.split(" ", 2)[0]).orElse("max");
  }

  /// A new period with the old quota, or the other way round, may be more than the group above
  /// allows (`EINVAL`): then the other order is the right one.
  private void bandwidth(
      OptionalLong period, String periodFile, OptionalLong quota, String quotaFile) {
    if (period.isEmpty() && quota.isEmpty()) {
      return;
    }
    Optional<Node> cpu = group.node("cpu");
    if (cpu.isEmpty()) {
      unsupported.add("cpu quota");
      return;
    }
    boolean later = false;
    if (period.isPresent()) {
      String value = Long.toString(period.getAsLong());
      long result = cpu.get().tryWrite(group.file(periodFile), value);
      later = result == -Errno.EINVAL.number() && quota.isPresent();
      if (result < 0 && !later) {
        throw cpu.get().failure(result, group.file(periodFile), value);
      }
    }
    if (quota.isPresent()) {
      cpu.get().write(group.file(quotaFile), Long.toString(quota.getAsLong()));
    }
    if (later) {
      cpu.get().write(group.file(periodFile), Long.toString(period.getAsLong()));
    }
  }

  private void cpuset(Limits limits) {
    limits.cpusetCpus().ifPresent(cpus -> write("cpuset", "cpuset.cpus", cpus, "cpuset cpus"));
    limits.cpusetMems().ifPresent(mems -> write("cpuset", "cpuset.mems", mems, "cpuset mems"));
  }

  // ---- memory

  private void memory(Limits limits) {
    if (unified("memory")) {
      memoryUnified(limits);
      return;
    }
    memoryAndSwap(limits.memoryBytes(), limits.memorySwapBytes());
    limits
        .memoryReservationBytes()
        .ifPresent(
            b ->
                write(
                    "memory",
                    "memory.soft_limit_in_bytes",
                    Long.toString(b),
                    "memory reservation"));
    limits
        .swappiness()
        .ifPresent(s -> write("memory", "memory.swappiness", Long.toString(s), "swappiness"));
    limits
        .oomKillDisabled()
        .ifPresent(
            off -> write("memory", "memory.oom_control", off ? "1" : "0", "oom kill disable"));
  }

  private void memoryUnified(Limits limits) {
    limits.memorySwapBytes().ifPresent(total -> swapUnified(total, limits.memoryBytes()));
    limits
        .memoryBytes()
        .ifPresent(bytes -> write("memory", "memory.max", max(bytes), "memory limit"));
    limits
        .memoryReservationBytes()
        .ifPresent(bytes -> write("memory", "memory.low", max(bytes), "memory reservation"));
    if (limits.swappiness().isPresent()) {
      unsupported.add("swappiness");
    }
    if (limits.oomKillDisabled().orElse(false)) {
      unsupported.add("oom kill disable");
    }
  }

  /// Version 2 counts swap by itself, not memory and swap together.
  private void swapUnified(long total, OptionalLong memory) {
    if (total == Limits.UNLIMITED) {
      write("memory", "memory.swap.max", "max", "swap limit");
      return;
    }
    long bytes =
        memory.orElseGet(
            () -> group.node("memory").flatMap(n -> n.number(group.file("memory.max"))).orElse(0L));
    if (bytes == Limits.UNLIMITED || bytes > total) {
      throw new IllegalArgumentException(
          "memory and swap together ("
              + total
              + ") must be at least the memory limit ("
              + max(bytes)
              + ")");
    }
    write("memory", "memory.swap.max", Long.toString(total - bytes), "swap limit");
  }

  /// Memory is never to be above memory and swap together, which is `EINVAL`: so on raising the sum
  /// goes first. A limit of none for memory takes that of the sum away too.
  private void memoryAndSwap(OptionalLong memory, OptionalLong total) {
    boolean noneAtAll = memory.orElse(0) == Limits.UNLIMITED && total.isEmpty();
    OptionalLong sum = noneAtAll ? memory : total;
    boolean sumFirst = memory.isPresent() && sum.isPresent() && raisesAboveSum(memory.getAsLong());
    if (sumFirst) {
      writeSum(sum);
    }
    memory.ifPresent(
        bytes -> write("memory", "memory.limit_in_bytes", Long.toString(bytes), "memory limit"));
    if (!sumFirst) {
      writeSum(sum);
    }
  }

  private boolean raisesAboveSum(long memory) {
    Optional<Long> sum =
        group.node("memory").flatMap(n -> n.number(group.file("memory.memsw.limit_in_bytes")));
    return sum.isPresent() && (memory == Limits.UNLIMITED || memory > sum.get());
  }

  private void writeSum(OptionalLong sum) {
    sum.ifPresent(
        bytes ->
            write("memory", "memory.memsw.limit_in_bytes", Long.toString(bytes), "swap limit"));
  }

  // ---- disks

  private void blkio(Limits limits) {
    if (unified("io")) {
      limits.blkioWeight().ifPresent(weight -> ioWeight("", weight));
      limits.blkioDeviceWeights().forEach((device, weight) -> ioWeight(device + " ", weight));
      limits.blkioThrottles().forEach(this::ioMax);
      return;
    }
    limits.blkioWeight().ifPresent(weight -> weight("", "blkio.weight", weight));
    limits.blkioDeviceWeights().forEach(this::deviceWeight);
    for (Limits.Throttle throttle : limits.blkioThrottles()) {
      String value = throttle.device() + " " + throttle.perSecond();
      write("blkio", throttle.kind().file(), value, "disk throttle");
    }
  }

  private void deviceWeight(DeviceNumber device, int weight) {
    weight(device + " ", "blkio.weight_device", weight);
  }

  /// The file has another name with the BFQ scheduler, which is the only one left that knows
  /// weights.
  private void weight(String device, String file, int weight) {
    String bfq = file.replace("blkio.", "blkio.bfq.");
    Optional<Node> node = group.node("blkio");
    String value = device + weight;
    if (node.isEmpty()
        || (!node.get().writeIfExists(group.file(bfq), value)
            && !node.get().writeIfExists(group.file(file), value))) {
      unsupported.add("blkio weight");
    }
  }

  /// BFQ takes the weight as it is (1…1000), the other controller one of 1…10000.
  private void ioWeight(String device, int weight) {
    Node io = group.node("io").orElseThrow();
    if (!io.writeIfExists(group.file("io.bfq.weight"), device + weight)) {
      String prefix = device.isEmpty() ? "default " : device;
      write("io", "io.weight", prefix + ioWeight(weight), "blkio weight");
    }
  }

  /// 10…1000 to 1…10000.
  static long ioWeight(int weight) {
    return 1 + (Math.clamp(weight, 10, 1000) - 10) * 9999L / 990;
  }

  private void ioMax(Limits.Throttle throttle) {
    String rate = throttle.perSecond() == 0 ? "max" : Long.toString(throttle.perSecond());
    write(
        "io",
        "io.max",
        throttle.device() + " " + throttle.kind().key() + "=" + rate,
        "disk throttle");
  }

  // ---- others

  private void hugepages(String size, long bytes) {
    String file = unified("hugetlb") ? ".max" : ".limit_in_bytes";
    String value = unified("hugetlb") ? max(bytes) : Long.toString(bytes);
    write("hugetlb", "hugetlb." + size + file, value, "huge pages of " + size);
    group
        .node("hugetlb")
        .ifPresent(node -> node.tryWrite(group.file("hugetlb." + size + ".rsvd" + file), value));
  }

  private void unified(String file, String value) {
    if (file.indexOf('/') >= 0) {
      throw new IllegalArgumentException("expected the name of a file, got '" + file + "'");
    }
    Optional<Node> node = group.unifiedNode();
    node.ifPresent(group::makeIfLazy);
    if (node.isEmpty() || !node.get().writeIfExists(group.file(file), value)) {
      unsupported.add("file " + file);
    }
  }
}
