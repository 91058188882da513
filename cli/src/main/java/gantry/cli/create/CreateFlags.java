package gantry.cli.create;

import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import java.util.ArrayList;
import java.util.List;

/// The flags that `run`, `create` and `explain run` share.
public final class CreateFlags {

  private CreateFlags() {}

  /// The shared flags, followed by those of one command.
  public static List<Flag> and(Flag... own) {
    List<Flag> flags = new ArrayList<>(130);
    process(flags);
    identity(flags);
    network(flags);
    storage(flags);
    resources(flags);
    isolation(flags);
    health(flags);
    client(flags);
    flags.addAll(List.of(own));
    return List.copyOf(flags);
  }

  private static void process(List<Flag> flags) {
    flags.add(
        Flag.list("attach", 'a', "Attach to STDIN, STDOUT or STDERR").checked(FlagChecks::stream));
    flags.add(Flag.bool("interactive", 'i', "Keep standard input open, attached or not"));
    flags.add(Flag.bool("tty", 't', "Give the container a terminal"));
    flags.add(
        Flag.list("env", 'e', "Set an environment variable").checked(FlagChecks::environment));
    flags.add(Flag.list("env-file", "Read environment variables from a file"));
    flags.add(Flag.text("entrypoint", "Run this in place of the image's entrypoint"));
    flags.add(Flag.text("workdir", 'w', "Working directory in the container"));
    flags.add(Flag.text("user", 'u', "User, and group, to run as (name|uid[:group|gid])"));
    flags.add(Flag.list("group-add", "Give the process a further group"));
    flags.add(Flag.bool("init", "Run an init that forwards signals and reaps processes"));
    flags.add(Flag.text("stop-signal", "Signal that asks the container to stop"));
    flags.add(
        Flag.of(
            FlagType.INT, "stop-timeout", "Seconds to wait for it to stop before it is killed"));
    flags.add(
        Flag.text(
                "restart",
                "What to do when the container exits: no, always, unless-stopped, on-failure[:tries]")
            .preset("no"));
    flags.add(Flag.bool("rm", "Remove the container, and its anonymous volumes, when it exits"));
    flags.add(
        Flag.of(FlagType.ULIMIT, "ulimit", "Set a resource limit (name=soft[:hard])")
            .checked(UlimitSpec::parse));
    flags.add(
        Flag.of(FlagType.MAP, "sysctl", "Set a namespaced kernel parameter")
            .checked(FlagChecks::sysctl));
    flags.add(
        Flag.of(
            FlagType.INT,
            "oom-score-adj",
            "Make the kernel prefer or spare it when memory runs out (-1000 to 1000)"));
    flags.add(Flag.bool("oom-kill-disable", "Never kill it when its memory runs out"));
  }

  private static void identity(List<Flag> flags) {
    flags.add(Flag.text("name", "Name of the container"));
    flags.add(Flag.text("hostname", 'h', "The container's host name"));
    flags.add(Flag.text("domainname", "The container's domain name"));
    flags.add(Flag.list("label", 'l', "Set a label").checked(FlagChecks::label));
    flags.add(Flag.list("label-file", "Read labels from a file"));
    flags.add(Flag.of(FlagType.MAP, "annotation", "Add an annotation, handed on to the runtime"));
    flags.add(Flag.text("cidfile", "Write the container's ID to a file"));
    flags.add(Flag.text("platform", "Platform of the image (os[/arch[/variant]])"));
    flags.add(Flag.text("log-driver", "How to keep the container's output"));
    flags.add(Flag.list("log-opt", "Option of the log driver"));
  }

