package gantry.cli.create;

import gantry.cli.command.CliException;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.GoNumbers;
import gantry.cli.json.Json;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The body of `POST /containers/create` for a command line: member by member what Docker's own
/// client sends.
public final class CreateBody {

  private final FlagValues flags;
  private final List<String> arguments;
  private final Map<String, String> environment;

  private CreateBody(FlagValues flags, List<String> arguments, Map<String, String> environment) {
    this.flags = flags;
    this.arguments = arguments;
    this.environment = environment;
  }

  /// What the client sets beside the flags.
  ///
  /// @param detached whether nothing is attached (`run -d`)
  /// @param consoleRows the terminal's height, 0 when there is none
  /// @param proxies environment variables from the user's settings, for names that the flags do not
  ///   set
  public record Surroundings(
      boolean detached, long consoleRows, long consoleColumns, Map<String, String> proxies) {
    public static final Surroundings NONE = new Surroundings(false, 0, 0, Map.of());
  }

  /// Builds the body.
  ///
  /// @param arguments the image and the command
  /// @throws IllegalArgumentException with Docker's words for what is wrong
  /// @throws IOException when a file that a flag names cannot be read
  public static JsonObject of(
      FlagValues flags,
      List<String> arguments,
      Map<String, String> environment,
      Surroundings surroundings)
      throws IOException {
    return new CreateBody(flags, arguments, environment).build(surroundings);
  }

  private JsonObject build(Surroundings surroundings) throws IOException {
    refuseWindowsFlags();
    refuseApiSocket();
    JsonObject exposed = JsonObject.create();
    JsonObject bindings = JsonObject.create();
    for (String spec : flags.list("publish")) {
      PortSpec.publish(spec, exposed, bindings);
    }
    for (String spec : flags.list("expose")) {
      PortSpec.expose(spec, exposed);
    }
    JsonObject volumes = JsonObject.create();
    List<Object> binds = new ArrayList<>();
    for (String spec : flags.list("volume")) {
      VolumeSpec volume = VolumeSpec.parse(spec);
      if (volume.source().isEmpty()) {
        volumes.put(volume.text(), JsonObject.create());
      } else {
        binds.add(volume.text());
      }
    }
    JsonObject body = config(surroundings, exposed, volumes);
    JsonObject host = hostConfig(surroundings, binds, bindings);
    JsonObject endpoints = networks(host);
    return body.put("HostConfig", host)
        .put("NetworkingConfig", JsonObject.create().put("EndpointsConfig", endpoints));
  }

  private void refuseWindowsFlags() {
    for (String name : List.of("cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops")) {
      if (flags.changed(name)) {
        throw new CliException(
            "\"--"
                + name
                + "\" is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux");
      }
    }
  }

  private void refuseApiSocket() {
    if (flags.bool("use-api-socket")) {
      throw new IllegalArgumentException(
          "--use-api-socket is an experiment of Docker's that gantry does not have; mount the daemon's socket with --volume instead");
    }
  }

  private JsonObject config(Surroundings surroundings, JsonObject exposed, JsonObject volumes)
      throws IOException {
    List<String> attached = surroundings.detached() ? List.of() : attached();
    boolean stdin = attached.contains("stdin");
    JsonObject body =
        JsonObject.create()
            .put("Hostname", flags.text("hostname"))
            .put("Domainname", flags.text("domainname"))
            .put("User", flags.text("user"))
            .put("AttachStdin", stdin)
            .put("AttachStdout", attached.contains("stdout"))
            .put("AttachStderr", attached.contains("stderr"));
    if (!exposed.members().isEmpty()) {
      body.put("ExposedPorts", exposed);
    }
    body.put("Tty", flags.bool("tty"))
        .put("OpenStdin", flags.bool("interactive"))
        .put("StdinOnce", flags.bool("interactive") && stdin)
        .put("Env", orNull(env(surroundings.proxies())))
        .put("Cmd", orNull(arguments.subList(1, arguments.size())));
    healthcheck().ifPresent(check -> body.put("Healthcheck", check));
    body.put("Image", arguments.getFirst())
        .put("Volumes", volumes)
        .put("WorkingDir", flags.text("workdir"))
        .put(
            "Entrypoint",
            flags.changed("entrypoint") ? List.of(flags.text("entrypoint")) : JsonNull.NULL)
        .put("OnBuild", JsonNull.NULL)
        .put("Labels", pairs(labels()));
    if (flags.changed("stop-signal")) {
      body.put("StopSignal", flags.text("stop-signal"));
    }
    if (flags.changed("stop-timeout")) {
      body.put("StopTimeout", flags.number("stop-timeout"));
    }
    return body;
  }

