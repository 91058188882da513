package gantry.linux.cgroup;

import gantry.linux.cgroup.CgroupStats.Cpu;
import gantry.linux.cgroup.CgroupStats.Entry;
import gantry.linux.cgroup.CgroupStats.Io;
import gantry.linux.cgroup.CgroupStats.Memory;
import gantry.linux.cgroup.CgroupStats.Pids;
import gantry.linux.file.DeviceNumber;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Reads what a group has used, each controller in the interface of the hierarchy that has it.
final class StatsReader {
  private static final long NONE =
      0x7FFF_FFFF_FFFF_F000L; // a limit of none in version 1, in pages of 4 KiB
  private static final long MICRO = 1000;

  private final Cgroup group;

  StatsReader(Cgroup group) {
    this.group = group;
  }

  CgroupStats read() {
    return new CgroupStats(cpu(), memory(), pids(), io());
  }

  private Optional<String> text(String controller, String file) {
    return group.node(controller).flatMap(node -> node.read(group.file(file)));
  }

  private long number(String controller, String file) {
    return limit(controller, file).orElse(0);
  }

  private OptionalLong limit(String controller, String file) {
    Optional<Long> number = group.node(controller).flatMap(node -> node.number(group.file(file)));
    return number.isPresent() ? OptionalLong.of(number.get()) : OptionalLong.empty();
  }

  private boolean unified(String controller) {
    return group.node(controller).filter(Node::unified).isPresent();
  }

  private Cpu cpu() {
    Map<String, Long> stat = keyed(text("cpu", "cpu.stat").orElse(""));
    long periods = stat.getOrDefault("nr_periods", 0L);
    long throttled = stat.getOrDefault("nr_throttled", 0L);
    if (unified("cpu")) {
      return new Cpu(
          stat.getOrDefault("usage_usec", 0L) * MICRO,
          stat.getOrDefault("user_usec", 0L) * MICRO,
          stat.getOrDefault("system_usec", 0L) * MICRO,
          List.of(),
          periods,
          throttled,
          stat.getOrDefault("throttled_usec", 0L) * MICRO);
    }
    List<long[]> each = perCpu(text("cpuacct", "cpuacct.usage_all").orElse(""));
    long user = each.stream().mapToLong(times -> times[0]).sum();
    long system = each.stream().mapToLong(times -> times[1]).sum();
    // what is measured; user and system are what ticks of the clock happened to see
    List<Long> totals = numbers(text("cpuacct", "cpuacct.usage_percpu").orElse(""));
    long total = totals.stream().mapToLong(Long::longValue).sum();
    long nanos = stat.getOrDefault("throttled_time", 0L);
    return new Cpu(total, user, system, totals, periods, throttled, nanos);
  }

  /// Numbers with blanks between and behind them.
  static List<Long> numbers(String text) {
    return Arrays.stream(text.strip().split(" ", -1))
        .filter(number -> !number.isEmpty())
        .map(Long::valueOf)
        .toList();
  }

  /// Lines `cpu user system`, the first of which says so.
  static List<long[]> perCpu(String text) {
    List<long[]> each = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length == 3 && !fields[0].equals("cpu")) {
        each.add(new long[] {Long.parseLong(fields[1]), Long.parseLong(fields[2])});
      }
    }
    return each;
  }

  private Memory memory() {
    Map<String, Long> stat = keyed(text("memory", "memory.stat").orElse(""));
    if (unified("memory")) {
      Map<String, Long> events = keyed(text("memory", "memory.events").orElse(""));
      return new Memory(
          number("memory", "memory.current"),
          number("memory", "memory.peak"),
          limit("memory", "memory.max"),
          number("memory", "memory.swap.current"),
          events.getOrDefault("max", 0L),
          events.getOrDefault("oom_kill", 0L),
          stat);
    }
    long usage = number("memory", "memory.usage_in_bytes");
    OptionalLong limit = limit("memory", "memory.limit_in_bytes");
    long sum = number("memory", "memory.memsw.usage_in_bytes");
    return new Memory(
        usage,
        number("memory", "memory.max_usage_in_bytes"),
        limit.orElse(NONE) >= NONE ? OptionalLong.empty() : limit,
        Math.max(0, sum - usage),
        number("memory", "memory.failcnt"),
        keyed(text("memory", "memory.oom_control").orElse("")).getOrDefault("oom_kill", 0L),
        stat);
  }

  /// Processes killed for want of memory.
  long oomKills() {
    String file = unified("memory") ? "memory.events" : "memory.oom_control";
    return keyed(text("memory", file).orElse("")).getOrDefault("oom_kill", 0L);
  }

  private Pids pids() {
    return new Pids(number("pids", "pids.current"), limit("pids", "pids.max"));
  }

  private Io io() {
    if (unified("io")) {
      return ioStat(text("io", "io.stat").orElse(""));
    }
    return new Io(
        entries(text("blkio", "blkio.throttle.io_service_bytes_recursive").orElse("")),
        entries(text("blkio", "blkio.throttle.io_serviced_recursive").orElse("")));
  }

  /// Lines `8:0 Read 4096`, and a last one with the sum of all, which is left out.
  static List<Entry> entries(String text) {
    List<Entry> entries = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length == 3) {
        entries.add(
            new Entry(
                device(fields[0]), fields[1].toLowerCase(Locale.ROOT), Long.parseLong(fields[2])));
      }
    }
    return entries;
  }

  /// Lines `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`.
  static Io ioStat(String text) {
    List<Entry> bytes = new ArrayList<>();
    List<Entry> operations = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      for (int i = 1; i < fields.length; i++) {
        int equals = fields[i].indexOf('=');
        String key = fields[i].substring(0, Math.max(0, equals));
        Optional<String> operation = operation(key);
        if (operation.isPresent()) {
          long value = Long.parseLong(fields[i].substring(equals + 1));
          (key.endsWith("bytes") ? bytes : operations)
              .add(new Entry(device(fields[0]), operation.get(), value));
        }
      }
    }
    return new Io(bytes, operations);
  }

  private static Optional<String> operation(String key) {
    return switch (key) {
      case "rbytes", "rios" -> Optional.of("read");
      case "wbytes", "wios" -> Optional.of("write");
      case "dbytes", "dios" -> Optional.of("discard");
      default -> Optional.empty(); // of some controller's own
    };
  }

  private static DeviceNumber device(String text) {
    int colon = text.indexOf(':');
    return new DeviceNumber(
        Integer.parseInt(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
  }

  /// Lines `key value`; others are passed over.
  static Map<String, Long> keyed(String text) {
    Map<String, Long> values = new LinkedHashMap<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      int space = text.indexOf(' ', start);
      if (space > start && space < end) {
        values.put(text.substring(start, space), Long.parseUnsignedLong(text, space + 1, end, 10));
      }
      start = end + 1;
    }
    return values;
  }
}
