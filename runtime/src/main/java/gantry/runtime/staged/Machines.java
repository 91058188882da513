package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.security.Capability;
import java.nio.charset.StandardCharsets;

/// Reads what [Machine] holds.
final class Machines {
  private Machines() {}

  static Machine current(Cgroups cgroups) {
    String status = read("/proc/self/status");
    long capabilities = Capability.maskOf(Capability.boundingSet(status)) & mask(status, "CapPrm:");
    return new Machine(
        capabilities,
        CgroupMounts.of(cgroups),
        new SeccompFilters(),
        At.statIfExists(Fd.CWD, "/proc/kcore").isPresent());
  }

  private static long mask(String status, String field) {
    return status
        .lines()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseUnsignedLong(line.substring(field.length()).strip(), 16))
        .findFirst()
        .orElse(0);
  }

  private static String read(String path) {
    try (OwnedFd file = At.open(Fd.CWD, path, OpenFlags.O_RDONLY)) {
      return new String(FileIo.readAll(file, 1 << 16), StandardCharsets.UTF_8);
    }
  }
}