  private List<String> attached() {
    List<String> attached = new ArrayList<>();
    flags.list("attach").forEach(stream -> attached.add(stream.toLowerCase(Locale.ROOT)));
    if (attached.isEmpty()) {
      attached.addAll(List.of("stdout", "stderr"));
      if (flags.bool("interactive")) {
        attached.add("stdin");
      }
    }
    return attached;
  }

  private List<String> env(Map<String, String> proxies) throws IOException {
    List<String> entries = variables(flags, environment);
    proxies.forEach(
        (name, value) -> {
          if (entries.stream()
              .noneMatch(entry -> entry.equals(name) || entry.startsWith(name + "="))) {
            entries.add(name + "=" + value);
          }
        });
    return entries;
  }

  /// What `--env-file` and `--env` set: a name without a value takes the client's own.
  public static List<String> variables(FlagValues flags, Map<String, String> environment)
      throws IOException {
    List<String> entries = new ArrayList<>();
    Function<String, Optional<String>> own = name -> Optional.ofNullable(environment.get(name));
    for (String file : flags.list("env-file")) {
      entries.addAll(KeyValueFile.read("env", file, own));
    }
    for (String entry : flags.list("env")) {
      entries.add(
          entry.indexOf('=') >= 0
              ? entry
              : own.apply(entry).map(value -> entry + "=" + value).orElse(entry));
    }
    return entries;
  }

  /// Refuses what cannot be an environment variable.
  public static void checkVariable(String entry) {
    FlagChecks.environment(entry);
  }

  private List<String> labels() throws IOException {
    List<String> labels = new ArrayList<>();
    for (String file : flags.list("label-file")) {
      labels.addAll(KeyValueFile.read("env", file, _ -> Optional.empty()));
    }
    labels.addAll(flags.list("label"));
    String onFailure = flags.text("health-on-failure");
    if (!onFailure.isEmpty()) {
      labels.add("gantry.health.on-failure=" + onFailure);
    }
    return labels;
  }

  private Optional<JsonObject> healthcheck() {
    long interval = duration("health-interval");
    long timeout = duration("health-timeout");
    long startPeriod = duration("health-start-period");
    long startInterval = duration("health-start-interval");
    long retries = flags.number("health-retries");
    boolean asked =
        !flags.text("health-cmd").isEmpty()
            || interval != 0
            || timeout != 0
            || startPeriod != 0
            || startInterval != 0
            || retries != 0;
    if (flags.bool("no-healthcheck")) {
      if (asked) {
        throw new IllegalArgumentException("--no-healthcheck conflicts with --health-* options");
      }
      return Optional.of(JsonObject.create().put("Test", List.of("NONE")));
    }
    if (!asked) {
      return Optional.empty();
    }
    JsonObject check = JsonObject.create();
    if (!flags.text("health-cmd").isEmpty()) {
      check.put("Test", List.of("CMD-SHELL", flags.text("health-cmd")));
    }
    putPositive(check, "Interval", "health-interval", interval);
    putPositive(check, "Timeout", "health-timeout", timeout);
    putPositive(check, "StartPeriod", "health-start-period", startPeriod);
    putPositive(check, "StartInterval", "health-start-interval", startInterval);
    putPositive(check, "Retries", "health-retries", retries);
    return Optional.of(check);
  }

  private long duration(String flag) {
    return GoNumbers.parseDurationNanos(flags.text(flag));
  }

  private static void putPositive(JsonObject object, String member, String flag, long value) {
    if (value < 0) {
      throw new IllegalArgumentException("--" + flag + " cannot be negative");
    }
    if (value > 0) {
      object.put(member, value);
    }
  }

