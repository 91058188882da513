package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerSpecBuilder;
import gantry.engine.container.ContainerUpdate;
import gantry.engine.container.EndpointSpec;
import gantry.engine.container.LogConfig;
import gantry.engine.container.PortBinding;
import gantry.engine.container.Resources;
import gantry.engine.container.RestartPolicy;
import gantry.engine.container.TerminalSize;
import gantry.engine.container.Ulimit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads what `POST /containers/create` takes: a `Config` with `HostConfig` and `NetworkingConfig`
/// in it.
final class ContainerDecoder {
  private static final String DEFAULT_NETWORK = "bridge";

  private ContainerDecoder() {}

  /// The container that is asked for.
  static ContainerSpec create(
      JsonObject json, Optional<String> name, Optional<String> platform, ApiVersion version) {
    ContainerSpecBuilder spec = config(json).name(name).platform(platform);
    JsonObject host = json.object("HostConfig");
    hostConfig(spec, host, version);
    spec.mounts(MountDecoder.mounts(host, version));
    String networkMode = networkMode(host);
    spec.networkMode(networkMode);
    spec.networkEndpoints(endpoints(json.object("NetworkingConfig"), networkMode, version));
    ContainerSpec built = spec.build();
    check(built);
    return built;
  }

  /// What all know under `Config`.
  static ContainerSpecBuilder config(JsonObject json) {
    return ContainerSpec.builder(json.text("Image"))
        .hostname(json.text("Hostname"))
        .domainname(json.text("Domainname"))
        .user(json.text("User"))
        .attachStdin(json.flag("AttachStdin"))
        .attachStdout(json.flag("AttachStdout"))
        .attachStderr(json.flag("AttachStderr"))
        .exposedPorts(
            json.objectMap("ExposedPorts").keySet().stream().map(ContainerDecoder::port).toList())
        .terminal(json.flag("Tty"))
        .openStdin(json.flag("OpenStdin"))
        .stdinOnce(json.flag("StdinOnce"))
        .environment(json.strings("Env"))
        .command(json.stringOrStrings("Cmd").filter(words -> !words.isEmpty()))
        .healthcheck(json.optional("Healthcheck", HealthcheckJson::read))
        .argsEscaped(json.flag("ArgsEscaped"))
        .volumes(List.copyOf(json.objectMap("Volumes").keySet()))
        .workingDirectory(json.text("WorkingDir"))
        .entrypoint(json.stringOrStrings("Entrypoint").flatMap(ContainerDecoder::entrypoint))
        .networkDisabled(json.flag("NetworkDisabled"))
        .macAddress(json.someText("MacAddress"))
        .onBuild(json.strings("OnBuild"))
        .labels(json.stringMap("Labels"))
        .stopSignal(json.someText("StopSignal"))
        .stopTimeoutSeconds(
            json.optionalInteger("StopTimeout").map(OptionalInt::of).orElse(OptionalInt.empty()))
        .shell(json.stringOrStrings("Shell").orElse(List.of()));
  }

