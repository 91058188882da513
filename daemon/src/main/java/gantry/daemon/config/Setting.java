package gantry.daemon.config;

import java.util.Optional;
import java.util.function.Predicate;

/// One thing that can be set, by an option of the command line and by a key of `daemon.json`:
/// dockerd's names for both, and Gantry's own where it has more.
enum Setting {
  ADD_RUNTIME(
      "add-runtime", "", "runtimes", Kind.MAP, "Register an additional OCI runtime, NAME=PATH"),
  BIP("bip", "", "bip", Kind.TEXT, "IP address and prefix length of the default bridge"),
  BIP_IPV6("bip6", "", "bip6", Kind.TEXT, "IPv6 address and prefix length of the default bridge"),
  BRIDGE(
      "bridge",
      "b",
      "bridge",
      Kind.TEXT,
      "Device of the default bridge; 'none' for no default network"),
  BUNDLED_IMAGES(
      "bundled-images",
      "",
      "bundled-images",
      Kind.TEXT,
      "Folder of image archives that stand in for a registry"),
  CDI_SPEC_DIR(
      "cdi-spec-dir",
      "",
      "cdi-spec-dirs",
      Kind.LIST,
      "Folder of files that describe devices (CDI)"),
  CGROUP_PARENT(
      "cgroup-parent",
      "",
      "cgroup-parent",
      Kind.TEXT,
      "Control group under which containers' groups are made"),
  CONFIG_FILE("config-file", "", "", Kind.TEXT, "Configuration file"),
  DATA_ROOT(
      "data-root", "", "data-root", Kind.TEXT, "Folder of images, containers and the database"),
  DEBUG("debug", "D", "debug", Kind.FLAG, "Log what helps to find faults"),
  DEFAULT_ADDRESS_POOL(
      "default-address-pool",
      "",
      "default-address-pools",
      Kind.LIST,
      "Address pool for networks, base=CIDR,size=N"),
  DEFAULT_GATEWAY(
      "default-gateway",
      "",
      "default-gateway",
      Kind.TEXT,
      "Gateway of containers on the default bridge, when not the bridge"),
  DEFAULT_GATEWAY_IPV6(
      "default-gateway-v6",
      "",
      "default-gateway-v6",
      Kind.TEXT,
      "IPv6 gateway of containers on the default bridge"),
  DEFAULT_RUNTIME(
      "default-runtime",
      "",
      "default-runtime",
      Kind.TEXT,
      "Runtime of containers that ask for none"),
  DEFAULT_SHM_SIZE(
      "default-shm-size", "", "default-shm-size", Kind.TEXT, "Size of /dev/shm, e.g. 64M"),
  DEFAULT_ULIMIT(
      "default-ulimit",
      "",
      "default-ulimits",
      Kind.MAP,
      "Limit of containers that name none, NAME=SOFT[:HARD]"),
  DNS("dns", "", "dns", Kind.LIST, "DNS server of containers"),
  DNS_OPT("dns-opt", "", "dns-opts", Kind.LIST, "DNS option of containers"),
  DNS_SEARCH("dns-search", "", "dns-search", Kind.LIST, "DNS search domain of containers"),
  EXEC_ROOT("exec-root", "", "exec-root", Kind.TEXT, "Folder of the state of running containers"),
  FIXED_CIDR(
      "fixed-cidr",
      "",
      "fixed-cidr",
      Kind.TEXT,
      "Part of the default bridge's subnet that containers' addresses are from"),
  FIXED_CIDR_IPV6(
      "fixed-cidr-v6", "", "fixed-cidr-v6", Kind.TEXT, "The same of the default bridge's IPv6"),
  GROUP("group", "G", "group", Kind.TEXT, "Group of the unix socket"),
  HOST("host", "H", "hosts", Kind.LIST, "Socket to listen on: unix://PATH, tcp://HOST:PORT, fd://"),
  HOST_GATEWAY_IP(
      "host-gateway-ip",
      "",
      "host-gateway-ips",
      Kind.LIST,
      "Address that 'host-gateway' stands for in --add-host"),
  INTER_CONTAINER(
      "icc", "", "icc", Kind.FLAG, "Let containers on the default bridge speak to each other"),
  INIT(
      "init",
      "",
      "init",
      Kind.FLAG,
      "Run an init in containers, to forward signals and reap processes"),
  IP_MASQUERADE(
      "ip-masq",
      "",
      "ip-masq",
      Kind.FLAG,
      "Let containers reach the outside under the host's address"),
  IPV6("ipv6", "", "ipv6", Kind.FLAG, "Give the default bridge IPv6"),
  LABEL("label", "", "labels", Kind.LIST, "Label of this daemon, NAME=VALUE"),
  LIVE_RESTORE(
      "live-restore",
      "",
      "live-restore",
      Kind.FLAG,
      "Leave containers running when the daemon ends (on by default)"),
  LOG_DRIVER(
      "log-driver",
      "",
      "log-driver",
      Kind.TEXT,
      "Where containers' output goes: json-file, local, journald, syslog, fluentd, gelf or none"),
  LOG_LEVEL(
      "log-level",
      "l",
      "log-level",
      Kind.TEXT,
      "What the daemon logs: debug, info, warn, error or fatal"),
  LOG_OPT("log-opt", "", "log-opts", Kind.MAP, "Option of the log driver, NAME=VALUE"),
  MTU("mtu", "", "mtu", Kind.NUMBER, "MTU of the default bridge"),
  NO_NEW_PRIVILEGES(
      "no-new-privileges",
      "",
      "no-new-privileges",
      Kind.FLAG,
      "Give containers no new privileges unless they ask"),
  PIDFILE("pidfile", "p", "pidfile", Kind.TEXT, "File for the daemon's process id"),
  SECCOMP_PROFILE(
      "seccomp-profile",
      "",
      "seccomp-profile",
      Kind.TEXT,
      "File of the default seccomp profile, 'builtin' or 'unconfined'"),
  SHUTDOWN_TIMEOUT(
      "shutdown-timeout",
      "",
      "shutdown-timeout",
      Kind.NUMBER,
      "Seconds that containers have to end with the daemon"),
  STORAGE_DRIVER(
      "storage-driver", "s", "storage-driver", Kind.TEXT, "How layers are stored: overlay2"),
  TLS("tls", "", "tls", Kind.FLAG, "Use TLS on TCP sockets"),
  TLS_CA("tlscacert", "", "tlscacert", Kind.TEXT, "Certificates that clients' must be signed by"),
  TLS_CERTIFICATE("tlscert", "", "tlscert", Kind.TEXT, "The daemon's certificate"),
  TLS_KEY("tlskey", "", "tlskey", Kind.TEXT, "The key of the daemon's certificate"),
  TLS_VERIFY(
      "tlsverify",
      "",
      "tlsverify",
      Kind.FLAG,
      "Use TLS on TCP sockets, and check clients' certificates"),
  USERNS_REMAP(
      "userns-remap",
      "",
      "userns-remap",
      Kind.TEXT,
      "Whose subordinate ids containers have instead of the host's: default, USER or USER:GROUP"),
  VALIDATE("validate", "", "", Kind.FLAG, "Check the configuration and end"),
  VERSION("version", "v", "", Kind.FLAG, "Print the version and end"),
  HELP("help", "h", "", Kind.FLAG, "Print this and end");

