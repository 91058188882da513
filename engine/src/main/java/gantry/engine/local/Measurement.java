package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.engine.container.Stats;
import gantry.linux.SyscallException;
import gantry.linux.cgroup.CgroupStats;
import gantry.linux.cgroup.Cgroups;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What running containers use: their groups' counters, and those of their network devices.
final class Measurement {
  private static final long NANOS_PER_TICK = 10_000_000; // USER_HZ is 100 on all our architectures
  private static final int HOST_CPU_FIELDS = 7;

  private final Rooms rooms;

  Measurement(Rooms rooms) {
    this.rooms = rooms;
  }

  Optional<Stats> stats(Container container) {
    ActiveRun run = container.run;
    ContainerView view = container.view();
    if (run == null || run.process().record().cgroup().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(stats(view, rooms.groups().stats(run.process().record().cgroup())));
    } catch (SyscallException _) { // it ended meanwhile
      return Optional.empty();
    }
  }

  private Stats stats(ContainerView view, CgroupStats used) {
    CgroupStats.Cpu cpu = used.cpu();
    CgroupStats.Memory memory = used.memory();
    long host = rooms.machine().memoryBytes();
    return new Stats(
        Instant.now(),
        cpu.totalNanos(),
        cpu.userNanos(),
        cpu.systemNanos(),
        cpu.perCpuNanos(),
        hostCpuNanos(MachineReader.text("/proc/stat")),
        rooms.machine().cpus(),
        cpu.periods(),
        cpu.throttledPeriods(),
        cpu.throttledNanos(),
        memory.usageBytes(),
        memory.maxUsageBytes(),
        memory.limitBytes().isPresent() ? Math.min(memory.limitBytes().getAsLong(), host) : host,
        memory.failures(),
        memory.details(),
        used.pids().current(),
        used.pids().limit().orElse(0),
        io(used.io().bytes()),
        io(used.io().operations()),
        interfaces(view),
        rooms.groups().mode() == Cgroups.Mode.V2);
  }

  private static List<Stats.BlockIo> io(List<CgroupStats.Entry> entries) {
    return entries.stream()
        .map(
            entry ->
                new Stats.BlockIo(
                    entry.device().major(),
                    entry.device().minor(),
                    entry.operation(),
                    entry.value()))
        .toList();
  }

  /// The time of all processors together: the first seven fields of the first line.
  static long hostCpuNanos(String stat) {
    String[] fields = stat.lines().findFirst().orElse("").split("\\s+", -1);
    long ticks = 0;
    for (int i = 1; i <= HOST_CPU_FIELDS && i < fields.length; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return ticks * NANOS_PER_TICK;
  }

  private static Map<String, Stats.Interface> interfaces(ContainerView view) {
    String mode = view.spec().isolation().networkMode();
    if (mode.equals("host") || mode.equals("none")) {
      return Map.of();
    }
    return parse(MachineReader.text("/proc/" + view.state().pid() + "/net/dev"));
  }

  /// Reads /proc/net/dev; loopback is left out.
  static Map<String, Stats.Interface> parse(String text) {
    Map<String, Stats.Interface> interfaces = new LinkedHashMap<>();
    for (String line : text.lines().skip(2).toList()) {
      int colon = line.indexOf(':');
      String name = colon < 0 ? "lo" : line.substring(0, colon).strip();
      String[] n = line.substring(colon + 1).strip().split("\\s+", -1);
      if (!name.equals("lo") && n.length >= 12) {
        interfaces.put(
            name,
            new Stats.Interface(
                Long.parseLong(n[0]),
                Long.parseLong(n[1]),
                Long.parseLong(n[2]),
                Long.parseLong(n[3]),
                Long.parseLong(n[8]),
                Long.parseLong(n[9]),
                Long.parseLong(n[10]),
                Long.parseLong(n[11])));
      }
    }
    return interfaces;
  }
}