  private static void network(List<Flag> flags) {
    flags.add(Flag.of(FlagType.NETWORK, "network", "Network to join").checked(NetworkSpec::parse));
    flags.add(
        Flag.of(FlagType.NETWORK, "net", "Network to join").checked(NetworkSpec::parse).hide());
    flags.add(Flag.list("network-alias", "Name that other containers of the network find it by"));
    flags.add(
        Flag.list("net-alias", "Name that other containers of the network find it by").hide());
    flags.add(Flag.text("ip", "IPv4 address"));
    flags.add(Flag.text("ip6", "IPv6 address"));
    flags.add(Flag.list("link-local-ip", "Link-local address").checked(FlagChecks::ip));
    flags.add(Flag.text("mac-address", "MAC address"));
    flags.add(Flag.list("link", "Make another container known by name").checked(FlagChecks::link));
    flags.add(
        Flag.list("publish", 'p', "Publish a port on the host ([ip:][host:]container[/protocol])"));
    flags.add(
        Flag.bool(
            "publish-all", 'P', "Publish all exposed ports, on ports of the daemon's choice"));
    flags.add(Flag.list("expose", "Expose a port, or a range"));
    flags.add(Flag.list("dns", "DNS server").checked(FlagChecks::ip));
    flags.add(Flag.list("dns-option", "Resolver option"));
    flags.add(Flag.list("dns-opt", "Resolver option").hide());
    flags.add(Flag.list("dns-search", "DNS search domain").checked(FlagChecks::searchDomain));
    flags.add(
        Flag.list("add-host", "Add a line to /etc/hosts (host:ip)").checked(FlagChecks::host));
  }

  private static void storage(List<Flag> flags) {
    flags.add(
        Flag.list(
            "volume",
            'v',
            "Mount a directory of the host, or a volume ([source:]target[:options])"));
    flags.add(
        Flag.of(FlagType.MOUNT, "mount", "Mount a file system (type=…,source=…,target=…)")
            .checked(MountSpec::parse));
    flags.add(Flag.list("tmpfs", "Mount a tmpfs (path[:options])"));
    flags.add(Flag.list("volumes-from", "Mount what another container mounts"));
    flags.add(Flag.text("volume-driver", "Driver of the volumes that are made"));
    flags.add(Flag.list("storage-opt", "Option of the storage driver"));
    flags.add(Flag.bool("read-only", "Make the root file system read-only"));
    flags.add(Flag.of(FlagType.BYTES, "shm-size", "Size of /dev/shm"));
    flags.add(Flag.list("device", "Add a device of the host (host[:container[:rwm]])"));
    flags.add(
        Flag.list("device-cgroup-rule", "Allow devices by a cgroup rule")
            .checked(DeviceSpec::checkRule));
    flags.add(
        Flag.of(FlagType.GPUS, "gpus", "GPUs to add ('all' for all)").checked(GpuSpec::parse));
  }

  private static void resources(List<Flag> flags) {
    flags.add(Flag.of(FlagType.BYTES, "memory", 'm', "Memory limit"));
    flags.add(
        Flag.of(
            FlagType.BYTES,
            "memory-reservation",
            "Memory that is left to it when the host runs short"));
    flags.add(
        Flag.of(
            FlagType.SWAP, "memory-swap", "Limit of memory and swap together; -1 for no limit"));
    flags.add(
        Flag.of(FlagType.INT, "memory-swappiness", "How readily its memory is swapped (0 to 100)")
            .preset("-1"));
    flags.add(Flag.of(FlagType.BYTES, "kernel-memory", "Kernel memory limit").hide());
    flags.add(Flag.of(FlagType.DECIMAL, "cpus", "Number of CPUs"));
    flags.add(Flag.of(FlagType.INT, "cpu-shares", 'c', "CPU shares (relative weight)"));
    flags.add(Flag.of(FlagType.INT, "cpu-period", "Period of the CPU quota, in microseconds"));
    flags.add(Flag.of(FlagType.INT, "cpu-quota", "CPU time for each period, in microseconds"));
    flags.add(
        Flag.of(
            FlagType.INT, "cpu-rt-period", "Period of the real-time CPU limit, in microseconds"));
    flags.add(
        Flag.of(
            FlagType.INT, "cpu-rt-runtime", "Real-time CPU time for each period, in microseconds"));
    flags.add(Flag.text("cpuset-cpus", "CPUs to run on (0-3, 0,1)"));
    flags.add(Flag.text("cpuset-mems", "Memory nodes to use (0-3, 0,1)"));
    flags.add(Flag.of(FlagType.INT, "pids-limit", "Most processes at a time; -1 for no limit"));
    flags.add(
        Flag.of(FlagType.UINT16, "blkio-weight", "Block I/O weight, 10 to 1000, or 0 for none"));
    flags.add(
        Flag.list("blkio-weight-device", "Block I/O weight on one device")
            .checked(ThrottleSpec::weight));
    flags.add(
        Flag.list("device-read-bps", "Most bytes a second read from a device")
            .checked(ThrottleSpec::bytes));
    flags.add(
        Flag.list("device-write-bps", "Most bytes a second written to a device")
            .checked(ThrottleSpec::bytes));
    flags.add(
        Flag.list("device-read-iops", "Most reads a second from a device")
            .checked(ThrottleSpec::operations));
    flags.add(
        Flag.list("device-write-iops", "Most writes a second to a device")
            .checked(ThrottleSpec::operations));
    flags.add(Flag.text("cgroup-parent", "Parent cgroup"));
  }