  // `[]` is nothing said, `[""]` takes the image's entry point away.
  private static Optional<List<String>> entrypoint(List<String> words) {
    if (words.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(words.equals(List.of("")) ? List.of() : words);
  }

  private static String port(String port) {
    return port.indexOf('/') < 0 ? port + "/tcp" : port;
  }

  private static void hostConfig(ContainerSpecBuilder spec, JsonObject host, ApiVersion version) {
    spec.log(log(host.object("LogConfig")))
        .restartPolicy(restartPolicy(host.object("RestartPolicy")))
        .portBindings(portBindings(host.object("PortBindings")))
        .autoRemove(host.flag("AutoRemove"))
        .volumeDriver(host.someText("VolumeDriver"))
        .volumesFrom(host.strings("VolumesFrom"))
        .annotations(host.stringMap("Annotations"))
        .dns(host.strings("Dns"))
        .dnsOptions(host.strings("DnsOptions"))
        .dnsSearch(host.strings("DnsSearch"))
        .extraHosts(host.strings("ExtraHosts"))
        .additionalGroups(host.strings("GroupAdd"))
        .links(host.strings("Links"))
        .publishAllPorts(host.flag("PublishAllPorts"))
        .runtime(host.someText("Runtime"))
        .init(host.optionalFlag("Init"))
        .resources(resources(host));
    if (version.since(42)) {
      spec.terminalSize(consoleSize(host));
    }
    isolation(spec, host);
  }

  private static void isolation(ContainerSpecBuilder spec, JsonObject host) {
    String isolation = host.text("Isolation");
    if (!isolation.isEmpty() && !isolation.equalsIgnoreCase("default")) {
      throw Call.invalid("invalid isolation (" + isolation + "): linux only supports 'default'");
    }
    long shmSize = host.number("ShmSize");
    if (shmSize < 0) {
      throw Call.invalid("SHM size can not be less than 0");
    }
    spec.capabilitiesAdded(host.stringOrStrings("CapAdd").orElse(List.of()))
        .capabilitiesDropped(host.stringOrStrings("CapDrop").orElse(List.of()))
        .cgroupMode(host.text("CgroupnsMode"))
        .ipcMode(host.text("IpcMode"))
        .pidMode(host.text("PidMode"))
        .utsMode(host.text("UTSMode"))
        .usernsMode(host.text("UsernsMode"))
        .privileged(host.flag("Privileged"))
        .readOnlyRootfs(host.flag("ReadonlyRootfs"))
        .securityOptions(host.strings("SecurityOpt"))
        .storageOptions(host.stringMap("StorageOpt"))
        .tmpfs(tmpfs(host.stringMap("Tmpfs")))
        .shmSizeBytes(shmSize == 0 ? Optional.empty() : Optional.of(shmSize))
        .sysctls(host.stringMap("Sysctls"))
        .cgroupParent(host.text("CgroupParent"))
        .maskedPaths(host.optionalStrings("MaskedPaths"))
        .readOnlyPaths(host.optionalStrings("ReadonlyPaths"))
        .oomScoreAdj(
            host.optionalInteger("OomScoreAdj")
                .filter(n -> n != 0)
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty()));
  }

  private static Map<String, String> tmpfs(Map<String, String> mounts) {
    for (String target : mounts.keySet()) {
      if (!target.startsWith("/")) {
        throw Call.invalid("invalid mount path: '" + target + "' mount path must be absolute");
      }
    }
    return mounts;
  }

  /// `ConsoleSize`, `[height, width]`.
  static TerminalSize consoleSize(JsonObject json) {
    List<Long> size = json.numbers("ConsoleSize");
    if (size.size() != 2) {
      return TerminalSize.UNKNOWN;
    }
    return new TerminalSize(clamp(size.get(0)), clamp(size.get(1)));
  }

  private static int clamp(long value) {
    return Math.clamp(value, 0, 0xffff);
  }

  private static LogConfig log(JsonObject json) {
    return new LogConfig(json.text("Type"), json.stringMap("Config"));
  }

  private static RestartPolicy restartPolicy(JsonObject json) {
    String name = json.text("Name");
    int maximum = json.integer("MaximumRetryCount");
    RestartPolicy policy =
        switch (name) {
          case "", "no" -> new RestartPolicy.No();
          case "always" -> new RestartPolicy.Always();
          case "unless-stopped" -> new RestartPolicy.UnlessStopped();
          case "on-failure" ->
              new RestartPolicy.OnFailure(
                  maximum == 0 ? OptionalInt.empty() : OptionalInt.of(maximum));
          default ->
              throw Call.invalid(
                  "invalid restart policy: unknown policy '%s'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
                      .formatted(name));
        };
    if (maximum != 0 && !(policy instanceof RestartPolicy.OnFailure)) {
      throw Call.invalid(
          "invalid restart policy: maximum retry count can only be used with 'on-failure'");
    }
    if (maximum < 0) {
      throw Call.invalid("invalid restart policy: maximum retry count cannot be negative");
    }
    return policy;
  }

  // A port without a binding, or with an empty one, is published at random.
  private static List<PortBinding> portBindings(JsonObject json) {
    List<PortBinding> bindings = new ArrayList<>();
    for (String key : json.names()) {
      List<JsonObject> values = json.objects(key);
      for (JsonObject value : values) {
        bindings.add(new PortBinding(port(key), value.text("HostIp"), value.text("HostPort")));
      }
      if (values.isEmpty()) {
        bindings.add(new PortBinding(port(key), "", ""));
      }
    }
    return bindings;
  }

