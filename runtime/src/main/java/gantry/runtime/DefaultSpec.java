package gantry.runtime;

import gantry.linux.security.Capability;
import gantry.oci.runtime.LinuxSpec;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.ProcessSpec.Capabilities;
import gantry.oci.runtime.Resources;
import gantry.oci.runtime.Resources.DeviceRule;
import gantry.oci.runtime.Root;
import gantry.oci.runtime.RuntimeSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The config that a container has when nobody asks for anything else: what Docker gives.
///
/// Source: moby's default OCI spec (`oci/defaults.go`), as of 28.5.
public final class DefaultSpec {

  /// Docker's `/dev/shm` when no size is asked for.
  public static final long SHM_SIZE_BYTES = 64L << 20;

  /// Where a container finds its init, as with Docker.
  public static final String INIT_PATH = "/sbin/docker-init";

  /// Files and directories that a container must not see the contents of.
  public static final List<String> MASKED_PATHS =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  /// Where a container must not change settings of the machine.
  public static final List<String> READONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private DefaultSpec() {}

  /// A container with namespaces of its own (network too), the default mounts, devices, masks and
  /// capabilities, without a seccomp filter, a command or a root.
  public static RuntimeSpec container() {
    ProcessSpec process =
        ProcessSpec.EMPTY.withCapabilities(Capabilities.of(defaultCapabilities()));
    return new RuntimeSpec(
        RuntimeSpec.VERSION, process, Root.NONE, "", "", mounts(), linux(), Map.of(), Map.of());
  }

  /// The fourteen capabilities by their names in a config.
  public static List<String> defaultCapabilities() {
    return Capability.CONTAINER_DEFAULT.stream().map(Capability::linuxName).toList();
  }

  /// What is mounted in every container, in order.
  public static List<Mount> mounts() {
    return List.of(
        Mount.of("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
        Mount.of("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        Mount.of(
            "/dev/pts",
            "devpts",
            "devpts",
            "nosuid",
            "noexec",
            "newinstance",
            "ptmxmode=0666",
            "mode=0620",
            "gid=5"),
        Mount.of("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
        Mount.of("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "noexec", "nodev"),
        Mount.of("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        shm(SHM_SIZE_BYTES));
  }

  /// The same container with an init as its first process, which starts the command, passes signals
  /// on and reaps orphans: what `--init` asks for.
  ///
  /// @param program where [gantry.stage.StageProgram#INIT] was unpacked on this machine
  public static RuntimeSpec withInit(RuntimeSpec spec, Path program) {
    List<Mount> mounts = new ArrayList<>(spec.mounts());
    mounts.add(Mount.of(INIT_PATH, "bind", program.toString(), "bind", "ro"));
    List<String> args = new ArrayList<>(List.of(INIT_PATH, "--"));
    args.addAll(spec.process().args());
    return spec.withMounts(mounts).withProcess(spec.process().withArgs(args));
  }

  /// A `/dev/shm` of that size.
  public static Mount shm(long sizeBytes) {
    return Mount.of(
        "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=" + sizeBytes);
  }

  /// Which devices a container may use and make: nodes of any kind may be made, and the harmless
  /// ones and terminals used.
  public static List<DeviceRule> deviceRules() {
    return List.of(
        new DeviceRule(false, "a", null, null, "rwm"),
        new DeviceRule(true, "c", null, null, "m"),
        new DeviceRule(true, "b", null, null, "m"),
        device(1, 3L), // null
        device(1, 5L), // zero
        device(1, 7L), // full
        device(1, 8L), // random
        device(1, 9L), // urandom
        device(5, 0L), // tty
        device(5, 1L), // console
        device(5, 2L), // ptmx
        device(136, null)); // pts
  }

  private static DeviceRule device(long major, @Nullable Long minor) {
    return new DeviceRule(true, "c", major, minor, "rwm");
  }

  private static LinuxSpec linux() {
    return LinuxSpec.EMPTY
        .builder()
        .namespaces(
            Stream.of(
                    Namespace.Type.MOUNT,
                    Namespace.Type.NETWORK,
                    Namespace.Type.UTS,
                    Namespace.Type.PID,
                    Namespace.Type.IPC,
                    Namespace.Type.CGROUP)
                .map(Namespace::fresh)
                .toList())
        .resources(Resources.NONE.withDevices(deviceRules()))
        .maskedPaths(MASKED_PATHS)
        .readonlyPaths(READONLY_PATHS)
        .build();
  }
}
