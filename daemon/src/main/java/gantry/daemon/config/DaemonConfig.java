package gantry.daemon.config;

import gantry.engine.EngineConfig;
import gantry.engine.container.LogConfig;
import gantry.engine.container.Ulimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What this daemon is to do.
///
/// @param listen where; not empty
/// @param group of the unix sockets; empty for the first of `gantry` and `docker` that exists
/// @param logLevel `debug`, `info`, `warn`, `error`
/// @param configFile that was read, or would be read again
public record DaemonConfig(
    List<ListenAddress> listen,
    Path pidfile,
    Optional<String> group,
    String logLevel,
    TlsFiles tls,
    Path configFile,
    List<String> unusedKeys,
    EngineConfig engine) {
  private static final Path DEFAULT_CONFIG_FILE = Path.of("/etc/gantry/daemon.json");
  private static final String DEFAULT_DATA_ROOT = "/var/lib/gantry";
  private static final String DEFAULT_EXEC_ROOT = "/run/gantry";
  private static final Pattern SIZE =
      Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgtKMGT]?)[iI]?[bB]?");

  /// How TCP sockets are secured.
  ///
  /// @param enabled TLS at all
  /// @param verifyClients only clients with a certificate signed by `authority`
  public record TlsFiles(
      boolean enabled,
      boolean verifyClients,
      Optional<Path> authority,
      Optional<Path> certificate,
      Optional<Path> key) {}

  /// What a command line asks for.
  public sealed interface Request {
    /// Serve.
    record Serve(DaemonConfig config) implements Request {}

    /// Say that the configuration is good.
    record Validate(DaemonConfig config) implements Request {}

    record ShowVersion() implements Request {}

    record ShowHelp(String text) implements Request {}
  }

  /// A daemon inside another program: one socket, for root alone, and no file of settings.
  public static DaemonConfig within(ListenAddress.Unix socket, EngineConfig engine) {
    return new DaemonConfig(
        List.of(socket),
        engine.execRoot().resolve("gantry.pid"),
        Optional.of("root"),
        "info",
        new TlsFiles(false, false, Optional.empty(), Optional.empty(), Optional.empty()),
        DEFAULT_CONFIG_FILE,
        List.of(),
        engine);
  }

  /// Reads a command line, and the configuration file that it names.
  ///
  /// @throws ConfigException when something there is wrong
  public static Request parse(List<String> arguments) {
    Settings flags = Settings.ofArguments(arguments);
    if (flags.flag(Setting.HELP, false)) {
      return new Request.ShowHelp(help());
    }
    if (flags.flag(Setting.VERSION, false)) {
      return new Request.ShowVersion();
    }
    DaemonConfig config = read(flags);
    return flags.flag(Setting.VALIDATE, false)
        ? new Request.Validate(config)
        : new Request.Serve(config);
  }

  private static DaemonConfig read(Settings flags) {
    Optional<String> named = flags.text(Setting.CONFIG_FILE);
    Path file = named.map(Path::of).orElse(DEFAULT_CONFIG_FILE).toAbsolutePath();
    Settings settings = flags;
    if (named.isPresent() || Files.exists(file)) {
      settings = flags.with(Settings.ofFile(file), file);
    }
    return of(settings, file);
  }

  private static String help() {
    StringBuilder text = new StringBuilder();
    text.append("Usage:  gantry daemon [OPTIONS]\n\n");
    text.append("Serves the Docker Engine API and runs containers.\n\nOptions:\n");
    for (Setting setting : Setting.values()) {
      text.append(setting.usage()).append('\n');
    }
    return text.toString();
  }

  private static DaemonConfig of(Settings settings, Path file) {
    String driver = settings.text(Setting.STORAGE_DRIVER).orElse("overlay2");
    if (!Set.of("overlay2", "overlayfs").contains(driver)) {
      throw new ConfigException(
          "storage driver '%s' is not there: gantry stores layers with overlay2 only"
              .formatted(driver));
    }
    TlsFiles tls = tls(settings);
    Path execRoot = path(settings, Setting.EXEC_ROOT, DEFAULT_EXEC_ROOT);
    List<ListenAddress> listen = new ArrayList<>();
    for (String host : settings.list(Setting.HOST)) {
      listen.add(ListenAddress.parse(host, tls.enabled()));
    }
    if (listen.isEmpty()) {
      listen.add(new ListenAddress.Unix(execRoot.resolve("gantry.sock")));
    }
    return new DaemonConfig(
        List.copyOf(listen),
        path(settings, Setting.PIDFILE, execRoot.resolve("gantry.pid").toString()),
        settings.text(Setting.GROUP),
        logLevel(settings),
        tls,
        file,
        List.copyOf(settings.unused()),
        engine(settings, execRoot));
  }

  private static Path path(Settings settings, Setting setting, String unset) {
    return Path.of(settings.text(setting).orElse(unset)).toAbsolutePath().normalize();
  }

  private static String logLevel(Settings settings) {
    if (settings.flag(Setting.DEBUG, false)) {
      return "debug";
    }
    String level = settings.text(Setting.LOG_LEVEL).orElse("info").toLowerCase(Locale.ROOT);
    return switch (level) {
      case "trace", "debug", "info", "warn", "error" -> level;
      case "warning" -> "warn";
      case "fatal", "panic" -> "error";
      default ->
          throw new ConfigException(
              "invalid logging level: '%s'; expected debug, info, warn, error or fatal"
                  .formatted(level));
    };
  }

  private static TlsFiles tls(Settings settings) {
    boolean verify = settings.flag(Setting.TLS_VERIFY, false);
    boolean enabled = verify || settings.flag(Setting.TLS, false);
    TlsFiles tls =
        new TlsFiles(
            enabled,
            verify,
            settings.text(Setting.TLS_CA).map(Path::of),
            settings.text(Setting.TLS_CERTIFICATE).map(Path::of),
            settings.text(Setting.TLS_KEY).map(Path::of));
    if (enabled && (tls.certificate.isEmpty() || tls.key.isEmpty())) {
      throw new ConfigException("TLS needs a certificate and its key: give --tlscert and --tlskey");
    }
    if (verify && tls.authority.isEmpty()) {
      throw new ConfigException(
          "--tlsverify needs the certificates that clients' are signed by: give --tlscacert");
    }
    return tls;
  }

  private static EngineConfig engine(Settings settings, Path execRoot) {
    EngineConfig unset =
        EngineConfig.of(path(settings, Setting.DATA_ROOT, DEFAULT_DATA_ROOT), execRoot);
    return EngineConfig.builder(unset.dataRoot(), unset.execRoot())
        .bundledImages(bundledImages(settings))
        .cgroupParent(settings.text(Setting.CGROUP_PARENT).orElse(unset.cgroupParent()))
        .liveRestore(settings.flag(Setting.LIVE_RESTORE, unset.liveRestore()))
        .defaultRuntime(settings.text(Setting.DEFAULT_RUNTIME).orElse(unset.defaultRuntime()))
        .runtimes(runtimes(settings))
        .bridge(bridge(settings, unset.bridge()))
        .dns(settings.list(Setting.DNS))
        .dnsSearch(settings.list(Setting.DNS_SEARCH))
        .dnsOptions(settings.list(Setting.DNS_OPT))
        .labels(settings.list(Setting.LABEL))
        .shutdownTimeoutSeconds(
            settings.number(Setting.SHUTDOWN_TIMEOUT, unset.shutdownTimeoutSeconds()))
        .seccompProfile(
            settings
                .text(Setting.SECCOMP_PROFILE)
                .filter(profile -> !profile.equals("builtin"))
                .map(Path::of))
        .defaultUlimits(ulimits(settings))
        .defaultShmSizeBytes(
            settings
                .text(Setting.DEFAULT_SHM_SIZE)
                .map(DaemonConfig::bytes)
                .orElse(unset.defaultShmSizeBytes()))
        .defaultLog(
            new LogConfig(
                settings.text(Setting.LOG_DRIVER).orElse(unset.defaultLog().driver()),
                settings.map(Setting.LOG_OPT)))
        .init(settings.flag(Setting.INIT, unset.init()))
        .noNewPrivileges(settings.flag(Setting.NO_NEW_PRIVILEGES, unset.noNewPrivileges()))
        .cdiSpecDirs(cdiSpecDirs(settings, unset.cdiSpecDirs()))
        .usernsRemap(settings.text(Setting.USERNS_REMAP).filter(text -> !text.isEmpty()))
        .debug(logLevel(settings).equals("debug"))
        .build();
  }

  /// The folders, or none where the key or option is there and empty.
  private static List<Path> cdiSpecDirs(Settings settings, List<Path> unset) {
    List<String> given = settings.list(Setting.CDI_SPEC_DIR);
    return given.isEmpty()
        ? unset
        : given.stream().filter(text -> !text.isEmpty()).map(Path::of).toList();
  }

  private static Optional<Path> bundledImages(Settings settings) {
    return settings
        .text(Setting.BUNDLED_IMAGES)
        .or(
            () ->
                Optional.ofNullable(System.getProperty("gantry.home"))
                    .map(home -> home + "/images"))
        .map(Path::of)
        .filter(Files::isDirectory);
  }

  private static Map<String, EngineConfig.RuntimeBinary> runtimes(Settings settings) {
    Map<String, EngineConfig.RuntimeBinary> runtimes = new LinkedHashMap<>();
    settings
        .map(Setting.ADD_RUNTIME)
        .forEach(
            (name, path) ->
                runtimes.put(
                    name, new EngineConfig.RuntimeBinary(path, settings.runtimeArguments(name))));
    return runtimes;
  }

  private static EngineConfig.BridgeConfig bridge(
      Settings settings, EngineConfig.BridgeConfig unset) {
    Optional<String> name = settings.text(Setting.BRIDGE);
    boolean none = name.filter("none"::equals).isPresent();
    List<String> pools = new ArrayList<>();
    for (String pool : settings.list(Setting.DEFAULT_ADDRESS_POOL)) {
      pools.add(addressPool(pool));
    }
    return new EngineConfig.BridgeConfig(
        none ? unset.name() : name.orElse(unset.name()),
        !none,
        settings.flag(Setting.IPV6, unset.ipv6()),
        settings.text(Setting.BIP),
        settings.text(Setting.BIP_IPV6),
        settings.text(Setting.FIXED_CIDR),
        settings.text(Setting.FIXED_CIDR_IPV6),
        settings.text(Setting.DEFAULT_GATEWAY),
        settings.text(Setting.DEFAULT_GATEWAY_IPV6),
        pools,
        settings.number(Setting.MTU, unset.mtu()),
        settings.flag(Setting.IP_MASQUERADE, unset.masquerade()),
        settings.flag(Setting.INTER_CONTAINER, unset.interContainer()),
        settings.list(Setting.HOST_GATEWAY_IP));
  }

  private static String addressPool(String text) {
    if (!text.matches("base=[^,]+,size=\\d+") && !text.matches("size=\\d+,base=[^,]+")) {
      throw new ConfigException(
          "invalid address pool '%s': expected base=CIDR,size=PREFIX_LENGTH".formatted(text));
    }
    return text;
  }

  private static Map<String, Ulimit> ulimits(Settings settings) {
    Map<String, Ulimit> limits = new LinkedHashMap<>();
    settings
        .map(Setting.DEFAULT_ULIMIT)
        .forEach(
            (name, value) -> {
              int colon = value.indexOf(':');
              String soft = colon < 0 ? value : value.substring(0, colon);
              String hard = colon < 0 ? value : value.substring(colon + 1);
              try {
                limits.put(name, new Ulimit(name, Long.parseLong(soft), Long.parseLong(hard)));
              } catch (NumberFormatException e) {
                throw new ConfigException(
                    "invalid ulimit '%s=%s': expected NAME=SOFT[:HARD]".formatted(name, value), e);
              }
            });
    return limits;
  }

  /// Reads a size: `64M`, `1g`, `65536`; units are powers of 1024.
  static long bytes(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw new ConfigException("invalid size: '" + text + "'; expected e.g. 64M");
    }
    long unit =
        switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
          case "k" -> 1L << 10;
          case "m" -> 1L << 20;
          case "g" -> 1L << 30;
          case "t" -> 1L << 40;
          default -> 1;
        };
    return (long) (Double.parseDouble(matcher.group(1)) * unit);
  }
}