  private JsonObject hostConfig(Surroundings surroundings, List<Object> binds, JsonObject bindings)
      throws IOException {
    List<Object> devices = new ArrayList<>();
    List<Object> cdi = new ArrayList<>();
    for (String spec : flags.list("device")) {
      if (DeviceSpec.isCdi(spec)) {
        cdi.add(spec);
      } else {
        devices.add(DeviceSpec.parse(spec));
      }
    }
    Security security = Security.of(flags.list("security-opt"));
    JsonObject host =
        JsonObject.create()
            .put("Binds", orNull(binds))
            .put("ContainerIDFile", flags.text("cidfile"))
            .put(
                "LogConfig",
                JsonObject.create()
                    .put("Type", flags.text("log-driver"))
                    .put("Config", logOptions()))
            .put("NetworkMode", "default")
            .put("PortBindings", bindings)
            .put("RestartPolicy", restartPolicy())
            .put("AutoRemove", flags.bool("rm"))
            .put("VolumeDriver", flags.text("volume-driver"))
            .put("VolumesFrom", orNull(flags.list("volumes-from")))
            .put("ConsoleSize", List.of(surroundings.consoleRows(), surroundings.consoleColumns()));
    putUnlessEmpty(host, "Annotations", pairs(flags.list("annotation")));
    host.put("CapAdd", orNull(capabilities("cap-add")))
        .put("CapDrop", orNull(capabilities("cap-drop")))
        .put("CgroupnsMode", mode("cgroupns", "CGROUP", List.of("", "private", "host"), false))
        .put("Dns", flags.list("dns").stream().map(String::strip).toList())
        .put("DnsOptions", merged("dns-option", "dns-opt"))
        .put("DnsSearch", flags.list("dns-search").stream().map(String::strip).toList())
        .put(
            "ExtraHosts",
            orNull(flags.list("add-host").stream().map(FlagChecks::extraHost).toList()))
        .put("GroupAdd", orNull(flags.list("group-add")))
        .put("IpcMode", flags.text("ipc"))
        .put("Cgroup", "")
        .put("Links", orNull(flags.list("link")))
        .put("OomScoreAdj", flags.number("oom-score-adj"))
        .put("PidMode", mode("pid", "PID", List.of("", "host"), true))
        .put("Privileged", flags.bool("privileged"))
        .put("PublishAllPorts", flags.bool("publish-all"))
        .put("ReadonlyRootfs", flags.bool("read-only"))
        .put("SecurityOpt", security.options)
        .put("UTSMode", mode("uts", "UTS", List.of("", "host"), false))
        .put("UsernsMode", mode("userns", "USER", List.of("", "host"), false))
        .put("ShmSize", flags.bytes("shm-size"));
    putUnlessEmpty(host, "StorageOpt", storageOptions());
    putUnlessEmpty(host, "Tmpfs", tmpfs());
    putUnlessEmpty(host, "Sysctls", pairs(flags.list("sysctl")));
    if (!flags.text("runtime").isEmpty()) {
      host.put("Runtime", flags.text("runtime"));
    }
    host.put("Isolation", flags.text("isolation"));
    resources(host, devices, deviceRequests(cdi));
    List<Object> mounts = mapped("mount", MountSpec::parse);
    if (!mounts.isEmpty()) {
      host.put("Mounts", mounts);
    }
    if (flags.changed("init")) {
      host.put("Init", flags.bool("init"));
    }
    return host.put("MaskedPaths", security.unconfinedPaths ? List.of() : JsonNull.NULL)
        .put("ReadonlyPaths", security.unconfinedPaths ? List.of() : JsonNull.NULL);
  }

