package gantry.engine.spec;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.Ulimit;
import gantry.image.Accounts;
import gantry.linux.seccomp.SeccompProfile;
import gantry.linux.security.AppArmor;
import gantry.linux.security.Capability;
import gantry.linux.security.SecurityOptions;
import gantry.oci.runtime.Device;
import gantry.oci.runtime.LinuxSpec;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.Resources.DeviceRule;
import gantry.oci.runtime.Rlimit;
import gantry.oci.runtime.Root;
import gantry.oci.runtime.RuntimeSpec;
import gantry.oci.runtime.Seccomp;
import gantry.oci.runtime.User;
import gantry.runtime.DefaultSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Writes down a merged spec as the OCI config that the runtime gets, with Docker's defaults where
/// the user said nothing.
public final class RuntimeSpecBuilder {
  private static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private static final String INIT_PATH = "/sbin/docker-init";

  /// What is found out about one container when it is started.
  ///
  /// @param id of the container
  /// @param cgroupPath absolute, beneath each hierarchy's root
  /// @param account whom the program runs as
  /// @param hostname that its UTS namespace gets; empty to leave it
  /// @param mounts of volumes, files and the user, sources looked up
  /// @param joined namespaces of others, by path; of those in [#shared] the host's is kept
  /// @param shared kinds of namespaces that are the host's
  /// @param devices of the host that the container gets
  /// @param sharedMemory source of `/dev/shm` where it is another container's; empty for an own one
  /// @param init path of the init program on the host, where one was asked for
  /// @param uidMappings of its user namespace; none where it has the host's
  /// @param gidMappings as `uidMappings`
  /// @param linked variables about the containers that it is linked to
  public record Facts(
      String id,
      String cgroupPath,
      Accounts.Account account,
      String hostname,
      List<Mount> mounts,
      Map<Namespace.Type, String> joined,
      Set<Namespace.Type> shared,
      List<HostDevice> devices,
      Optional<String> sharedMemory,
      Optional<String> init,
      List<LinuxSpec.IdMapping> uidMappings,
      List<LinuxSpec.IdMapping> gidMappings,
      List<String> linked) {}

  /// A device node of the host for the container.
  public record HostDevice(Device node, String rights) {}

  private final ContainerSpec spec;
  private final HostProfile host;
  private final Facts facts;
  private final boolean privileged;

  private RuntimeSpecBuilder(ContainerSpec spec, HostProfile host, Facts facts) {
    this.spec = spec;
    this.host = host;
    this.facts = facts;
    this.privileged = spec.isolation().privileged();
  }

  public static RuntimeSpec build(ContainerSpec spec, HostProfile host, Facts facts) {
    return new RuntimeSpecBuilder(spec, host, facts).build();
  }

  private RuntimeSpec build() {
    return new RuntimeSpec(
        RuntimeSpec.VERSION,
        process(),
        new Root("", spec.isolation().readOnlyRootfs()),
        facts.hostname,
        spec.identity().domainname(),
        mounts(),
        linux(),
        spec.annotations(),
        Map.of());
  }

  private ProcessSpec process() {
    ContainerSpec.Program program = spec.program();
    Set<Capability> capabilities = capabilities();
    SecurityOptions options = SecurityOptions.parse(SpecCheck.securityOptions(spec.isolation()));
    ProcessSpec.Builder process =
        ProcessSpec.EMPTY
            .builder()
            .terminal(program.terminal())
            .user(user(facts.account))
            .args(arguments())
            .env(environment(spec, facts.hostname, facts.account.home(), facts.linked))
            .cwd(program.workingDirectory())
            .capabilities(capabilitySets(capabilities, facts.account.uid()))
            .rlimits(rlimits())
            .noNewPrivileges(options.noNewPrivileges())
            .apparmorProfile(appArmor(options))
            .oomScoreAdj(oomScoreAdj());
    if (program.terminal() && program.terminalSize().rows() > 0) {
      process.consoleSize(
          new ProcessSpec.ConsoleSize(
              program.terminalSize().rows(), program.terminalSize().columns()));
    }
    return process.build();
  }

  /// The numbers of an account.
  public static User user(Accounts.Account account) {
    return User.of(account.uid(), account.gid(), account.groups());
  }

