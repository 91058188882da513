package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.MountSpec;
import gantry.engine.container.PortBinding;
import gantry.engine.container.Resources;
import gantry.engine.container.RestartPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A container's `HostConfig`, in dockerd's order of fields.
final class HostConfigJson {
  static final List<String> MASKED_PATHS =
      List.of(
          "/proc/asound",
          "/proc/acpi",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");
  static final List<String> READ_ONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private HostConfigJson() {}

  static void write(JsonWriter json, ContainerSpec spec, String defaultRuntime) {
    json.object("HostConfig");
    json.putOrNull("Binds", binds(spec)).put("ContainerIDFile", "");
    json.object("LogConfig")
        .put("Type", spec.log().driver())
        .put("Config", spec.log().options())
        .end();
    json.put("NetworkMode", spec.isolation().networkMode());
    portBindings(json, spec.portBindings());
    restartPolicy(json, spec.restartPolicy());
    json.put("AutoRemove", spec.autoRemove());
    json.put("VolumeDriver", spec.volumeDriver().orElse(""));
    json.putOrNull("VolumesFrom", spec.volumesFrom());
    json.array("ConsoleSize")
        .add(spec.program().terminalSize().rows())
        .add(spec.program().terminalSize().columns())
        .endArray();
    json.putSome("Annotations", spec.annotations());
    isolation(json, spec);
    json.put("Runtime", spec.runtime().orElse(defaultRuntime)).put("Isolation", "");
    resources(json, spec);
    mounts(json, spec);
    paths(json, spec.isolation());
    spec.program().init().ifPresent(init -> json.put("Init", init));
    json.end();
  }

  private static void isolation(JsonWriter json, ContainerSpec spec) {
    ContainerSpec.Isolation isolation = spec.isolation();
    ContainerSpec.Identity identity = spec.identity();
    json.putOrNull("CapAdd", isolation.capabilitiesAdded());
    json.putOrNull("CapDrop", isolation.capabilitiesDropped());
    json.put("CgroupnsMode", isolation.cgroupMode());
    json.put("Dns", identity.dns());
    json.put("DnsOptions", identity.dnsOptions());
    json.put("DnsSearch", identity.dnsSearch());
    json.putOrNull("ExtraHosts", identity.extraHosts());
    json.putOrNull("GroupAdd", spec.program().additionalGroups());
    json.put("IpcMode", isolation.ipcMode().isEmpty() ? "private" : isolation.ipcMode());
    json.put("Cgroup", "");
    json.putOrNull("Links", identity.links());
    json.put("OomScoreAdj", isolation.oomScoreAdj().orElse(0));
    json.put("PidMode", isolation.pidMode());
    json.put("Privileged", isolation.privileged());
    json.put("PublishAllPorts", spec.publishAllPorts());
    json.put("ReadonlyRootfs", isolation.readOnlyRootfs());
    json.putOrNull("SecurityOpt", isolation.securityOptions());
    json.putSome("StorageOpt", isolation.storageOptions());
    json.putSome("Tmpfs", isolation.tmpfs());
    json.put("UTSMode", isolation.utsMode());
    json.put("UsernsMode", isolation.usernsMode());
    json.put("ShmSize", isolation.shmSizeBytes().orElse(64L << 20));
    json.putSome("Sysctls", isolation.sysctls());
  }

  private static void paths(JsonWriter json, ContainerSpec.Isolation isolation) {
    json.putOrNull(
        "MaskedPaths",
        isolation.maskedPaths().orElse(isolation.privileged() ? List.of() : MASKED_PATHS));
    json.putOrNull(
        "ReadonlyPaths",
        isolation.readOnlyPaths().orElse(isolation.privileged() ? List.of() : READ_ONLY_PATHS));
  }

  /// What was asked for with `-v`, as it was written.
  private static List<String> binds(ContainerSpec spec) {
    List<String> binds = new ArrayList<>();
    for (MountSpec mount : spec.mounts()) {
      switch (mount) {
        case MountSpec.Bind bind when bind.legacy() ->
            binds.add(bind(bind.source(), bind.target(), bind.mode()));
        case MountSpec.Volume volume when volume.legacy() && volume.name().isPresent() ->
            binds.add(bind(volume.name().get(), volume.target(), volume.mode()));
        default -> {}
      }
    }
    return binds;
  }

  private static String bind(String source, String target, String mode) {
    return source + ":" + target + (mode.isEmpty() ? "" : ":" + mode);
  }

  private static void portBindings(JsonWriter json, List<PortBinding> bindings) {
    Map<String, List<PortBinding>> byPort = new LinkedHashMap<>();
    for (PortBinding binding : bindings) {
      byPort.computeIfAbsent(binding.port(), _ -> new ArrayList<>()).add(binding);
    }
    json.object("PortBindings");
    JsonWriter.sorted(byPort)
        .forEach(
            (port, all) ->
                json.putEach(
                    port,
                    all,
                    binding ->
                        json.object()
                            .put("HostIp", binding.hostAddress())
                            .put("HostPort", binding.hostPort())
                            .end()));
    json.end();
  }

  private static void restartPolicy(JsonWriter json, RestartPolicy policy) {
    json.object("RestartPolicy").put("Name", name(policy));
    json.put(
        "MaximumRetryCount",
        policy instanceof RestartPolicy.OnFailure failure ? failure.maximum().orElse(0) : 0);
    json.end();
  }

  private static String name(RestartPolicy policy) {
    return switch (policy) {
      case RestartPolicy.No _ -> "no";
      case RestartPolicy.Always _ -> "always";
      case RestartPolicy.UnlessStopped _ -> "unless-stopped";
      case RestartPolicy.OnFailure _ -> "on-failure";
    };
  }

  private static void resources(JsonWriter json, ContainerSpec spec) {
    Resources resources = spec.resources();
    json.put("CpuShares", resources.cpuShares());
    json.put("Memory", resources.memoryBytes());
    json.put("NanoCpus", resources.nanoCpus());
    json.put("CgroupParent", spec.isolation().cgroupParent());
    json.put("BlkioWeight", resources.blkioWeight());
    blockIo(json, resources);
    json.put("CpuPeriod", resources.cpuPeriodMicros());
    json.put("CpuQuota", resources.cpuQuotaMicros());
    json.put("CpuRealtimePeriod", resources.cpuRealtimePeriodMicros());
    json.put("CpuRealtimeRuntime", resources.cpuRealtimeRuntimeMicros());
    json.put("CpusetCpus", resources.cpusetCpus());
    json.put("CpusetMems", resources.cpusetMems());
    devices(json, resources);
    json.putSome("KernelMemory", resources.kernelMemoryBytes());
    json.put("MemoryReservation", resources.memoryReservationBytes());
    json.put("MemorySwap", resources.memorySwapBytes());
    json.putNumberOrNull("MemorySwappiness", resources.memorySwappiness());
    json.put("OomKillDisable", resources.oomKillDisable().orElse(false));
    json.putNumberOrNull("PidsLimit", resources.pids());
    eachOrNull(
        json,
        "Ulimits",
        resources.ulimits(),
        limit ->
            json.object()
                .put("Name", limit.name())
                .put("Hard", limit.hard())
                .put("Soft", limit.soft())
                .end());
    json.put("CpuCount", 0).put("CpuPercent", 0);
    json.put("IOMaximumIOps", 0).put("IOMaximumBandwidth", 0);
  }

  private static <T> void eachOrNull(
      JsonWriter json, String name, List<T> values, Consumer<T> write) {
    if (values.isEmpty()) {
      json.putNull(name);
    } else {
      json.putEach(name, values, write);
    }
  }

  private static void blockIo(JsonWriter json, Resources resources) {
    eachOrNull(
        json,
        "BlkioWeightDevice",
        resources.blkioWeightDevices(),
        device -> json.object().put("Path", device.path()).put("Weight", device.weight()).end());
    throttle(json, "BlkioDeviceReadBps", resources.readBps());
    throttle(json, "BlkioDeviceWriteBps", resources.writeBps());
    throttle(json, "BlkioDeviceReadIOps", resources.readIops());
    throttle(json, "BlkioDeviceWriteIOps", resources.writeIops());
  }

  private static void throttle(
      JsonWriter json, String name, List<Resources.ThrottleDevice> devices) {
    eachOrNull(
        json,
        name,
        devices,
        device -> json.object().put("Path", device.path()).put("Rate", device.rate()).end());
  }

  private static void devices(JsonWriter json, Resources resources) {
    eachOrNull(
        json,
        "Devices",
        resources.devices(),
        device ->
            json.object()
                .put("PathOnHost", device.hostPath())
                .put("PathInContainer", device.containerPath())
                .put("CgroupPermissions", device.rights())
                .end());
    json.putOrNull("DeviceCgroupRules", resources.deviceCgroupRules());
    eachOrNull(
        json,
        "DeviceRequests",
        resources.deviceRequests(),
        request -> {
          json.object().put("Driver", request.driver()).put("Count", request.count());
          json.putOrNull("DeviceIDs", request.deviceIds());
          eachOrNull(json, "Capabilities", request.capabilities(), json::add);
          json.put("Options", request.options()).end();
        });
  }

  private static void mounts(JsonWriter json, ContainerSpec spec) {
    List<MountSpec> mounts = spec.mounts().stream().filter(mount -> !isLegacy(mount)).toList();
    if (!mounts.isEmpty()) {
      json.putEach("Mounts", mounts, mount -> mount(json, mount));
    }
  }

  private static boolean isLegacy(MountSpec mount) {
    return switch (mount) {
      case MountSpec.Bind bind -> bind.legacy();
      case MountSpec.Volume volume -> volume.legacy();
      case MountSpec.Tmpfs _, MountSpec.Image _ -> false;
    };
  }

  private static void mount(JsonWriter json, MountSpec mount) {
    json.object();
    switch (mount) {
      case MountSpec.Bind bind -> {
        begin(json, "bind", bind.source(), bind).putSome("Consistency", bind.consistency());
        json.object("BindOptions").putSome("Propagation", bind.propagation());
        json.putSome("NonRecursive", !bind.recursive());
        json.putSome("CreateMountpoint", bind.createSource()).end();
      }
      case MountSpec.Volume volume -> {
        begin(json, "volume", volume.name().orElse(""), volume);
        json.object("VolumeOptions").putSome("NoCopy", !volume.copy());
        json.putSome("Labels", volume.labels()).putSome("Subpath", volume.subpath());
        if (volume.driver().isPresent() || !volume.driverOptions().isEmpty()) {
          json.object("DriverConfig").putSome("Name", volume.driver().orElse(""));
          json.putSome("Options", volume.driverOptions()).end();
        }
        json.end();
      }
      case MountSpec.Tmpfs tmpfs -> {
        begin(json, "tmpfs", "", tmpfs).object("TmpfsOptions");
        json.putSome("SizeBytes", tmpfs.sizeBytes().orElse(0L));
        json.putSome("Mode", tmpfs.mode().orElse(0));
        if (!tmpfs.options().isEmpty()) {
          json.putEach(
              "Options", tmpfs.options(), option -> json.add(List.of(option.split("=", 2))));
        }
        json.end();
      }
      case MountSpec.Image image -> {
        begin(json, "image", image.image(), image).object("ImageOptions");
        json.putSome("Subpath", image.subpath()).end();
      }
    }
    json.end();
  }

  private static JsonWriter begin(JsonWriter json, String type, String source, MountSpec mount) {
    json.put("Type", type).putSome("Source", source).put("Target", mount.target());
    return json.putSome("ReadOnly", mount.readOnly() && !type.equals("image"));
  }
}
