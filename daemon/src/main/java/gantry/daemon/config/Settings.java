package gantry.daemon.config;

import gantry.daemon.json.JsonException;
import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What was set, in one place: each setting with its values as text, in the form of the command
/// line.
final class Settings {
  /// Docker's keys that Gantry has no use for yet, or will never have; they do no harm.
  private static final Set<String> UNUSED_KEYS =
      Set.of(
          "allow-nondistributable-artifacts",
          "api-cors-header",
          "authorization-plugins",
          "builder",
          "containerd",
          "containerd-namespace",
          "containerd-plugins-namespace",
          "default-cgroupns-mode",
          "default-ipc-mode",
          "default-network-opts",
          "exec-opts",
          "experimental",
          "features",
          "http-proxy",
          "https-proxy",
          "init-path",
          "insecure-registries",
          "ip",
          "ip-forward",
          "ip-forward-no-drop",
          "ip6tables",
          "iptables",
          "log-format",
          "max-concurrent-downloads",
          "max-concurrent-uploads",
          "max-download-attempts",
          "metrics-addr",
          "min-api-version",
          "network-control-plane-mtu",
          "no-proxy",
          "node-generic-resources",
          "oom-score-adjust",
          "proxies",
          "raw-logs",
          "registry-mirrors",
          "selinux-enabled",
          "storage-opts",
          "swarm-default-advertise-addr",
          "userland-proxy",
          "userland-proxy-path");

  private final Map<Setting, List<String>> values = new EnumMap<>(Setting.class);
  private final Map<String, List<String>> runtimeArguments = new LinkedHashMap<>();
  private final List<String> unused = new ArrayList<>();