  private List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    if (facts.init.isPresent()) {
      arguments.add(INIT_PATH);
      arguments.add("--");
    }
    arguments.addAll(spec.program().entrypoint().orElse(List.of()));
    arguments.addAll(spec.program().command().orElse(List.of()));
    return arguments;
  }

  /// The environment of a container's program: the engine's variables, then those of the spec, of
  /// which the last of a name counts and `NAME` alone takes it away.
  ///
  /// @param linked variables about the containers that it is linked to
  public static List<String> environment(
      ContainerSpec spec, String hostname, String home, List<String> linked) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("PATH", DEFAULT_PATH);
    if (!hostname.isEmpty()) {
      variables.put("HOSTNAME", "HOSTNAME=" + hostname);
    }
    if (spec.program().terminal()) {
      variables.put("TERM", "TERM=xterm");
    }
    linked.forEach(variable -> set(variables, variable));
    spec.program().environment().forEach(variable -> set(variables, variable));
    variables.putIfAbsent("HOME", "HOME=" + home);
    return List.copyOf(variables.values());
  }

  private static void set(Map<String, String> variables, String variable) {
    int equals = variable.indexOf('=');
    if (equals < 0) {
      variables.remove(variable);
    } else {
      variables.put(variable.substring(0, equals), variable);
    }
  }

  private Set<Capability> capabilities() {
    if (privileged) {
      return host.available();
    }
    return Capability.select(
        spec.isolation().capabilitiesAdded(),
        spec.isolation().capabilitiesDropped(),
        host.available());
  }

  /// All sets for root; for others what execve(2) would leave: the bounding set.
  public static ProcessSpec.Capabilities capabilitySets(Set<Capability> held, int uid) {
    List<String> names = held.stream().sorted().map(Capability::linuxName).toList();
    return uid == 0
        ? ProcessSpec.Capabilities.of(names)
        : new ProcessSpec.Capabilities(names, List.of(), List.of(), List.of(), List.of());
  }

  /// Everything that this process has to give.
  public static ProcessSpec.Capabilities allCapabilities(HostProfile host) {
    return capabilitySets(host.available(), 0);
  }

  private List<Rlimit> rlimits() {
    return spec.resources().ulimits().stream()
        .map(
            limit ->
                new Rlimit(
                    "RLIMIT_" + limit.name().toUpperCase(Locale.ROOT), limit.soft(), limit.hard()))
        .toList();
  }

  /// The engine's limits, and those of the container in place of those of the same name.
  public static List<Ulimit> ulimits(Map<String, Ulimit> defaults, List<Ulimit> own) {
    Map<String, Ulimit> merged = new LinkedHashMap<>(defaults);
    own.forEach(limit -> merged.put(limit.name(), limit));
    return List.copyOf(merged.values());
  }

  private String appArmor(SecurityOptions options) {
    if (host.appArmor().isEmpty()) {
      return "";
    }
    String profile =
        options
            .appArmor()
            .filter(name -> !name.isEmpty())
            .orElse(privileged ? AppArmor.UNCONFINED : host.appArmor().get());
    return profile.equals(AppArmor.UNCONFINED) ? "" : profile;
  }

  /// Null where the program would inherit what it shall have.
  private @Nullable Integer oomScoreAdj() {
    int wanted = spec.isolation().oomScoreAdj().orElse(0);
    return wanted == host.oomScoreAdj() ? null : Integer.valueOf(wanted);
  }

  private List<Mount> mounts() {
    Set<String> taken = new HashSet<>();
    facts.mounts.forEach(mount -> taken.add(mount.destination()));
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : systemMounts()) {
      if (!taken.contains(mount.destination())) {
        mounts.add(mount);
      }
    }
    facts.init.ifPresent(
        path -> mounts.add(Mount.of(INIT_PATH, "bind", path, "bind", "ro", "rprivate")));
    List<Mount> own = new ArrayList<>(facts.mounts);
    own.sort(Comparator.comparingInt(mount -> depth(mount.destination())));
    mounts.addAll(own);
    return mounts;
  }

  private static int depth(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }

  private List<Mount> systemMounts() {
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : DefaultSpec.mounts()) {
      switch (mount.destination()) {
        case "/sys", "/sys/fs/cgroup" -> mounts.add(privileged ? writable(mount) : mount);
        case "/dev/shm" -> sharedMemory().ifPresent(mounts::add);
        default -> mounts.add(mount);
      }
    }
    return mounts;
  }

  private static Mount writable(Mount mount) {
    List<String> options =
        mount.options().stream().map(option -> option.equals("ro") ? "rw" : option).toList();
    return new Mount(mount.destination(), mount.type(), mount.source(), options);
  }

  private Optional<Mount> sharedMemory() {
    ContainerSpec.Isolation isolation = spec.isolation();
    if (isolation.ipcMode().equals("none")) {
      return Optional.empty();
    }
    return Optional.of(
        facts
            .sharedMemory
            .map(source -> Mount.of("/dev/shm", "bind", source, "rbind", "rprivate"))
            .orElseGet(
                () ->
                    DefaultSpec.shm(isolation.shmSizeBytes().orElse(DefaultSpec.SHM_SIZE_BYTES))));
  }

  private LinuxSpec linux() {
    ContainerSpec.Isolation isolation = spec.isolation();
    return LinuxSpec.EMPTY
        .builder()
        .namespaces(namespaces())
        .uidMappings(facts.uidMappings)
        .gidMappings(facts.gidMappings)
        .devices(facts.devices.stream().map(HostDevice::node).toList())
        .sysctl(isolation.sysctls())
        .cgroupsPath(facts.cgroupPath)
        .resources(ResourceLimits.of(spec.resources(), host.swapLimit()).withDevices(deviceRules()))
        .seccomp(seccomp())
        .maskedPaths(
            isolation.maskedPaths().orElse(privileged ? List.of() : DefaultSpec.MASKED_PATHS))
        .readonlyPaths(
            isolation.readOnlyPaths().orElse(privileged ? List.of() : DefaultSpec.READONLY_PATHS))
        .build();
  }

  private List<Namespace> namespaces() {
    List<Namespace> namespaces = new ArrayList<>();
    for (Namespace.Type type :
        List.of(
            Namespace.Type.MOUNT,
            Namespace.Type.NETWORK,
            Namespace.Type.UTS,
            Namespace.Type.PID,
            Namespace.Type.IPC,
            Namespace.Type.CGROUP)) {
      if (!facts.shared.contains(type)) {
        namespaces.add(new Namespace(type, facts.joined.getOrDefault(type, "")));
      }
    }
    if (!facts.uidMappings.isEmpty()) {
      namespaces.add(new Namespace(Namespace.Type.USER, ""));
    }
    return namespaces;
  }

  private List<DeviceRule> deviceRules() {
    if (privileged) {
      return List.of(new DeviceRule(true, "a", null, null, "rwm"));
    }
    List<DeviceRule> rules = new ArrayList<>(DefaultSpec.deviceRules());
    for (HostDevice device : facts.devices) {
      rules.add(
          new DeviceRule(
              true, device.node.type(), device.node.major(), device.node.minor(), device.rights));
    }
    for (String text : spec.resources().deviceCgroupRules()) {
      rules.add(rule(gantry.linux.security.DeviceRule.allow(text)));
    }
    return rules;
  }

  private static DeviceRule rule(gantry.linux.security.DeviceRule rule) {
    String type =
        switch (rule.kind()) {
          case ANY -> "a";
          case BLOCK -> "b";
          case CHARACTER -> "c";
        };
    int access = rule.access();
    String letters =
        ((access & gantry.linux.security.DeviceRule.READ) != 0 ? "r" : "")
            + ((access & gantry.linux.security.DeviceRule.WRITE) != 0 ? "w" : "")
            + ((access & gantry.linux.security.DeviceRule.MKNOD) != 0 ? "m" : "");
    return new DeviceRule(
        rule.verdict() == gantry.linux.security.DeviceRule.Verdict.ALLOW,
        type,
        rule.major().isPresent() ? Long.valueOf(rule.major().getAsInt()) : null,
        rule.minor().isPresent() ? Long.valueOf(rule.minor().getAsInt()) : null,
        letters);
  }

  private @Nullable Seccomp seccomp() {
    SecurityOptions options = SecurityOptions.parse(SpecCheck.securityOptions(spec.isolation()));
    String asked = options.seccomp().orElse("");
    if ((privileged && asked.isEmpty()) || asked.equals("unconfined")) {
      return null;
    }
    Set<Capability> capabilities = capabilities();
    return asked.isEmpty() || asked.equals("builtin")
        ? host.defaultFilter(capabilities)
        : host.filter(SeccompProfile.parse(asked), capabilities);
  }
}