  static Resources resources(JsonObject json) {
    return new Resources(
        json.number("CpuShares"),
        json.number("Memory"),
        json.number("MemoryReservation"),
        json.number("MemorySwap"),
        json.number("KernelMemory"),
        json.optionalNumber("MemorySwappiness").filter(swappiness -> swappiness != -1),
        json.optionalFlag("OomKillDisable"),
        json.number("NanoCpus"),
        json.number("CpuPeriod"),
        json.number("CpuQuota"),
        json.number("CpuRealtimePeriod"),
        json.number("CpuRealtimeRuntime"),
        json.text("CpusetCpus"),
        json.text("CpusetMems"),
        json.optionalNumber("PidsLimit"),
        json.integer("BlkioWeight"),
        json.objects("BlkioWeightDevice").stream()
            .map(d -> new Resources.WeightDevice(d.text("Path"), d.integer("Weight")))
            .toList(),
        throttle(json, "BlkioDeviceReadBps"),
        throttle(json, "BlkioDeviceWriteBps"),
        throttle(json, "BlkioDeviceReadIOps"),
        throttle(json, "BlkioDeviceWriteIOps"),
        json.objects("Devices").stream().map(ContainerDecoder::device).toList(),
        json.objects("DeviceRequests").stream().map(ContainerDecoder::deviceRequest).toList(),
        json.strings("DeviceCgroupRules"),
        json.objects("Ulimits").stream()
            .map(l -> new Ulimit(l.text("Name"), l.number("Soft"), l.number("Hard")))
            .toList());
  }

  private static List<Resources.ThrottleDevice> throttle(JsonObject json, String name) {
    return json.objects(name).stream()
        .map(d -> new Resources.ThrottleDevice(d.text("Path"), d.number("Rate")))
        .toList();
  }

  private static Resources.DeviceMapping device(JsonObject json) {
    return new Resources.DeviceMapping(
        json.text("PathOnHost"), json.text("PathInContainer"), json.text("CgroupPermissions"));
  }

  private static Resources.DeviceRequest deviceRequest(JsonObject json) {
    return new Resources.DeviceRequest(
        json.text("Driver"),
        json.integer("Count"),
        json.strings("DeviceIDs"),
        json.stringLists("Capabilities"),
        json.stringMap("Options"));
  }

  private static String networkMode(JsonObject host) {
    String mode = host.text("NetworkMode");
    return mode.isEmpty() || mode.equals("default") ? DEFAULT_NETWORK : mode;
  }

  private static Map<String, EndpointSpec> endpoints(
      JsonObject networking, String networkMode, ApiVersion version) {
    Map<String, EndpointSpec> endpoints = new LinkedHashMap<>();
    networking
        .objectMap("EndpointsConfig")
        .forEach(
            (name, endpoint) ->
                endpoints.put(name.equals("default") ? networkMode : name, endpoint(endpoint)));
    if (endpoints.size() > 1 && version.before(44)) {
      throw Call.invalid(
          "Container cannot be created with multiple network endpoints: "
              + String.join(", ", endpoints.keySet()));
    }
    return endpoints;
  }

  static EndpointSpec endpoint(JsonObject json) {
    JsonObject addresses = json.object("IPAMConfig");
    return new EndpointSpec(
        addresses.someText("IPv4Address"),
        addresses.someText("IPv6Address"),
        addresses.strings("LinkLocalIPs"),
        json.strings("Aliases"),
        json.strings("Links"),
        json.someText("MacAddress"),
        json.stringMap("DriverOpts"),
        json.integer("GwPriority"));
  }

  private static void check(ContainerSpec spec) {
    if (spec.autoRemove() && !(spec.restartPolicy() instanceof RestartPolicy.No)) {
      throw Call.invalid("can't create 'AutoRemove' container with restart policy");
    }
    String mode = spec.isolation().networkMode();
    if (mode.equals("container:")) {
      throw Call.invalid("invalid network mode: invalid container format container:<name|id>");
    }
  }

  /// What `POST /containers/{id}/update` takes.
  static ContainerUpdate update(JsonObject json) {
    return new ContainerUpdate(
        resources(json),
        json.optionalObject("RestartPolicy")
            .filter(policy -> !policy.text("Name").isEmpty())
            .map(ContainerDecoder::restartPolicy));
  }
}
