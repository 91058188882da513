package gantry.engine.local;

import gantry.engine.device.CdiDevices;
import gantry.engine.system.EngineSystem;
import gantry.linux.cgroup.Cgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// This engine and its machine.
final class LocalSystem implements EngineSystem {
  private final String id;
  private final Rooms rooms;
  private final Instant startedAt = Instant.now();

  LocalSystem(String id, Rooms rooms) {
    this.id = id;
    this.rooms = rooms;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Instant startedAt() {
    return startedAt;
  }

  @Override
  public MachineInfo machine() {
    Machine machine = rooms.machine();
    Map<String, String> release = release();
    return new MachineInfo(
        machine.hostname(),
        machine.kernelRelease(),
        release.getOrDefault("PRETTY_NAME", "Linux"),
        release.getOrDefault("VERSION_ID", ""),
        System.getProperty("os.arch", "").equals("amd64")
            ? "x86_64"
            : System.getProperty("os.arch", ""),
        machine.cpus(),
        machine.memoryBytes(),
        "cgroupfs",
        rooms.groups().mode() == Cgroups.Mode.V2 ? 2 : 1,
        securityOptions(),
        features(),
        backingFileSystem());
  }

  private List<String> securityOptions() {
    List<String> options = new ArrayList<>();
    if (rooms.host().appArmor().isPresent()) {
      options.add("name=apparmor");
    }
    options.add(
        "name=seccomp,profile="
            + rooms.config().seccompProfile().map(Path::toString).orElse("builtin"));
    options.add("name=cgroupns");
    if (rooms.users().enabled()) {
      options.add("name=userns");
    }
    return options;
  }

  private Map<String, Boolean> features() {
    Set<String> controllers = rooms.groups().controllers();
    Map<String, Boolean> features = new LinkedHashMap<>();
    features.put("MemoryLimit", controllers.contains("memory"));
    features.put("SwapLimit", rooms.host().swapLimit());
    features.put("CpuCfsPeriod", controllers.contains("cpu"));
    features.put("CpuCfsQuota", controllers.contains("cpu"));
    features.put("CPUShares", controllers.contains("cpu"));
    features.put("CPUSet", controllers.contains("cpuset"));
    features.put("PidsLimit", controllers.contains("pids"));
    features.put("OomKillDisable", rooms.groups().mode() != Cgroups.Mode.V2);
    features.put("IPv4Forwarding", MachineReader.text("/proc/sys/net/ipv4/ip_forward").equals("1"));
    return features;
  }

  private String backingFileSystem() {
    try {
      return Files.getFileStore(rooms.paths().dataRoot()).type();
    } catch (IOException _) { // said so
      return "unknown";
    }
  }

  private static Map<String, String> release() {
    Map<String, String> values = new LinkedHashMap<>();
    String text = MachineReader.text("/etc/os-release");
    for (String line :
        (text.isEmpty() ? MachineReader.text("/usr/lib/os-release") : text).lines().toList()) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1).replaceAll("^\"|\"$", ""));
      }
    }
    return values;
  }

  @Override
  public List<String> devices() {
    return CdiDevices.read(rooms.config().cdiSpecDirs()).names();
  }

  @Override
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    Map<String, Boolean> features = features();
    warn(warnings, features, "MemoryLimit", "WARNING: No memory limit support");
    warn(warnings, features, "SwapLimit", "WARNING: No swap limit support");
    warn(warnings, features, "CpuCfsQuota", "WARNING: No cpu cfs quota support");
    warn(warnings, features, "CPUSet", "WARNING: No cpuset support");
    warn(warnings, features, "PidsLimit", "WARNING: No pids limit support");
    warn(warnings, features, "IPv4Forwarding", "WARNING: IPv4 forwarding is disabled");
    return warnings;
  }

  private static void warn(
      List<String> warnings, Map<String, Boolean> features, String feature, String text) {
    if (!features.getOrDefault(feature, false)) {
      warnings.add(text);
    }
  }

  @Override
  public Map<String, String> runtimes() {
    return rooms.runtimes().paths();
  }
}