  /// Reads dockerd's options: `--name value`, `--name=value`, `-n value`, `-nvalue`; a flag needs
  /// no value.
  static Settings ofArguments(List<String> arguments) {
    Settings settings = new Settings();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith("--") && argument.length() > 2) {
        i += settings.longOption(argument.substring(2), following(arguments, i));
      } else if (argument.startsWith("-") && argument.length() > 1 && !argument.equals("--")) {
        i += settings.letters(argument.substring(1), following(arguments, i));
      } else {
        throw new ConfigException(
            "\"gantry daemon\" accepts no arguments, got '%s'; see 'gantry daemon --help'"
                .formatted(argument));
      }
    }
    return settings;
  }

  private static Optional<String> following(List<String> arguments, int at) {
    return at + 1 < arguments.size() ? Optional.of(arguments.get(at + 1)) : Optional.empty();
  }

  // Returns how many further arguments were used.
  private int longOption(String text, Optional<String> next) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    Setting setting =
        Setting.ofOption(name)
            .orElseThrow(
                () ->
                    new ConfigException(
                        "unknown flag: --" + name + "; see 'gantry daemon --help'"));
    if (equals >= 0) {
      add(setting, text.substring(equals + 1));
      return 0;
    }
    return value(setting, "--" + name, next);
  }

  private int value(Setting setting, String written, Optional<String> next) {
    if (setting.kind() == Setting.Kind.FLAG) {
      add(setting, "true");
      return 0;
    }
    add(setting, next.orElseThrow(() -> new ConfigException("flag needs an argument: " + written)));
    return 1;
  }

  private int letters(String text, Optional<String> next) {
    for (int i = 0; i < text.length(); i++) {
      String letter = text.substring(i, i + 1);
      String rest = text.substring(i + 1);
      Setting setting =
          Setting.ofLetter(letter)
              .orElseThrow(
                  () ->
                      new ConfigException(
                          "unknown shorthand flag: '%s' in -%s; see 'gantry daemon --help'"
                              .formatted(letter, text)));
      if (rest.startsWith("=")) {
        add(setting, rest.substring(1));
        return 0;
      }
      if (setting.kind() != Setting.Kind.FLAG && !rest.isEmpty()) {
        add(setting, rest);
        return 0;
      }
      if (rest.isEmpty()) {
        return value(setting, "-" + letter, next);
      }
      add(setting, "true");
    }
    return 0;
  }

  private void add(Setting setting, String value) {
    List<String> all = values.computeIfAbsent(setting, _ -> new ArrayList<>(1));
    if (!setting.repeats()) {
      all.clear();
    }
    all.add(value);
  }

  /// Reads a `daemon.json`.
  static Settings ofFile(Path file) {
    Settings settings = new Settings();
    try (InputStream in = Files.newInputStream(file)) {
      settings.read(JsonReader.readObject(in).orElseGet(JsonObject::empty));
    } catch (IOException | JsonException e) {
      throw new ConfigException(
          "unable to configure the daemon with file %s: %s".formatted(file, e.getMessage()), e);
    } catch (ConfigException e) {
      throw new ConfigException(
          "unable to configure the daemon with file %s: %s".formatted(file, e.getMessage()), e);
    }
    return settings;
  }

  private void read(JsonObject json) {
    List<String> unknown = new ArrayList<>();
    for (String key : json.names()) {
      Optional<Setting> setting = Setting.ofKey(key);
      if (key.equals("host-gateway-ip")) { // the one of former times
        add(Setting.HOST_GATEWAY_IP, json.text(key));
      } else if (setting.isPresent()) {
        readValue(json, key, setting.get());
      } else if (UNUSED_KEYS.contains(key)) {
        unused.add(key);
      } else {
        unknown.add(key);
      }
    }
    if (!unknown.isEmpty()) {
      throw new ConfigException(
          "the following directives don't match any configuration option: "
              + String.join(", ", unknown));
    }
  }

  private void readValue(JsonObject json, String key, Setting setting) {
    switch (setting) {
      case ADD_RUNTIME -> json.objectMap(key).forEach(this::runtime);
      case DEFAULT_ULIMIT -> json.objectMap(key).forEach(this::ulimit);
      case DEFAULT_ADDRESS_POOL ->
          json.objects(key)
              .forEach(
                  pool ->
                      add(
                          setting,
                          "base=%s,size=%d".formatted(pool.text("base"), pool.integer("size"))));
      default -> {
        switch (setting.kind()) {
          case TEXT -> add(setting, json.text(key));
          case NUMBER -> add(setting, Integer.toString(json.integer(key)));
          case FLAG -> add(setting, Boolean.toString(json.flag(key)));
          case LIST -> json.strings(key).forEach(value -> add(setting, value));
          case MAP ->
              json.stringMap(key).forEach((name, value) -> add(setting, name + "=" + value));
        }
      }
    }
  }

  private void runtime(String name, JsonObject runtime) {
    add(Setting.ADD_RUNTIME, name + "=" + runtime.text("path"));
    runtimeArguments.put(name, runtime.strings("runtimeArgs"));
  }

  private void ulimit(String name, JsonObject limit) {
    add(
        Setting.DEFAULT_ULIMIT,
        "%s=%d:%d".formatted(name, limit.number("Soft"), limit.number("Hard")));
  }

  /// These settings, which came from the command line, with those of a file; what both say is
  /// refused.
  Settings with(Settings file, Path path) {
    List<String> conflicts = new ArrayList<>();
    for (Setting setting : file.values.keySet()) {
      if (values.containsKey(setting)) {
        conflicts.add(
            "%s: (from flag: %s, from file: %s)"
                .formatted(setting.key(), shown(setting), file.shown(setting)));
      }
    }
    if (!conflicts.isEmpty()) {
      throw new ConfigException(
          "unable to configure the daemon with file %s: the following directives are specified both as a flag and in the configuration file: %s"
              .formatted(path, String.join(", ", conflicts)));
    }
    Settings both = new Settings();
    both.values.putAll(values);
    both.values.putAll(file.values);
    both.runtimeArguments.putAll(file.runtimeArguments);
    both.unused.addAll(file.unused);
    return both;
  }

  private String shown(Setting setting) {
    List<String> all = list(setting);
    return setting.repeats() ? all.toString() : String.join(" ", all);
  }

  /// Keys that were read and mean nothing here.
  List<String> unused() {
    return unused;
  }

  List<String> runtimeArguments(String runtime) {
    return runtimeArguments.getOrDefault(runtime, List.of());
  }

  boolean has(Setting setting) {
    return values.containsKey(setting);
  }

  List<String> list(Setting setting) {
    return values.getOrDefault(setting, List.of());
  }

  /// The value; empty when it was not set, or to nothing.
  Optional<String> text(Setting setting) {
    return list(setting).stream().findFirst().filter(text -> !text.isEmpty());
  }

  boolean flag(Setting setting, boolean unset) {
    Optional<String> text = text(setting);
    return switch (text.orElse(unset ? "true" : "false").toLowerCase(Locale.ROOT)) {
      case "1", "t", "true" -> true;
      case "0", "f", "false" -> false;
      default ->
          throw new ConfigException(
              "invalid value '%s' for %s: expected true or false"
                  .formatted(text.get(), name(setting)));
    };
  }

  int number(Setting setting, int unset) {
    Optional<String> text = text(setting);
    try {
      return text.map(Integer::parseInt).orElse(unset);
    } catch (NumberFormatException e) {
      throw new ConfigException(
          "invalid value '%s' for %s: expected a whole number"
              .formatted(text.orElse(""), name(setting)),
          e);
    }
  }

  /// The pairs of a setting that has `NAME=VALUE`.
  Map<String, String> map(Setting setting) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String pair : list(setting)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw new ConfigException(
            "invalid value '%s' for %s: expected NAME=VALUE".formatted(pair, name(setting)));
      }
      map.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return map;
  }

  private static String name(Setting setting) {
    return setting.key().isEmpty() ? setting.name() : setting.key();
  }
}
