package gantry.image;

import gantry.oci.Healthcheck;
import gantry.oci.Json;
import gantry.oci.ProcessDefaults;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Dockerfile instructions that change an image's config, as `docker commit --change` and `docker
/// import --change` take them: `CMD`, `ENTRYPOINT`, `ENV`, `EXPOSE`, `HEALTHCHECK`, `LABEL`,
/// `ONBUILD`, `STOPSIGNAL`, `USER`, `VOLUME`, `WORKDIR`.
///
/// Spec: Dockerfile reference.
final class ConfigChanges {
  private static final List<String> SHELL = List.of("/bin/sh", "-c");
  private static final Pattern PORT =
      Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?");
  private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");

  private final ProcessDefaults.Builder config;
  private boolean commandGiven;
  private ProcessDefaults current;

  private ConfigChanges(ProcessDefaults base) {
    this.config = base.toBuilder();
    this.current = base;
  }

  /// The config after all changes, in their order.
  ///
  /// @throws ImageException naming the change that is wrong
  static ProcessDefaults apply(List<String> changes, ProcessDefaults base) {
    ConfigChanges state = new ConfigChanges(base);
    for (String change : changes) {
      for (String line : lines(change)) {
        state.apply(line);
        state.current = state.config.build();
      }
    }
    return state.current;
  }

  /// One change may hold several instructions, a line each; a backslash at the end goes on with the
  /// next.
  private static List<String> lines(String change) {
    String joined = change.replaceAll("\\\\[ \\t]*\\r?\\n", " ");
    return Arrays.stream(joined.split("\\r?\\n", -1))
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .toList();
  }

  private void apply(String line) {
    String[] parts = line.split("\\s+", 2);
    String word = parts[0].toUpperCase(Locale.ROOT);
    String rest = parts.length > 1 ? parts[1].strip() : "";
    switch (word) {
      case "CMD" -> {
        config.cmd(command(rest));
        commandGiven = true;
      }
      case "ENTRYPOINT" -> entrypoint(rest);
      case "ENV" -> env(nonEmpty(word, rest));
      case "EXPOSE" -> expose(nonEmpty(word, rest));
      case "HEALTHCHECK" -> healthcheck(nonEmpty(word, rest));
      case "LABEL" -> labels(nonEmpty(word, rest));
      case "ONBUILD" -> onBuild(nonEmpty(word, rest));
      case "STOPSIGNAL" -> config.stopSignal(Optional.of(nonEmpty(word, rest)));
      case "USER" -> config.user(nonEmpty(word, rest));
      case "VOLUME" -> volumes(nonEmpty(word, rest));
      case "WORKDIR" -> workingDir(nonEmpty(word, rest));
      default ->
          throw ImageException.invalid(
              "%s is not a valid change command".formatted(word.toLowerCase(Locale.ROOT)));
    }
  }

  private static String nonEmpty(String word, String rest) {
    if (rest.isEmpty()) {
      throw ImageException.invalid(word + " requires at least one argument");
    }
    return rest;
  }

  /// A JSON array is the command itself, anything else a line for the shell.
  private List<String> command(String rest) {
    Optional<List<String>> array = jsonArray(rest);
    if (array.isPresent() || rest.isEmpty()) {
      return array.orElse(List.of());
    }
    List<String> command = new ArrayList<>(current.shell().isEmpty() ? SHELL : current.shell());
    command.add(rest);
    return command;
  }

  private static Optional<List<String>> jsonArray(String text) {
    if (!text.startsWith("[")) {
      return Optional.empty();
    }
    try {
      String[] values = Json.read(text.getBytes(StandardCharsets.UTF_8), String[].class, "command");
      return Arrays.stream(values).anyMatch(java.util.Objects::isNull)
          ? Optional.empty()
          : Optional.of(List.of(values));
    } catch (gantry.oci.FormatException _) {
      return Optional.empty(); // then it is a line for the shell, as in a Dockerfile
    }
  }

  private void entrypoint(String rest) {
    config.entrypoint(command(rest));
    if (!commandGiven) {
      config.cmd(List.of()); // a command of the image before is for its own entrypoint
    }
  }

  private void env(String rest) {
    List<String> env = new ArrayList<>(current.env());
    pairs("ENV", rest)
        .forEach(
            (name, value) -> {
              String prefix = name + "=";
              int at = indexOf(env, prefix);
              if (at < 0) {
                env.add(prefix + value);
              } else {
                env.set(at, prefix + value);
              }
            });
    config.env(env);
  }

  private static int indexOf(List<String> env, String prefix) {
    for (int i = 0; i < env.size(); i++) {
      if (env.get(i).startsWith(prefix)) {
        return i;
      }
    }
    return -1;
  }

  private void labels(String rest) {
    pairs("LABEL", rest).forEach(config::label);
  }

