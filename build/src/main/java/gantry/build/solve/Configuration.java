package gantry.build.solve;

import gantry.build.dockerfile.Cmd;
import gantry.build.dockerfile.Command;
import gantry.build.dockerfile.Entrypoint;
import gantry.build.dockerfile.Env;
import gantry.build.dockerfile.Expose;
import gantry.build.dockerfile.KeyValue;
import gantry.build.dockerfile.Label;
import gantry.build.dockerfile.Volume;
import gantry.oci.ProcessDefaults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What instructions without files make of what an image says of its processes. All of them are
/// expanded.
final class Configuration {
  private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");
  private static final int PORT_MAX = 65_535;

  private Configuration() {}

  static ProcessDefaults with(ProcessDefaults config, Env env) {
    List<String> variables = new ArrayList<>(config.env());
    for (KeyValue pair : env.variables()) {
      setVariable(variables, pair.key(), pair.value());
    }
    return config.toBuilder().env(List.copyOf(variables)).build();
  }

  /// In the place of an older value, so that the order stays.
  private static void setVariable(List<String> variables, String name, String value) {
    String line = name + "=" + value;
    for (int i = 0; i < variables.size(); i++) {
      if (variables.get(i).startsWith(name + "=")) {
        variables.set(i, line);
        return;
      }
    }
    variables.add(line);
  }

  static ProcessDefaults with(ProcessDefaults config, Label label) {
    return withLabels(config, label.labels());
  }

  private static ProcessDefaults withLabels(ProcessDefaults config, List<KeyValue> labels) {
    Map<String, String> all = new LinkedHashMap<>(config.labels());
    labels.forEach(pair -> all.put(pair.key(), pair.value()));
    return config.toBuilder().labels(all).build();
  }

  static ProcessDefaults with(ProcessDefaults config, Volume volume) {
    Set<String> all = new LinkedHashSet<>(config.volumes());
    for (String path : volume.paths()) {
      if (path.isBlank()) {
        throw volume.origin().problem("VOLUME specified can not be an empty string", path);
      }
      all.add(path);
    }
    return config.toBuilder().volumes(all).build();
  }

  static ProcessDefaults with(ProcessDefaults config, Expose expose) {
    Set<String> all = new LinkedHashSet<>(config.exposedPorts());
    expose.ports().forEach(port -> all.addAll(ports(expose, port)));
    return config.toBuilder().exposedPorts(all).build();
  }

  /// `80`, `80/udp`, `8000-8010/tcp`.
  private static List<String> ports(Expose expose, String text) {
    int slash = text.indexOf('/');
    String protocol =
        slash < 0 ? "tcp" : text.substring(slash + 1).toLowerCase(java.util.Locale.ROOT);
    String range = slash < 0 ? text : text.substring(0, slash);
    int dash = range.indexOf('-');
    if (!Set.of("tcp", "udp", "sctp").contains(protocol)) {
      throw expose.origin().problem("Invalid proto: " + protocol, text);
    }
    int first = port(expose, dash < 0 ? range : range.substring(0, dash), text);
    int last = dash < 0 ? first : port(expose, range.substring(dash + 1), text);
    if (first > last) {
      throw expose.origin().problem("Invalid range format: " + text, text);
    }
    List<String> ports = new ArrayList<>();
    for (int port = first; port <= last; port++) {
      ports.add(port + "/" + protocol);
    }
    return ports;
  }

  private static int port(Expose expose, String digits, String text) {
    if (digits.matches("[0-9]{1,5}") && Integer.parseInt(digits) <= PORT_MAX) {
      return Integer.parseInt(digits);
    }
    throw expose.origin().problem("invalid containerPort: " + text, text);
  }

  /// @param commandSet whether the stage itself has said a command: else that of its base ends here
  static ProcessDefaults with(ProcessDefaults config, Entrypoint entrypoint, boolean commandSet) {
    ProcessDefaults.Builder changed =
        config.toBuilder().entrypoint(words(config, entrypoint.command()));
    return commandSet ? changed.build() : changed.cmd(List.of()).build();
  }

  static ProcessDefaults with(ProcessDefaults config, Cmd cmd) {
    return config.toBuilder().cmd(words(config, cmd.command())).build();
  }

  /// What is executed.
  static List<String> words(ProcessDefaults config, Command command) {
    return switch (command) {
      case Command.ShellForm(String text) -> {
        List<String> words = new ArrayList<>(shell(config));
        words.add(text);
        yield List.copyOf(words);
      }
      case Command.ExecForm(List<String> words) -> words;
      case Command.Script(String name, _) -> List.of("/dev/pipes/" + name);
    };
  }

  private static List<String> shell(ProcessDefaults config) {
    return config.shell().isEmpty() ? DEFAULT_SHELL : config.shell();
  }

  static ProcessDefaults withLabels(ProcessDefaults config, Map<String, String> labels) {
    return withLabels(
        config,
        labels.entrySet().stream().map(e -> new KeyValue(e.getKey(), e.getValue())).toList());
  }
}
