package gantry.engine.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// Reads what this machine is from /proc and /sys.
final class MachineReader {
  private MachineReader() {}

  static Machine read(Set<String> runtimes) {
    boolean unified = Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"));
    return new Machine(
        text("/proc/sys/kernel/hostname"),
        text("/proc/sys/kernel/osrelease"),
        Runtime.getRuntime().availableProcessors(),
        text("/sys/devices/system/cpu/online"),
        memory(),
        unified
            ? Files.exists(Path.of("/proc/swaps"))
            : Files.exists(Path.of("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")),
        unified ? 2 : 1,
        number(text("/proc/self/oom_score_adj")),
        runtimes);
  }

  private static long memory() {
    return text("/proc/meminfo")
            .lines()
            .filter(line -> line.startsWith("MemTotal:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElse(0)
        * 1024;
  }

  private static int number(String text) {
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  /// The trimmed content of a file of the kernel's; empty when there is none.
  static String text(String path) {
    try {
      return Files.readString(Path.of(path)).strip();
    } catch (IOException _) { // a kernel without it
      return "";
    }
  }
}