  /// `a=b "c d"="e f"`, or the old `name value with blanks`.
  private static Map<String, String> pairs(String word, String rest) {
    Map<String, String> pairs = new LinkedHashMap<>();
    List<String> words = words(word, rest);
    if (words.getFirst().indexOf('=') < 0) {
      String[] parts = rest.split("\\s+", 2);
      if (parts.length < 2) {
        throw ImageException.invalid(word + " must have two arguments");
      }
      pairs.put(unquoted(word, parts[0]), unquoted(word, parts[1]));
      return pairs;
    }
    for (String pair : words) {
      int equals = pair.indexOf('=');
      if (equals < 0) {
        throw ImageException.invalid(
            "Syntax error - can't find = in \"%s\". Must be of the form: name=value"
                .formatted(pair));
      }
      if (equals == 0) {
        throw ImageException.invalid(word + " names can not be blank");
      }
      pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return pairs;
  }

  private static String unquoted(String word, String text) {
    return String.join(" ", words(word, text));
  }

  /// Words separated by blanks, quotes and backslashes taken away.
  private static List<String> words(String instruction, String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean started = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean escape = c == '\\' && quote != '\'' && i + 1 < text.length();
      if (escape) {
        word.append(text.charAt(++i));
        started = true;
      } else if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        started = true;
      } else if (!Character.isWhitespace(c)) {
        word.append(c);
        started = true;
      } else if (started) {
        words.add(word.toString());
        word.setLength(0);
        started = false;
      }
    }
    if (quote != 0) {
      throw ImageException.invalid(instruction + ": a quote is not closed in: " + text);
    }
    if (started) {
      words.add(word.toString());
    }
    return words;
  }

  private void expose(String rest) {
    Set<String> ports = new LinkedHashSet<>(current.exposedPorts());
    for (String text : rest.split("\\s+", -1)) {
      Matcher matcher = PORT.matcher(text);
      if (!matcher.matches()) {
        throw ImageException.invalid("invalid containerPort: " + text);
      }
      int first = Integer.parseInt(matcher.group(1));
      int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
      if (last > 65535 || first > last) {
        throw ImageException.invalid("invalid containerPort: " + text);
      }
      String protocol = matcher.group(3) == null ? "tcp" : matcher.group(3);
      for (int port = first; port <= last; port++) {
        ports.add(port + "/" + protocol);
      }
    }
    config.exposedPorts(ports);
  }

  private void volumes(String rest) {
    Set<String> volumes = new LinkedHashSet<>(current.volumes());
    for (String volume : jsonArray(rest).orElseGet(() -> List.of(rest.split("\\s+", -1)))) {
      if (volume.isBlank()) {
        throw ImageException.invalid("VOLUME specified can not be an empty string");
      }
      volumes.add(volume.strip());
    }
    config.volumes(volumes);
  }

  private void workingDir(String rest) {
    String base = rest.startsWith("/") ? "" : current.workingDir();
    config.workingDir(java.nio.file.Path.of("/" + base + "/" + rest).normalize().toString());
  }

  private void onBuild(String rest) {
    List<String> triggers = new ArrayList<>(current.onBuild());
    String word = rest.split("\\s+", 2)[0].toUpperCase(Locale.ROOT);
    if (word.equals("ONBUILD")) {
      throw ImageException.invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    }
    if (word.equals("FROM") || word.equals("MAINTAINER")) {
      throw ImageException.invalid(word + " isn't allowed as an ONBUILD trigger");
    }
    triggers.add(rest);
    config.onBuild(triggers);
  }

  private void healthcheck(String rest) {
    if (rest.equalsIgnoreCase("NONE")) {
      config.healthcheck(Optional.of(check(List.of("NONE"), Map.of())));
      return;
    }
    Map<String, String> options = new LinkedHashMap<>();
    String left = rest;
    while (left.startsWith("--")) {
      String[] parts = left.split("\\s+", 2);
      int equals = parts[0].indexOf('=');
      if (equals < 0) {
        throw ImageException.invalid("HEALTHCHECK: option without a value: " + parts[0]);
      }
      options.put(parts[0].substring(2, equals), parts[0].substring(equals + 1));
      left = parts.length > 1 ? parts[1] : "";
    }
    String[] parts = left.split("\\s+", 2);
    if (!parts[0].equalsIgnoreCase("CMD") || parts.length < 2) {
      throw ImageException.invalid(
          "Unknown type \"%s\" in HEALTHCHECK (try CMD)".formatted(parts[0]));
    }
    List<String> test = new ArrayList<>();
    Optional<List<String>> array = jsonArray(parts[1]);
    test.add(array.isPresent() ? "CMD" : "CMD-SHELL");
    test.addAll(array.orElse(List.of(parts[1])));
    config.healthcheck(Optional.of(check(test, options)));
  }

  private static Healthcheck check(List<String> test, Map<String, String> options) {
    Map<String, String> left = new LinkedHashMap<>(options);
    Healthcheck check =
        new Healthcheck(
            test,
            duration(left.remove("interval")),
            duration(left.remove("timeout")),
            duration(left.remove("start-period")),
            duration(left.remove("start-interval")),
            retries(left.remove("retries")));
    if (!left.isEmpty()) {
      throw ImageException.invalid(
          "HEALTHCHECK: unknown option --" + left.keySet().iterator().next());
    }
    return check;
  }

  private static int retries(@org.jspecify.annotations.Nullable String text) {
    if (text == null) {
      return 0;
    }
    if (!text.matches("[0-9]{1,9}")) {
      throw ImageException.invalid("HEALTHCHECK: --retries must be a number, not " + text);
    }
    return Integer.parseInt(text);
  }

  /// Go's form: `1m30s`.
  private static Duration duration(@org.jspecify.annotations.Nullable String text) {
    if (text == null || text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher matcher = DURATION.matcher(text);
    double nanos = 0;
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      nanos += Double.parseDouble(matcher.group(1)) * nanosOf(matcher.group(2));
      end = matcher.end();
    }
    if (end != text.length() || end == 0) {
      throw ImageException.invalid("HEALTHCHECK: invalid duration \"" + text + "\"");
    }
    return Duration.ofNanos((long) nanos);
  }

  private static double nanosOf(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      default -> 3600e9;
    };
  }
}