  enum Kind {
    TEXT,
    NUMBER,
    FLAG,
    LIST,
    /// `name=value`, repeated
    MAP
  }

  private final String option;
  private final String letter;
  private final String key;
  private final Kind kind;
  private final String help;

  Setting(String option, String letter, String key, Kind kind, String help) {
    this.option = option;
    this.letter = letter;
    this.key = key;
    this.kind = kind;
    this.help = help;
  }

  static Optional<Setting> ofOption(String name) {
    return find(setting -> setting.option.equals(name));
  }

  static Optional<Setting> ofLetter(String letter) {
    return find(setting -> setting.letter.equals(letter));
  }

  static Optional<Setting> ofKey(String key) {
    return find(setting -> !setting.key.isEmpty() && setting.key.equals(key));
  }

  private static Optional<Setting> find(Predicate<Setting> test) {
    for (Setting setting : values()) {
      if (test.test(setting)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }

  Kind kind() {
    return kind;
  }

  String key() {
    return key;
  }

  boolean repeats() {
    return kind == Kind.LIST || kind == Kind.MAP;
  }

  /// A line of the help.
  String usage() {
    String names = (letter.isEmpty() ? "      " : "  -" + letter + ", ") + "--" + option;
    String value =
        switch (kind) {
          case FLAG -> "";
          case NUMBER -> " int";
          case TEXT -> " string";
          case LIST -> " list";
          case MAP -> " map";
        };
    return "%-36s %s".formatted(names + value, help);
  }
}
