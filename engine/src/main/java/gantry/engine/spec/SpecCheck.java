package gantry.engine.spec;

import gantry.engine.EngineException;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.Healthcheck;
import gantry.engine.container.MountSpec;
import gantry.engine.container.PortBinding;
import gantry.engine.container.Resources;
import gantry.engine.container.RestartPolicy;
import gantry.engine.container.Ulimit;
import gantry.engine.health.OnFailure;
import gantry.engine.log.LogOptions;
import gantry.engine.log.remote.LogSubject;
import gantry.engine.log.remote.RemoteDriver;
import gantry.engine.log.remote.TagTemplate;
import gantry.linux.process.Signal;
import gantry.linux.security.Capability;
import gantry.linux.security.SecurityOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Judges a merged spec: finds everything that is wrong with it at once, in Docker's words where
/// Docker has some, and what the user should be warned of.
public final class SpecCheck {
  /// What the machine has, as far as a spec can ask for it.
  ///
  /// @param cpus processors online
  /// @param cpuList as the kernel lists them: `0-3,5`
  /// @param swapLimit whether the kernel counts swap of a group
  /// @param runtimes names that can be asked for
  public record Machine(int cpus, String cpuList, boolean swapLimit, Set<String> runtimes) {}

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");
  private static final Pattern PORT = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
  private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}");
  private static final Pattern CPU_LIST = Pattern.compile("\\d+(?:-\\d+)?(?:,\\d+(?:-\\d+)?)*");
  private static final Set<String> ULIMITS =
      Set.of(
          "core",
          "cpu",
          "data",
          "fsize",
          "locks",
          "memlock",
          "msgqueue",
          "nice",
          "nofile",
          "nproc",
          "rss",
          "rtprio",
          "rttime",
          "sigpending",
          "stack");
  private static final Set<String> PROPAGATIONS =
      Set.of("", "rprivate", "private", "rshared", "shared", "rslave", "slave");
  private static final long MEMORY_LEAST = 6L << 20;
  private static final int HOSTNAME_MAX = 63;

  private final ContainerSpec spec;
  private final Machine machine;
  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private SpecCheck(ContainerSpec spec, Machine machine) {
    this.spec = spec;
    this.machine = machine;
  }

  /// What is wrong, and what is worth a warning.
  public record Findings(List<String> problems, List<String> warnings) {}

  /// Judges a merged spec.
  public static Findings of(ContainerSpec spec, Machine machine) {
    SpecCheck check = new SpecCheck(spec, machine);
    check.program();
    check.identity();
    check.namespaces();
    check.security();
    check.networking();
    check.resources(spec.resources());
    check.mounts();
    check.lifecycle();
    check.log();
    return new Findings(List.copyOf(check.problems), List.copyOf(check.warnings));
  }

  /// Judges new limits for a container that exists.
  public static Findings ofResources(ContainerSpec spec, Machine machine) {
    SpecCheck check = new SpecCheck(spec, machine);
    check.resources(spec.resources());
    check.restartPolicy();
    return new Findings(List.copyOf(check.problems), List.copyOf(check.warnings));
  }

  /// Whether `name`, without slash, can name a container.
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  private void program() {
    ContainerSpec.Program program = spec.program();
    boolean nothing =
        program.entrypoint().map(List::isEmpty).orElse(true)
            && program.command().map(List::isEmpty).orElse(true);
    if (nothing) {
      problem("no command specified");
    }
    String directory = program.workingDirectory();
    if (!directory.isEmpty() && !directory.startsWith("/")) {
      problem("the working directory '%s' is invalid, it needs to be an absolute path", directory);
    }
    for (String variable : program.environment()) {
      if (variable.isEmpty() || variable.startsWith("=")) {
        problem("invalid environment variable: %s", variable);
      } else if (variable.indexOf('\0') >= 0) {
        problem(
            "invalid environment variable: %s: it contains a zero byte",
            variable.replace("\0", "\\0"));
      }
    }
    words("entrypoint", program.entrypoint().orElse(List.of()));
    words("command", program.command().orElse(List.of()));
    spec.stopSignal()
        .filter(signal -> !isSignal(signal))
        .ifPresent(signal -> problem("invalid signal: %s", signal));
    spec.healthcheck().ifPresent(this::healthcheck);
  }

  private static boolean isSignal(String text) {
    try {
      return Signal.parse(text).number() > 0;
    } catch (IllegalArgumentException _) { // that is the answer
      return false;
    }
  }

  private void words(String what, List<String> words) {
    if (words.stream().anyMatch(word -> word.indexOf('\0') >= 0)) {
      problem("invalid %s: it contains a zero byte", what);
    }
  }

  private void healthcheck(Healthcheck health) {
    duration("Interval", health.interval());
    duration("Timeout", health.timeout());
    duration("StartPeriod", health.startPeriod());
    duration("StartInterval", health.startInterval());
    if (health.retries() < 0) {
      problem("Retries in Healthcheck cannot be negative");
    }
  }

  private void duration(String field, Duration value) {
    if (value.isNegative() || (!value.isZero() && value.compareTo(Duration.ofMillis(1)) < 0)) {
      problem("%s in Healthcheck cannot be less than 1ms", field);
    }
  }

  private void identity() {
    ContainerSpec.Identity identity = spec.identity();
    if (identity.hostname().length() > HOSTNAME_MAX
        || identity.hostname().chars().anyMatch(c -> c <= ' ' || c == '/' || c >= 127)) {
      problem(
          "invalid hostname '%s': at most 63 printable characters without space or slash",
          identity.hostname());
    }
    for (String host : identity.extraHosts()) {
      extraHost(host);
    }
    for (String server : identity.dns()) {
      if (!isAddress(server)) {
        problem("invalid IP address for DNS: '%s'", server);
      }
    }
    identity
        .macAddress()
        .filter(mac -> !mac.isEmpty() && !MAC.matcher(mac).matches())
        .ifPresent(mac -> problem("invalid MAC address: %s", mac));
  }

  private void extraHost(String host) {
    int separator = host.indexOf(':');
    if (separator <= 0) {
      problem("bad format for add-host: \"%s\"", host);
      return;
    }
    String address = host.substring(separator + 1);
    if (!address.equals("host-gateway") && !isAddress(address.replaceAll("^\\[|\\]$", ""))) {
      problem("invalid IP address in add-host: \"%s\"", address);
    }
  }

  private static boolean isAddress(String text) {
    boolean literal =
        !text.isEmpty() && (text.indexOf(':') >= 0 || text.matches("\\d+\\.\\d+\\.\\d+\\.\\d+"));
    try {
      return literal && !InetAddress.getByName(text).getHostAddress().isEmpty();
    } catch (UnknownHostException _) { // that is the answer
      return false;
    }
  }

  private void namespaces() {
    ContainerSpec.Isolation isolation = spec.isolation();
    mode("PID", isolation.pidMode(), Set.of("", "host"), true);
    mode("IPC", isolation.ipcMode(), Set.of("", "private", "shareable", "none", "host"), true);
    mode("UTS", isolation.utsMode(), Set.of("", "host"), false);
    mode("user namespace", isolation.usernsMode(), Set.of("", "host"), false);
    mode("cgroup namespace", isolation.cgroupMode(), Set.of("", "private", "host"), false);
    if (isolation.utsMode().equals("host")) {
      if (!spec.identity().domainname().isEmpty()) {
        problem("conflicting options: domainname and the UTS mode");
      }
    }
    if (isolation.networkMode().equals("host")
        && isolation.sysctls().keySet().stream().anyMatch(name -> name.startsWith("net."))) {
      problem("sysctl 'net.*' is not allowed in host network namespace");
    }
    if (isolation.ipcMode().equals("host")
        && isolation.sysctls().keySet().stream()
            .anyMatch(name -> name.startsWith("kernel.") || name.startsWith("fs.mqueue."))) {
      problem("sysctl 'kernel.*' and 'fs.mqueue.*' are not allowed in host IPC namespace");
    }
  }

  private void mode(String what, String mode, Set<String> known, boolean joins) {
    boolean joining = joins && mode.startsWith("container:") && mode.length() > 10;
    if (!known.contains(mode) && !joining) {
      problem("invalid %s mode: %s", what, mode);
    }
  }

  private void security() {
    ContainerSpec.Isolation isolation = spec.isolation();
    capabilities("CapAdd", isolation.capabilitiesAdded());
    capabilities("CapDrop", isolation.capabilitiesDropped());
    try {
      SecurityOptions _ = SecurityOptions.parse(securityOptions(isolation));
    } catch (IllegalArgumentException e) {
      problem("%s", String.valueOf(e.getMessage()));
    }
    isolation
        .oomScoreAdj()
        .ifPresent(
            score -> {
              if (score < -1000 || score > 1000) {
                problem("Invalid value %d, range for oom score adj is [-1000, 1000]", score);
              }
            });
    isolation
        .shmSizeBytes()
        .filter(size -> size < 0)
        .ifPresent(_ -> problem("SHM size can not be less than 0"));
    if (!isolation.storageOptions().isEmpty()) {
      problem(
          "--storage-opt is supported only for overlay over xfs with 'pquota' mount option, and not by Gantry");
    }
    for (String name : isolation.sysctls().keySet()) {
      sysctl(name);
    }
  }

  /// The entries that [SecurityOptions] knows: those about paths are read elsewhere.
  static List<String> securityOptions(ContainerSpec.Isolation isolation) {
    return isolation.securityOptions().stream()
        .filter(option -> !option.startsWith("systempaths"))
        .toList();
  }

  private void sysctl(String name) {
    boolean own =
        name.startsWith("net.")
            || name.startsWith("fs.mqueue.")
            || Set.of(
                    "kernel.msgmax",
                    "kernel.msgmnb",
                    "kernel.msgmni",
                    "kernel.sem",
                    "kernel.shmall",
                    "kernel.shmmax",
                    "kernel.shmmni",
                    "kernel.shm_rmid_forced",
                    "kernel.domainname")
                .contains(name);
    if (!own) {
      problem(
          "sysctl \"%s\" is not in a separate kernel namespace: choose one of net.*, fs.mqueue.*, kernel.msg*, kernel.sem, kernel.shm*",
          name);
    }
  }

  private void capabilities(String field, List<String> names) {
    for (String name : names) {
      if (name.equalsIgnoreCase(Capability.ALL)) {
        continue;
      }
      try {
        Capability _ = Capability.parse(name);
      } catch (IllegalArgumentException _) {
        problem("invalid %s: unknown capability: \"%s\"", field, name);
      }
    }
  }

  private void networking() {
    String mode = spec.isolation().networkMode();
    boolean joins = mode.startsWith("container:");
    boolean host = mode.equals("host");
    ContainerSpec.Identity identity = spec.identity();
    if (joins && !identity.links().isEmpty()) {
      problem(
          "conflicting options: container type network can't be used with links. This would result in undefined behavior");
    }
    if (host && !identity.links().isEmpty()) {
      problem(
          "conflicting options: host type networking can't be used with links. This would result in undefined behavior");
    }
    if (joins) {
      joined(identity);
    }
    for (PortBinding binding : spec.portBindings()) {
      port(binding);
    }
    for (String port : spec.exposedPorts()) {
      exposed(port);
    }
  }

  private void joined(ContainerSpec.Identity identity) {
    if (!identity.hostname().isEmpty()) {
      problem("conflicting options: hostname and the network mode");
    }
    if (!identity.dns().isEmpty()) {
      problem("conflicting options: dns and the network mode");
    }
    if (!identity.extraHosts().isEmpty()) {
      problem("conflicting options: custom host-to-IP mapping and the network mode");
    }
    if (identity.macAddress().filter(mac -> !mac.isEmpty()).isPresent()) {
      problem("conflicting options: mac-address and the network mode");
    }
    if (!spec.portBindings().isEmpty() || spec.publishAllPorts()) {
      problem("conflicting options: port publishing and the container type network mode");
    }
    if (!spec.exposedPorts().isEmpty()) {
      problem("conflicting options: port exposing and the container type network mode");
    }
  }

  private void port(PortBinding binding) {
    exposed(binding.port());
    if (!binding.hostPort().isEmpty() && !isPortRange(binding.hostPort(), 0)) {
      problem("invalid port specification: \"%s\"", binding.hostPort());
    }
    if (!binding.hostAddress().isEmpty() && !isAddress(binding.hostAddress())) {
      problem("invalid IP address: %s", binding.hostAddress());
    }
  }

  private void exposed(String port) {
    int slash = port.indexOf('/');
    String number = slash < 0 ? port : port.substring(0, slash);
    String protocol = slash < 0 ? "tcp" : port.substring(slash + 1);
    if (!isPortRange(number, 1)) {
      problem("invalid port specification: \"%s\"", port);
    } else if (!Set.of("tcp", "udp", "sctp").contains(protocol)) {
      problem("invalid proto: %s", protocol);
    }
  }

  private static boolean isPortRange(String text, int least) {
    var matcher = PORT.matcher(text);
    if (!matcher.matches()) {
      return false;
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
    return first >= least && first <= last && last <= 65_535;
  }

  private void resources(Resources limits) {
    memory(limits);
    cpu(limits);
    int weight = limits.blkioWeight();
    if (weight != 0 && (weight < 10 || weight > 1000)) {
      problem("Range of blkio weight is from 10 to 1000");
    }
    if (limits.pids().filter(pids -> pids < -1).isPresent()) {
      problem("Invalid value %d for pids limit: -1 is unlimited", limits.pids().get());
    }
    for (Ulimit ulimit : limits.ulimits()) {
      ulimit(ulimit);
    }
    for (Resources.DeviceMapping device : limits.devices()) {
      if (!device.rights().isEmpty() && !device.rights().matches("[rwm]{1,3}")) {
        problem("invalid device mode: %s", device.rights());
      }
    }
    for (String rule : limits.deviceCgroupRules()) {
      if (!rule.matches("[acb] ([0-9]+|\\*):([0-9]+|\\*) [rwm]{1,3}")) {
        problem("invalid device cgroup rule format: '%s'", rule);
      }
    }
  }

  private void memory(Resources limits) {
    long memory = limits.memoryBytes();
    long swap = limits.memorySwapBytes();
    long reservation = limits.memoryReservationBytes();
    if (memory != 0 && memory < MEMORY_LEAST) {
      problem("Minimum memory limit allowed is 6MB");
    }
    if (memory > 0 && swap > 0 && swap < memory) {
      problem("Minimum memoryswap limit should be larger than memory limit, see usage");
    }
    if (memory == 0 && swap > 0) {
      problem("You should always set the Memory limit when using Memoryswap limit, see usage");
    }
    if (reservation > 0 && reservation < MEMORY_LEAST) {
      problem("Minimum memory reservation allowed is 6MB");
    }
    if (memory > 0 && reservation > 0 && memory < reservation) {
      problem("Minimum memory limit can not be less than memory reservation limit, see usage");
    }
    limits
        .memorySwappiness()
        .filter(value -> value < -1 || value > 100)
        .ifPresent(
            value -> problem("Invalid value: %d, valid memory swappiness range is 0-100", value));
    if (memory > 0 && swap != -1 && !machine.swapLimit()) {
      warnings.add(
          "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.");
    }
    if (limits.oomKillDisable().orElse(false) && memory == 0) {
      warnings.add(
          "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.");
    }
  }

  private void cpu(Resources limits) {
    if (limits.nanoCpus() < 0 || limits.nanoCpus() > machine.cpus() * 1_000_000_000L) {
      problem(
          "range of CPUs is from 0.01 to %d.00, as there are only %d CPUs available",
          machine.cpus(), machine.cpus());
    }
    if (limits.nanoCpus() > 0 && limits.cpuPeriodMicros() > 0) {
      problem("conflicting options: Nano CPUs and CPU Period cannot both be set.");
    }
    if (limits.nanoCpus() > 0 && limits.cpuQuotaMicros() > 0) {
      problem("conflicting options: Nano CPUs and CPU Quota cannot both be set.");
    }
    long period = limits.cpuPeriodMicros();
    if (period != 0 && (period < 1000 || period > 1_000_000)) {
      problem(
          "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
    }
    if (limits.cpuQuotaMicros() > 0 && limits.cpuQuotaMicros() < 1000) {
      problem("CPU cfs quota can not be less than 1ms (i.e. 1000)");
    }
    if (limits.cpuShares() < 0) {
      problem("invalid CPU shares (%d): value must be a positive integer", limits.cpuShares());
    }
    cpuset(limits.cpusetCpus());
    if (!limits.cpusetMems().isEmpty() && !CPU_LIST.matcher(limits.cpusetMems()).matches()) {
      problem("Invalid value %s for cpuset mems", limits.cpusetMems());
    }
  }

  private void cpuset(String asked) {
    if (asked.isEmpty()) {
      return;
    }
    if (!CPU_LIST.matcher(asked).matches()) {
      problem("Invalid value %s for cpuset cpus", asked);
    } else if (!expand(machine.cpuList()).containsAll(expand(asked))) {
      problem(
          "Requested CPUs are not available - requested %s, available: %s",
          asked, machine.cpuList());
    }
  }

  private static Set<Integer> expand(String list) {
    Set<Integer> cpus = new TreeSet<>();
    for (String part : list.split(",", -1)) {
      int dash = part.indexOf('-');
      try {
        int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
        int last =
            dash < 0 ? first : Math.min(Integer.parseInt(part.substring(dash + 1)), first + 8192);
        for (int cpu = first; cpu <= last; cpu++) {
          cpus.add(cpu);
        }
      } catch (NumberFormatException _) { // too large to be one of ours
        cpus.add(Integer.MAX_VALUE);
      }
    }
    return cpus;
  }

  private void ulimit(Ulimit ulimit) {
    if (!ULIMITS.contains(ulimit.name())) {
      problem("invalid ulimit type: %s", ulimit.name());
    } else if (ulimit.hard() != -1 && (ulimit.soft() == -1 || ulimit.soft() > ulimit.hard())) {
      problem(
          "ulimit soft limit must be less than or equal to hard limit: %d > %d",
          ulimit.soft(), ulimit.hard());
    }
  }

  private void mounts() {
    Set<String> targets = new HashSet<>();
    for (MountSpec mount : spec.mounts()) {
      mount(mount);
      if (!targets.add(normalized(mount.target()))) {
        problem("Duplicate mount point: %s", mount.target());
      }
    }
    for (String target : spec.isolation().tmpfs().keySet()) {
      if (target(target, "tmpfs") && !targets.add(normalized(target))) {
        problem("Duplicate mount point: %s", target);
      }
    }
    for (String target : spec.volumes()) {
      target(target, "volume");
    }
  }

  private void mount(MountSpec mount) {
    switch (mount) {
      case MountSpec.Bind bind -> {
        target(bind.target(), "bind");
        bind(bind);
      }
      case MountSpec.Volume volume -> {
        target(volume.target(), "volume");
        volume
            .name()
            .filter(name -> !isVolumeName(name))
            .ifPresent(
                name ->
                    problem(
                        "create %s: \"%s\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path",
                        name, name));
        volume
            .driver()
            .filter(driver -> !driver.isEmpty() && !driver.equals("local"))
            .ifPresent(
                driver ->
                    problem(
                        "error looking up volume plugin %s: plugin \"%s\" not found",
                        driver, driver));
      }
      case MountSpec.Tmpfs tmpfs -> {
        target(tmpfs.target(), "tmpfs");
        if (tmpfs.sizeBytes().filter(size -> size < 0).isPresent()) {
          problem("invalid mount config for type \"tmpfs\": size must not be negative");
        }
      }
      case MountSpec.Image image -> target(image.target(), "image");
    }
  }

  /// Whether `name` can name a volume.
  public static boolean isVolumeName(String name) {
    return NAME.matcher(name).matches();
  }

  private void bind(MountSpec.Bind bind) {
    if (!PROPAGATIONS.contains(bind.propagation())) {
      problem(
          "invalid mount config for type \"bind\": invalid propagation mode: %s",
          bind.propagation());
    }
    if (!bind.source().startsWith("/")) {
      problem(
          "invalid mount config for type \"bind\": invalid mount path: '%s' mount path must be absolute",
          bind.source());
    } else if (!bind.legacy() && !bind.createSource() && !Files.exists(Path.of(bind.source()))) {
      problem(
          "invalid mount config for type \"bind\": bind source path does not exist: %s",
          bind.source());
    }
  }

  private boolean target(String target, String type) {
    if (!target.startsWith("/")) {
      problem(
          "invalid mount config for type \"%s\": invalid mount path: '%s' mount path must be absolute",
          type, target);
      return false;
    }
    if (normalized(target).equals("/")) {
      problem(
          "invalid mount config for type \"%s\": invalid specification: destination can't be '/'",
          type);
      return false;
    }
    return true;
  }

  private static String normalized(String path) {
    return Path.of(path.isEmpty() ? "/" : path).normalize().toString();
  }

  private void lifecycle() {
    if (spec.autoRemove() && !(spec.restartPolicy() instanceof RestartPolicy.No)) {
      problem("can't create 'AutoRemove' container with restart policy");
    }
    restartPolicy();
    onFailure();
    spec.runtime()
        .filter(name -> !name.isEmpty() && !machine.runtimes().contains(name))
        .ifPresent(name -> problem("unknown or invalid runtime name: %s", name));
    spec.volumeDriver()
        .filter(driver -> !driver.isEmpty() && !driver.equals("local"))
        .ifPresent(
            driver ->
                problem(
                    "error looking up volume plugin %s: plugin \"%s\" not found", driver, driver));
  }

  private void restartPolicy() {
    if (spec.restartPolicy() instanceof RestartPolicy.OnFailure(var maximum)
        && maximum.orElse(0) < 0) {
      problem("invalid restart policy: maximum retry count cannot be negative");
    }
  }

  private void onFailure() {
    try {
      OnFailure _ = OnFailure.of(spec.labels());
    } catch (EngineException e) {
      problems.add(e.getMessage());
    }
  }

  private void log() {
    String driver = spec.log().driver();
    Map<String, String> options = spec.log().options();
    Optional<RemoteDriver> remote = RemoteDriver.of(driver);
    LogSubject anybody =
        new LogSubject(
            "",
            "",
            "",
            "",
            "",
            Instant.EPOCH,
            LogOptions.details(options, spec.labels(), spec.program().environment(), problems));
    if (remote.isPresent()) {
      var _ = remote.get().cache(options, problems);
      var _ = remote.get().open(options, anybody, "", problems);
      LogOptions.checkDelivery(options, problems);
    } else if (driver.equals("json-file") || driver.equals("local")) {
      var _ = LogOptions.parse(driver, options, Map.of(), problems);
      String _ = TagTemplate.apply(options.getOrDefault("tag", ""), anybody, problems);
    } else if (!driver.equals("none")) {
      problem("logger: no log driver named '%s' is registered", driver);
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  private void problem(String text, Object... arguments) {
    problems.add(text.formatted(arguments));
  }
}
