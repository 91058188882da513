package gantry.engine.container;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Puts a [ContainerSpec] together: everything begins as "not said", the image's and the engine's
/// defaults hold. Names are those of the spec and its parts.
///
/// ```java
/// ContainerSpec.builder("busybox").command("echo", "hello").autoRemove(true).build();
/// ```
///
/// Not thread-safe.
public final class ContainerSpecBuilder {
  private Optional<String> name = Optional.empty();
  private String image;
  private Optional<String> platform = Optional.empty();
  private Optional<List<String>> entrypoint = Optional.empty();
  private Optional<List<String>> command = Optional.empty();
  private List<String> environment = List.of();
  private String workingDirectory = "";
  private String user = "";
  private List<String> additionalGroups = List.of();
  private boolean terminal = false;
  private boolean openStdin = false;
  private boolean stdinOnce = false;
  private boolean attachStdin = false;
  private boolean attachStdout = false;
  private boolean attachStderr = false;
  private TerminalSize terminalSize = TerminalSize.UNKNOWN;
  private boolean argsEscaped = false;
  private List<String> onBuild = List.of();
  private List<String> shell = List.of();
  private Optional<Boolean> init = Optional.empty();
  private String hostname = "";
  private String domainname = "";
  private List<String> extraHosts = List.of();
  private List<String> dns = List.of();
  private List<String> dnsSearch = List.of();
  private List<String> dnsOptions = List.of();
  private Optional<String> macAddress = Optional.empty();
  private List<String> links = List.of();
  private boolean networkDisabled = false;
  private String networkMode = "";
  private String pidMode = "";
  private String ipcMode = "";
  private String utsMode = "";
  private String usernsMode = "";
  private String cgroupMode = "";
  private String cgroupParent = "";
  private boolean privileged = false;
  private boolean readOnlyRootfs = false;
  private List<String> capabilitiesAdded = List.of();
  private List<String> capabilitiesDropped = List.of();
  private List<String> securityOptions = List.of();
  private Optional<List<String>> maskedPaths = Optional.empty();
  private Optional<List<String>> readOnlyPaths = Optional.empty();
  private Map<String, String> sysctls = Map.of();
  private Map<String, String> storageOptions = Map.of();
  private Map<String, String> tmpfs = Map.of();
  private OptionalInt oomScoreAdj = OptionalInt.empty();
  private Optional<Long> shmSizeBytes = Optional.empty();
  private Resources resources = Resources.NONE;
  private List<MountSpec> mounts = List.of();
  private List<String> volumesFrom = List.of();
  private List<String> volumes = List.of();
  private List<String> exposedPorts = List.of();
  private List<PortBinding> portBindings = List.of();
  private boolean publishAllPorts = false;
  private Map<String, EndpointSpec> networkEndpoints = Map.of();
  private Map<String, String> labels = Map.of();
  private Map<String, String> annotations = Map.of();
  private RestartPolicy restartPolicy = new RestartPolicy.No();
  private boolean autoRemove = false;
  private LogConfig log = new LogConfig("", Map.of());
  private Optional<String> runtime = Optional.empty();
  private Optional<Healthcheck> healthcheck = Optional.empty();
  private Optional<String> stopSignal = Optional.empty();
  private OptionalInt stopTimeoutSeconds = OptionalInt.empty();
  private Optional<String> volumeDriver = Optional.empty();

  ContainerSpecBuilder(String image) {
    this.image = image;
  }

