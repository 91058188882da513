package gantry.engine;

import gantry.engine.container.LogConfig;
import gantry.engine.container.Ulimit;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Puts an [EngineConfig] together: everything begins with its default. Names are the config's.
public final class EngineConfigBuilder {
  private final Path dataRoot;
  private final Path execRoot;
  private Optional<Path> bundledImages = Optional.empty();
  private String cgroupParent = "gantry";
  private boolean liveRestore = true;
  private String defaultRuntime = "gantry";
  private Map<String, EngineConfig.RuntimeBinary> runtimes = Map.of();
  private EngineConfig.BridgeConfig bridge = EngineConfig.BridgeConfig.named("gantry0");
  private List<String> dns = List.of();
  private List<String> dnsSearch = List.of();
  private List<String> dnsOptions = List.of();
  private List<String> labels = List.of();
  private int shutdownTimeoutSeconds = 15;
  private Optional<Path> seccompProfile = Optional.empty();
  private Map<String, Ulimit> defaultUlimits = Map.of();
  private long defaultShmSizeBytes = 64L << 20;
  private LogConfig defaultLog = new LogConfig("json-file", Map.of());
  private boolean init;
  private boolean noNewPrivileges;
  private List<Path> cdiSpecDirs = List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi"));
  private Optional<String> usernsRemap = Optional.empty();
  private boolean debug;

  EngineConfigBuilder(Path dataRoot, Path execRoot) {
    this.dataRoot = dataRoot;
    this.execRoot = execRoot;
  }

  public EngineConfigBuilder bundledImages(Optional<Path> value) {
    bundledImages = value;
    return this;
  }

  public EngineConfigBuilder cgroupParent(String value) {
    cgroupParent = value;
    return this;
  }

  public EngineConfigBuilder liveRestore(boolean value) {
    liveRestore = value;
    return this;
  }

  public EngineConfigBuilder defaultRuntime(String value) {
    defaultRuntime = value;
    return this;
  }

  public EngineConfigBuilder runtimes(Map<String, EngineConfig.RuntimeBinary> value) {
    runtimes = value;
    return this;
  }

  public EngineConfigBuilder bridge(EngineConfig.BridgeConfig value) {
    bridge = value;
    return this;
  }

  public EngineConfigBuilder dns(List<String> value) {
    dns = value;
    return this;
  }

  public EngineConfigBuilder dnsSearch(List<String> value) {
    dnsSearch = value;
    return this;
  }

  public EngineConfigBuilder dnsOptions(List<String> value) {
    dnsOptions = value;
    return this;
  }

  public EngineConfigBuilder labels(List<String> value) {
    labels = value;
    return this;
  }

  public EngineConfigBuilder shutdownTimeoutSeconds(int value) {
    shutdownTimeoutSeconds = value;
    return this;
  }

  public EngineConfigBuilder seccompProfile(Optional<Path> value) {
    seccompProfile = value;
    return this;
  }

  public EngineConfigBuilder defaultUlimits(Map<String, Ulimit> value) {
    defaultUlimits = value;
    return this;
  }

  public EngineConfigBuilder defaultShmSizeBytes(long value) {
    defaultShmSizeBytes = value;
    return this;
  }

  public EngineConfigBuilder defaultLog(LogConfig value) {
    defaultLog = value;
    return this;
  }

  public EngineConfigBuilder init(boolean value) {
    init = value;
    return this;
  }

  public EngineConfigBuilder noNewPrivileges(boolean value) {
    noNewPrivileges = value;
    return this;
  }

  public EngineConfigBuilder cdiSpecDirs(List<Path> value) {
    cdiSpecDirs = value;
    return this;
  }

  public EngineConfigBuilder usernsRemap(Optional<String> value) {
    usernsRemap = value;
    return this;
  }

  public EngineConfigBuilder debug(boolean value) {
    debug = value;
    return this;
  }

  /// The config.
  public EngineConfig build() {
    return new EngineConfig(
        dataRoot,
        execRoot,
        bundledImages,
        cgroupParent,
        liveRestore,
        defaultRuntime,
        runtimes,
        bridge,
        dns,
        dnsSearch,
        dnsOptions,
        labels,
        shutdownTimeoutSeconds,
        seccompProfile,
        defaultUlimits,
        defaultShmSizeBytes,
        defaultLog,
        init,
        noNewPrivileges,
        cdiSpecDirs,
        usernsRemap,
        debug);
  }
}