  private void resources(JsonObject host, List<Object> devices, Object deviceRequests) {
    long swappiness = flags.number("memory-swappiness");
    if (swappiness != -1 && (swappiness < 0 || swappiness > 100)) {
      throw new IllegalArgumentException(
          "invalid value: " + swappiness + ". Valid memory swappiness range is 0-100");
    }
    List<Object> ulimits = mapped("ulimit", UlimitSpec::parse);
    ulimits.sort(
        (left, right) ->
            ((JsonObject) left).text("Name").compareTo(((JsonObject) right).text("Name")));
    host.put("CpuShares", flags.number("cpu-shares"))
        .put("Memory", flags.bytes("memory"))
        .put(
            "NanoCpus",
            flags.text("cpus").isEmpty() ? 0L : GoNumbers.parseNanoCpus(flags.text("cpus")))
        .put("CgroupParent", flags.text("cgroup-parent"))
        .put("BlkioWeight", flags.number("blkio-weight"))
        .put("BlkioWeightDevice", mapped("blkio-weight-device", ThrottleSpec::weight))
        .put("BlkioDeviceReadBps", mapped("device-read-bps", ThrottleSpec::bytes))
        .put("BlkioDeviceWriteBps", mapped("device-write-bps", ThrottleSpec::bytes))
        .put("BlkioDeviceReadIOps", mapped("device-read-iops", ThrottleSpec::operations))
        .put("BlkioDeviceWriteIOps", mapped("device-write-iops", ThrottleSpec::operations))
        .put("CpuPeriod", flags.number("cpu-period"))
        .put("CpuQuota", flags.number("cpu-quota"))
        .put("CpuRealtimePeriod", flags.number("cpu-rt-period"))
        .put("CpuRealtimeRuntime", flags.number("cpu-rt-runtime"))
        .put("CpusetCpus", flags.text("cpuset-cpus"))
        .put("CpusetMems", flags.text("cpuset-mems"))
        .put("Devices", devices)
        .put("DeviceCgroupRules", orNull(flags.list("device-cgroup-rule")))
        .put("DeviceRequests", deviceRequests)
        .put("MemoryReservation", flags.bytes("memory-reservation"))
        .put("MemorySwap", flags.bytes("memory-swap"))
        .put("MemorySwappiness", swappiness)
        .put("OomKillDisable", flags.bool("oom-kill-disable"))
        .put("PidsLimit", flags.number("pids-limit"))
        .put("Ulimits", ulimits)
        .put("CpuCount", 0L)
        .put("CpuPercent", 0L)
        .put("IOMaximumIOps", 0L)
        .put("IOMaximumBandwidth", 0L);
  }

  private Object deviceRequests(List<Object> cdi) {
    List<Object> requests = mapped("gpus", GpuSpec::parse);
    if (!cdi.isEmpty()) {
      requests.add(
          JsonObject.create()
              .put("Driver", "cdi")
              .put("Count", 0L)
              .put("DeviceIDs", cdi)
              .put("Capabilities", JsonNull.NULL)
              .put("Options", JsonNull.NULL));
    }
    return orNull(requests);
  }

  private JsonObject logOptions() {
    if (flags.text("log-driver").equals("none") && !flags.list("log-opt").isEmpty()) {
      throw new IllegalArgumentException("invalid logging opts for driver none");
    }
    return pairs(flags.list("log-opt"));
  }

  private JsonObject storageOptions() {
    for (String option : flags.list("storage-opt")) {
      if (option.indexOf('=') < 0) {
        throw new IllegalArgumentException("invalid storage option");
      }
    }
    return pairs(flags.list("storage-opt"));
  }

  private JsonObject tmpfs() {
    JsonObject tmpfs = JsonObject.create();
    for (String spec : flags.list("tmpfs")) {
      int colon = spec.indexOf(':');
      tmpfs.put(
          colon < 0 ? spec : spec.substring(0, colon), colon < 0 ? "" : spec.substring(colon + 1));
    }
    return tmpfs;
  }

  private JsonObject restartPolicy() {
    JsonObject policy = restartPolicy(flags.text("restart"));
    boolean restarts = !policy.text("Name").isEmpty() && !policy.text("Name").equals("no");
    if (flags.bool("rm") && restarts) {
      throw new IllegalArgumentException(
          "conflicting options: cannot specify both --restart and --rm");
    }
    return policy;
  }