  ContainerSpecBuilder(ContainerSpec from) {
    name = from.name();
    image = from.image();
    platform = from.platform();
    entrypoint = from.program().entrypoint();
    command = from.program().command();
    environment = from.program().environment();
    workingDirectory = from.program().workingDirectory();
    user = from.program().user();
    additionalGroups = from.program().additionalGroups();
    terminal = from.program().terminal();
    openStdin = from.program().openStdin();
    stdinOnce = from.program().stdinOnce();
    attachStdin = from.program().attachStdin();
    attachStdout = from.program().attachStdout();
    attachStderr = from.program().attachStderr();
    terminalSize = from.program().terminalSize();
    argsEscaped = from.program().argsEscaped();
    onBuild = from.program().onBuild();
    shell = from.program().shell();
    init = from.program().init();
    hostname = from.identity().hostname();
    domainname = from.identity().domainname();
    extraHosts = from.identity().extraHosts();
    dns = from.identity().dns();
    dnsSearch = from.identity().dnsSearch();
    dnsOptions = from.identity().dnsOptions();
    macAddress = from.identity().macAddress();
    links = from.identity().links();
    networkDisabled = from.identity().networkDisabled();
    networkMode = from.isolation().networkMode();
    pidMode = from.isolation().pidMode();
    ipcMode = from.isolation().ipcMode();
    utsMode = from.isolation().utsMode();
    usernsMode = from.isolation().usernsMode();
    cgroupMode = from.isolation().cgroupMode();
    cgroupParent = from.isolation().cgroupParent();
    privileged = from.isolation().privileged();
    readOnlyRootfs = from.isolation().readOnlyRootfs();
    capabilitiesAdded = from.isolation().capabilitiesAdded();
    capabilitiesDropped = from.isolation().capabilitiesDropped();
    securityOptions = from.isolation().securityOptions();
    maskedPaths = from.isolation().maskedPaths();
    readOnlyPaths = from.isolation().readOnlyPaths();
    sysctls = from.isolation().sysctls();
    storageOptions = from.isolation().storageOptions();
    tmpfs = from.isolation().tmpfs();
    oomScoreAdj = from.isolation().oomScoreAdj();
    shmSizeBytes = from.isolation().shmSizeBytes();
    resources = from.resources();
    mounts = from.mounts();
    volumesFrom = from.volumesFrom();
    volumes = from.volumes();
    exposedPorts = from.exposedPorts();
    portBindings = from.portBindings();
    publishAllPorts = from.publishAllPorts();
    networkEndpoints = from.networkEndpoints();
    labels = from.labels();
    annotations = from.annotations();
    restartPolicy = from.restartPolicy();
    autoRemove = from.autoRemove();
    log = from.log();
    runtime = from.runtime();
    healthcheck = from.healthcheck();
    stopSignal = from.stopSignal();
    stopTimeoutSeconds = from.stopTimeoutSeconds();
    volumeDriver = from.volumeDriver();
  }