  private static void isolation(List<Flag> flags) {
    flags.add(Flag.bool("privileged", "Give the container nearly all that root may do"));
    flags.add(Flag.list("cap-add", "Add a capability"));
    flags.add(Flag.list("cap-drop", "Drop a capability"));
    flags.add(Flag.list("security-opt", "Security option"));
    flags.add(Flag.text("pid", "PID namespace to use"));
    flags.add(Flag.text("ipc", "IPC namespace to use"));
    flags.add(Flag.text("uts", "UTS namespace to use"));
    flags.add(Flag.text("userns", "User namespace to use"));
    flags.add(Flag.text("cgroupns", "Cgroup namespace to use (host|private)"));
    flags.add(Flag.text("runtime", "Runtime to use"));
    flags.add(Flag.text("isolation", "Isolation technology"));
  }

  private static void health(List<Flag> flags) {
    flags.add(Flag.text("health-cmd", "Command that tells whether the container is healthy"));
    flags.add(
        Flag.of(FlagType.DURATION, "health-interval", "Time between checks (ms|s|m|h)")
            .preset("0s"));
    flags.add(
        Flag.of(FlagType.DURATION, "health-timeout", "Longest time for one check (ms|s|m|h)")
            .preset("0s"));
    flags.add(Flag.of(FlagType.INT, "health-retries", "Failures in a row that make it unhealthy"));
    flags.add(
        Flag.of(
                FlagType.DURATION,
                "health-start-period",
                "Time to start in, while failures do not count (ms|s|m|h)")
            .preset("0s"));
    flags.add(
        Flag.of(
                FlagType.DURATION,
                "health-start-interval",
                "Time between checks while it starts (ms|s|m|h)")
            .preset("0s"));
    flags.add(
        Flag.text(
            "health-on-failure",
            "What to do when it becomes unhealthy (\"none\", \"kill\", \"restart\", \"stop\")"));
    flags.add(Flag.bool("no-healthcheck", "Switch the image's health check off"));
  }

  private static void client(List<Flag> flags) {
    flags.add(
        Flag.text("pull", "When to pull the image (\"always\", \"missing\", \"never\")")
            .preset("missing"));
    flags.add(Flag.bool("use-api-socket", "Docker's experiment; refused").hide());
    flags.add(Flag.bool("quiet", 'q', "Do not show the pull's progress"));
    flags.add(Flag.bool("disable-content-trust", "Do not verify the image").preset("true").hide());
    flags.add(Flag.of(FlagType.INT, "cpu-count", "CPUs (Windows only)").hide());
    flags.add(Flag.of(FlagType.INT, "cpu-percent", "Share of the CPUs (Windows only)").hide());
    flags.add(
        Flag.of(FlagType.BYTES, "io-maxbandwidth", "I/O limit of the system drive (Windows only)")
            .hide());
    flags.add(
        Flag.of(FlagType.INT, "io-maxiops", "I/O limit of the system drive (Windows only)").hide());
  }
}