  /// `no`, `always`, `unless-stopped` or `on-failure`, with the number of tries behind a colon, as
  /// the API's object.
  public static JsonObject restartPolicy(String policy) {
    int colon = policy.indexOf(':');
    String name = colon < 0 ? policy : policy.substring(0, colon);
    if (colon == 0) {
      throw new IllegalArgumentException(
          "invalid restart policy format: no policy provided before colon");
    }
    long tries = 0;
    if (colon > 0) {
      try {
        tries = Long.parseLong(policy.substring(colon + 1));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "invalid restart policy format: maximum retry count must be an integer", e);
      }
    }
    return JsonObject.create().put("Name", name).put("MaximumRetryCount", tries);
  }

  private String mode(String flag, String what, List<String> known, boolean ofContainer) {
    String mode = flags.text(flag);
    boolean shared =
        ofContainer && mode.startsWith("container:") && mode.length() > "container:".length();
    if (!known.contains(mode) && !shared) {
      throw new IllegalArgumentException("--" + flag + ": invalid " + what + " mode");
    }
    return mode;
  }

  private List<Object> capabilities(String flag) {
    List<Object> names = new ArrayList<>();
    for (String value : flags.list(flag)) {
      String name = value.strip().toUpperCase(Locale.ROOT);
      names.add(name.equals("ALL") || name.startsWith("CAP_") ? name : "CAP_" + name);
    }
    names.sort((left, right) -> left.toString().compareTo(right.toString()));
    return names;
  }

  /// Sets the network mode and returns the endpoints.
  private JsonObject networks(JsonObject host) {
    List<String> given = merged("network", "net");
    List<NetworkSpec> networks = new ArrayList<>();
    given.forEach(spec -> networks.add(NetworkSpec.parse(spec)));
    if (networks.isEmpty()) {
      networks.add(NetworkSpec.named("default"));
    }
    networks.getFirst().apply(withNetAlias());
    JsonObject endpoints = JsonObject.create();
    for (NetworkSpec network : networks) {
      network.check();
      if (endpoints.has(network.name())) {
        throw new IllegalArgumentException(
            "network \"" + network.name() + "\" is specified multiple times");
      }
      boolean unsaid = given.size() == 1 && network.plain();
      if (!unsaid || network.userDefined()) {
        endpoints.put(network.name(), network.endpoint());
      }
    }
    boolean mixed =
        networks.stream().anyMatch(NetworkSpec::userDefined)
            && networks.stream().anyMatch(network -> !network.userDefined());
    if (mixed) {
      throw new IllegalArgumentException(
          "conflicting options: cannot attach both user-defined and non-user-defined network-modes");
    }
    host.put("NetworkMode", networks.getFirst().name());
    return endpoints;
  }

  private FlagValues withNetAlias() {
    return flags.merged("network-alias", "net-alias");
  }

  private List<String> merged(String name, String oldName) {
    return flags.merged(name, oldName).list(name);
  }

  private List<Object> mapped(String flag, Function<String, JsonObject> parse) {
    List<Object> list = new ArrayList<>();
    flags.list(flag).forEach(value -> list.add(parse.apply(value)));
    return list;
  }

  /// `NAME=value` texts as an object; a text without `=` has the empty value.
  public static JsonObject pairs(List<String> entries) {
    JsonObject object = JsonObject.create();
    for (String entry : entries) {
      int equals = entry.indexOf('=');
      object.put(
          equals < 0 ? entry : entry.substring(0, equals),
          equals < 0 ? "" : entry.substring(equals + 1));
    }
    return object;
  }

  private static void putUnlessEmpty(JsonObject object, String name, JsonObject value) {
    if (!value.members().isEmpty()) {
      object.put(name, value);
    }
  }

  private static Object orNull(List<?> list) {
    return list.isEmpty() ? JsonNull.NULL : list;
  }

  /// `--security-opt`, its profile files read.
  private record Security(Object options, boolean unconfinedPaths) {

    static Security of(List<String> given) throws IOException {
      List<Object> options = new ArrayList<>();
      boolean unconfined = false;
      for (String option : given) {
        if (option.equals("systempaths=unconfined")) {
          unconfined = true;
        } else {
          options.add(checked(option));
        }
      }
      return new Security(given.isEmpty() ? JsonNull.NULL : options, unconfined);
    }

    private static String checked(String option) throws IOException {
      int split = option.indexOf('=') >= 0 ? option.indexOf('=') : option.indexOf(':');
      if (split < 0 && !option.equals("no-new-privileges")) {
        throw new IllegalArgumentException("Invalid --security-opt: \"" + option + "\"");
      }
      String profile = option.startsWith("seccomp") && split > 0 ? option.substring(split + 1) : "";
      boolean file =
          !profile.isEmpty() && !profile.equals("unconfined") && !profile.equals("builtin");
      return file ? "seccomp=" + compacted(profile) : option;
    }

    private static String compacted(String file) throws IOException {
      byte[] profile;
      try {
        profile = Files.readAllBytes(Path.of(file));
      } catch (NoSuchFileException e) {
        throw new IllegalArgumentException(
            "opening seccomp profile ("
                + file
                + ") failed: open "
                + file
                + ": no such file or directory",
            e);
      }
      try {
        return Json.write(Json.parse(profile), Json.Escaping.PLAIN);
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "compacting json for seccomp profile (" + file + ") failed: " + e.getMessage(), e);
      }
    }
  }
}