  public ContainerSpecBuilder name(String value) {
    name = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder name(Optional<String> value) {
    name = value;
    return this;
  }

  public ContainerSpecBuilder image(String value) {
    image = value;
    return this;
  }

  public ContainerSpecBuilder platform(String value) {
    platform = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder platform(Optional<String> value) {
    platform = value;
    return this;
  }

  public ContainerSpecBuilder entrypoint(String... words) {
    entrypoint = Optional.of(List.of(words));
    return this;
  }

  public ContainerSpecBuilder entrypoint(Optional<List<String>> value) {
    entrypoint = value;
    return this;
  }

  public ContainerSpecBuilder command(String... words) {
    command = Optional.of(List.of(words));
    return this;
  }

  public ContainerSpecBuilder command(Optional<List<String>> value) {
    command = value;
    return this;
  }

  public ContainerSpecBuilder environment(List<String> value) {
    environment = value;
    return this;
  }

  public ContainerSpecBuilder workingDirectory(String value) {
    workingDirectory = value;
    return this;
  }

  public ContainerSpecBuilder user(String value) {
    user = value;
    return this;
  }

  public ContainerSpecBuilder additionalGroups(List<String> value) {
    additionalGroups = value;
    return this;
  }

  public ContainerSpecBuilder terminal(boolean value) {
    terminal = value;
    return this;
  }

  public ContainerSpecBuilder openStdin(boolean value) {
    openStdin = value;
    return this;
  }

  public ContainerSpecBuilder stdinOnce(boolean value) {
    stdinOnce = value;
    return this;
  }

  public ContainerSpecBuilder attachStdin(boolean value) {
    attachStdin = value;
    return this;
  }

  public ContainerSpecBuilder attachStdout(boolean value) {
    attachStdout = value;
    return this;
  }

  public ContainerSpecBuilder attachStderr(boolean value) {
    attachStderr = value;
    return this;
  }

  public ContainerSpecBuilder terminalSize(TerminalSize value) {
    terminalSize = value;
    return this;
  }

  public ContainerSpecBuilder argsEscaped(boolean value) {
    argsEscaped = value;
    return this;
  }

  public ContainerSpecBuilder onBuild(List<String> value) {
    onBuild = value;
    return this;
  }

  public ContainerSpecBuilder shell(List<String> value) {
    shell = value;
    return this;
  }

  public ContainerSpecBuilder init(boolean value) {
    init = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder init(Optional<Boolean> value) {
    init = value;
    return this;
  }

  public ContainerSpecBuilder hostname(String value) {
    hostname = value;
    return this;
  }

  public ContainerSpecBuilder domainname(String value) {
    domainname = value;
    return this;
  }

  public ContainerSpecBuilder extraHosts(List<String> value) {
    extraHosts = value;
    return this;
  }

  public ContainerSpecBuilder dns(List<String> value) {
    dns = value;
    return this;
  }

  public ContainerSpecBuilder dnsSearch(List<String> value) {
    dnsSearch = value;
    return this;
  }

  public ContainerSpecBuilder dnsOptions(List<String> value) {
    dnsOptions = value;
    return this;
  }

  public ContainerSpecBuilder macAddress(String value) {
    macAddress = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder macAddress(Optional<String> value) {
    macAddress = value;
    return this;
  }

  public ContainerSpecBuilder links(List<String> value) {
    links = value;
    return this;
  }

  public ContainerSpecBuilder networkDisabled(boolean value) {
    networkDisabled = value;
    return this;
  }

  public ContainerSpecBuilder networkMode(String value) {
    networkMode = value;
    return this;
  }

  public ContainerSpecBuilder pidMode(String value) {
    pidMode = value;
    return this;
  }

  public ContainerSpecBuilder ipcMode(String value) {
    ipcMode = value;
    return this;
  }

  public ContainerSpecBuilder utsMode(String value) {
    utsMode = value;
    return this;
  }

  public ContainerSpecBuilder usernsMode(String value) {
    usernsMode = value;
    return this;
  }

  public ContainerSpecBuilder cgroupMode(String value) {
    cgroupMode = value;
    return this;
  }

  public ContainerSpecBuilder cgroupParent(String value) {
    cgroupParent = value;
    return this;
  }

  public ContainerSpecBuilder privileged(boolean value) {
    privileged = value;
    return this;
  }

  public ContainerSpecBuilder readOnlyRootfs(boolean value) {
    readOnlyRootfs = value;
    return this;
  }

  public ContainerSpecBuilder capabilitiesAdded(List<String> value) {
    capabilitiesAdded = value;
    return this;
  }

  public ContainerSpecBuilder capabilitiesDropped(List<String> value) {
    capabilitiesDropped = value;
    return this;
  }

  public ContainerSpecBuilder securityOptions(List<String> value) {
    securityOptions = value;
    return this;
  }

  public ContainerSpecBuilder maskedPaths(Optional<List<String>> value) {
    maskedPaths = value;
    return this;
  }

  public ContainerSpecBuilder readOnlyPaths(Optional<List<String>> value) {
    readOnlyPaths = value;
    return this;
  }

  public ContainerSpecBuilder sysctls(Map<String, String> value) {
    sysctls = value;
    return this;
  }

  public ContainerSpecBuilder storageOptions(Map<String, String> value) {
    storageOptions = value;
    return this;
  }

  public ContainerSpecBuilder tmpfs(Map<String, String> value) {
    tmpfs = value;
    return this;
  }

  public ContainerSpecBuilder oomScoreAdj(int value) {
    oomScoreAdj = OptionalInt.of(value);
    return this;
  }

  public ContainerSpecBuilder oomScoreAdj(OptionalInt value) {
    oomScoreAdj = value;
    return this;
  }

  public ContainerSpecBuilder shmSizeBytes(long value) {
    shmSizeBytes = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder shmSizeBytes(Optional<Long> value) {
    shmSizeBytes = value;
    return this;
  }

  public ContainerSpecBuilder resources(Resources value) {
    resources = value;
    return this;
  }

  public ContainerSpecBuilder mounts(List<MountSpec> value) {
    mounts = value;
    return this;
  }

  public ContainerSpecBuilder volumesFrom(List<String> value) {
    volumesFrom = value;
    return this;
  }

  public ContainerSpecBuilder volumes(List<String> value) {
    volumes = value;
    return this;
  }

  public ContainerSpecBuilder exposedPorts(List<String> value) {
    exposedPorts = value;
    return this;
  }

  public ContainerSpecBuilder portBindings(List<PortBinding> value) {
    portBindings = value;
    return this;
  }

  public ContainerSpecBuilder publishAllPorts(boolean value) {
    publishAllPorts = value;
    return this;
  }

  public ContainerSpecBuilder networkEndpoints(Map<String, EndpointSpec> value) {
    networkEndpoints = value;
    return this;
  }

  public ContainerSpecBuilder labels(Map<String, String> value) {
    labels = value;
    return this;
  }

  public ContainerSpecBuilder annotations(Map<String, String> value) {
    annotations = value;
    return this;
  }

  public ContainerSpecBuilder restartPolicy(RestartPolicy value) {
    restartPolicy = value;
    return this;
  }

  public ContainerSpecBuilder autoRemove(boolean value) {
    autoRemove = value;
    return this;
  }

  public ContainerSpecBuilder log(LogConfig value) {
    log = value;
    return this;
  }

  public ContainerSpecBuilder runtime(String value) {
    runtime = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder runtime(Optional<String> value) {
    runtime = value;
    return this;
  }

  public ContainerSpecBuilder healthcheck(Optional<Healthcheck> value) {
    healthcheck = value;
    return this;
  }

  public ContainerSpecBuilder stopSignal(String value) {
    stopSignal = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder stopSignal(Optional<String> value) {
    stopSignal = value;
    return this;
  }

  public ContainerSpecBuilder stopTimeoutSeconds(int value) {
    stopTimeoutSeconds = OptionalInt.of(value);
    return this;
  }

  public ContainerSpecBuilder stopTimeoutSeconds(OptionalInt value) {
    stopTimeoutSeconds = value;
    return this;
  }

  public ContainerSpecBuilder volumeDriver(String value) {
    volumeDriver = Optional.of(value);
    return this;
  }

  public ContainerSpecBuilder volumeDriver(Optional<String> value) {
    volumeDriver = value;
    return this;
  }

  /// Adds `NAME=value` to the environment.
  public ContainerSpecBuilder variable(String name, String value) {
    environment = appended(environment, name + "=" + value);
    return this;
  }

  /// Adds a label.
  public ContainerSpecBuilder label(String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(labels);
    changed.put(name, value);
    labels = changed;
    return this;
  }

  /// Adds a mount.
  public ContainerSpecBuilder mount(MountSpec mount) {
    mounts = appended(mounts, mount);
    return this;
  }

  private static <T> List<T> appended(List<T> list, T item) {
    List<T> changed = new ArrayList<>(list);
    changed.add(item);
    return changed;
  }

  public ContainerSpec build() {
    return new ContainerSpec(
        name,
        image,
        platform,
        new ContainerSpec.Program(
            entrypoint,
            command,
            environment,
            workingDirectory,
            user,
            additionalGroups,
            terminal,
            openStdin,
            stdinOnce,
            attachStdin,
            attachStdout,
            attachStderr,
            terminalSize,
            argsEscaped,
            onBuild,
            shell,
            init),
        new ContainerSpec.Identity(
            hostname,
            domainname,
            extraHosts,
            dns,
            dnsSearch,
            dnsOptions,
            macAddress,
            links,
            networkDisabled),
        new ContainerSpec.Isolation(
            networkMode,
            pidMode,
            ipcMode,
            utsMode,
            usernsMode,
            cgroupMode,
            cgroupParent,
            privileged,
            readOnlyRootfs,
            capabilitiesAdded,
            capabilitiesDropped,
            securityOptions,
            maskedPaths,
            readOnlyPaths,
            sysctls,
            storageOptions,
            tmpfs,
            oomScoreAdj,
            shmSizeBytes),
        resources,
        mounts,
        volumesFrom,
        volumes,
        exposedPorts,
        portBindings,
        publishAllPorts,
        networkEndpoints,
        labels,
        annotations,
        restartPolicy,
        autoRemove,
        log,
        runtime,
        healthcheck,
        stopSignal,
        stopTimeoutSeconds,
        volumeDriver);
  }
}
