package gantry.cli.build;

import gantry.cli.command.CliException;
import gantry.cli.command.Session;
import gantry.cli.create.Csv;
import gantry.cli.create.ImageName;
import gantry.cli.create.Proxies;
import gantry.cli.create.UlimitSpec;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The first line of a request to build: the flags, as docs/build-protocol.md has them.
final class RequestHead {
  private static final long VERSION = 1;
  private static final String EPOCH = "SOURCE_DATE_EPOCH";

  private final Session session;
  private final FlagValues flags;
  private final Place place;
  private final String dockerfileText;

  /// @param dockerfileText from standard input; empty if it is not there
  RequestHead(Session session, FlagValues flags, Place place, String dockerfileText) {
    this.session = session;
    this.flags = flags;
    this.place = place;
    this.dockerfileText = dockerfileText;
  }

  /// The line, and with it what it offers.
  ///
  /// @param rewriteTimestamps whether the image is asked for with the times of `SOURCE_DATE_EPOCH`
  JsonObject write(Offer offer, boolean rewriteTimestamps) throws IOException {
    JsonObject head = JsonObject.create().put("version", VERSION);
    head.put("contexts", contexts(offer)); // archives are sent in this order
    String dockerfile = dockerfile(head);
    head.put("context", place.offer(offer, dockerfile));
    head.put(
        "tags", flags.list("tag").stream().map(tag -> ImageName.parse(tag).familiar()).toList());
    head.put("arguments", arguments());
    head.put("labels", pairs(flags.list("label")));
    head.put("platforms", platforms());
    optional(head, "target", flags.text("target"));
    head.put("cache", cache());
    head.put("secrets", secrets());
    head.put("agents", agents(offer));
    head.put("steps", steps());
    flag(head, "pull", flags.bool("pull"));
    flag(head, "rewriteTimestamps", rewriteTimestamps);
    flag(head, "explain", flags.bool("explain") || !flags.text("report").isEmpty());
    flag(head, "check", flags.bool("check"));
    return head;
  }

  private static void optional(JsonObject json, String name, String value) {
    if (!value.isEmpty()) {
      json.put(name, value);
    }
  }

  private static void flag(JsonObject json, String name, boolean value) {
    if (value) {
      json.put(name, true);
    }
  }

  private static void number(JsonObject json, String name, long value) {
    if (value != 0) {
      json.put(name, value);
    }
  }

  private JsonObject contexts(Offer offer) throws IOException {
    JsonObject contexts = JsonObject.create();
    for (String text : flags.list("build-context")) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        throw new CliException("invalid value " + text + ", expected key=value");
      }
      Place named = Place.parseNamed(text.substring(equals + 1));
      contexts.put(text.substring(0, equals), named.offer(offer, ""));
    }
    return contexts;
  }

  /// Says where the Dockerfile is; returns its path in the context, empty if it is not there.
  private String dockerfile(JsonObject head) throws IOException {
    String file = flags.text("file");
    if (place instanceof Place.Dockerfile(String text)) {
      head.put("dockerfile", JsonObject.create().put("name", "Dockerfile").put("text", text));
      return "";
    }
    if (file.equals("-")) {
      head.put(
          "dockerfile", JsonObject.create().put("name", "Dockerfile").put("text", dockerfileText));
      return "";
    }
    if (!(place instanceof Place.Directory(Path context)) || file.isEmpty()) {
      String path = file.isEmpty() ? "Dockerfile" : file;
      head.put("dockerfile", JsonObject.create().put("path", path));
      return path;
    }
    return localDockerfile(head, context, file);
  }

  /// A Dockerfile outside its context is sent beside it.
  private static String localDockerfile(JsonObject head, Path context, String file)
      throws IOException {
    Path path = Path.of(file);
    if (!Files.exists(path)) {
      throw new CliException(
          "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat "
              + path.toAbsolutePath()
              + ": no such file or directory");
    }
    Path directory = path.toAbsolutePath().getParent();
    Path real =
        directory == null
            ? path.toRealPath()
            : directory.toRealPath().resolve(path.toAbsolutePath().getFileName());
    Path root = context.toRealPath();
    if (real.startsWith(root)) {
      String relative = root.relativize(real).toString();
      head.put("dockerfile", JsonObject.create().put("path", relative));
      return relative;
    }
    try (var in = Files.newInputStream(path)) {
      head.put(
          "dockerfile",
          JsonObject.create()
              .put("name", path.getFileName().toString())
              .put("text", Place.readDockerfile(in)));
    }
    return "";
  }

  private JsonObject arguments() throws IOException {
    Map<String, String> environment = session.environment();
    JsonObject arguments = JsonObject.create();
    Proxies.of(session).forEach(arguments::put);
    String epoch = environment.getOrDefault(EPOCH, "");
    optional(arguments, EPOCH, epoch);
    for (String text : flags.list("build-arg")) {
      int equals = text.indexOf('=');
      String name = equals < 0 ? text : text.substring(0, equals);
      if (name.isEmpty()) {
        throw new CliException("invalid build argument: \"" + text + "\"");
      }
      String own = environment.get(name);
      Object value = equals >= 0 ? text.substring(equals + 1) : own == null ? JsonNull.NULL : own;
      arguments.put(name, value);
    }
    return arguments;
  }

  private static JsonObject pairs(List<String> texts) {
    JsonObject pairs = JsonObject.create();
    for (String text : texts) {
      int equals = text.indexOf('=');
      pairs.put(
          equals < 0 ? text : text.substring(0, equals),
          equals < 0 ? "" : text.substring(equals + 1));
    }
    return pairs;
  }

  private List<String> platforms() {
    List<String> given = flags.list("platform");
    String preset = session.environment().getOrDefault("DOCKER_DEFAULT_PLATFORM", "");
    return given.isEmpty() && !preset.isEmpty() ? List.of(preset) : given;
  }

  private JsonObject cache() {
    JsonObject cache = JsonObject.create();
    flag(cache, "none", flags.bool("no-cache"));
    flag(cache, "required", flags.bool("require-cached"));
    List<String> stages = new ArrayList<>();
    flags.list("no-cache-filter").forEach(text -> stages.addAll(List.of(text.split(",", -1))));
    return stages.isEmpty() ? cache : cache.put("noneOfStages", stages);
  }

  private JsonObject secrets() throws IOException {
    JsonObject secrets = JsonObject.create();
    for (String text : flags.list("secret")) {
      Map<String, String> fields =
          fields("secret", text, List.of("type", "id", "src", "source", "env"));
      String source = fields.getOrDefault("src", fields.getOrDefault("source", ""));
      String id = fields.getOrDefault("id", fields.getOrDefault("env", source));
      if (id.isEmpty()) {
        throw new CliException("invalid secret " + text + ": it has no id");
      }
      secrets.put(id, Base64.getEncoder().encodeToString(secret(id, source, fields)));
    }
    return secrets;
  }

  private byte[] secret(String id, String source, Map<String, String> fields) throws IOException {
    Map<String, String> environment = session.environment();
    String type = fields.getOrDefault("type", "");
    String variable = fields.getOrDefault("env", type.equals("env") ? source : "");
    if (variable.isEmpty() && source.isEmpty() && !type.equals("file")) {
      variable = type.equals("env") || environment.containsKey(id) ? id : "";
    }
    if (!variable.isEmpty()) {
      String value = environment.get(variable);
      if (value == null) {
        throw new CliException(
            "secret " + id + ": environment variable " + variable + " is not set");
      }
      return value.getBytes(StandardCharsets.UTF_8);
    }
    Path file = Path.of(source.isEmpty() ? id : source);
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException _) {
      throw new CliException("secret " + id + ": " + file + ": no such file");
    }
  }

  /// The fields of a value like `id=a,src=b`.
  static Map<String, String> fields(String flag, String text, List<String> known) {
    Map<String, String> fields = new LinkedHashMap<>();
    List<String> parts;
    try {
      parts = Csv.split(text);
    } catch (IllegalArgumentException e) {
      throw new CliException("invalid --" + flag + " " + text + ": " + e.getMessage());
    }
    for (String part : parts) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      if (equals < 0 || !known.contains(name)) {
        throw new CliException(
            "invalid --%s %s: '%s' is none of %s"
                .formatted(flag, text, name, String.join("=, ", known) + "="));
      }
      fields.put(name, part.substring(equals + 1));
    }
    return fields;
  }

  private JsonObject agents(Offer offer) {
    JsonObject agents = JsonObject.create();
    for (String text : flags.list("ssh")) {
      int equals = text.indexOf('=');
      String id = equals < 0 ? text : text.substring(0, equals);
      String socket =
          equals < 0
              ? session.environment().getOrDefault("SSH_AUTH_SOCK", "")
              : text.substring(equals + 1);
      if (socket.isEmpty()) {
        throw new CliException(
            "invalid --ssh %s: there is no SSH agent (SSH_AUTH_SOCK is not set)".formatted(text));
      }
      if (Files.isRegularFile(Path.of(socket))) {
        throw new CliException(
            "invalid --ssh %s: it names a key, and gantry takes agents: `ssh-add %s` and leave it out"
                .formatted(text, socket));
      }
      agents.put(id, offer.agent(socket));
    }
    return agents;
  }

  private JsonObject steps() {
    JsonObject steps = JsonObject.create();
    String network = flags.text("network");
    optional(steps, "network", network.equals("default") ? "" : network);
    optional(steps, "cgroupParent", flags.text("cgroup-parent"));
    optional(steps, "cpusetCpus", flags.text("cpuset-cpus"));
    optional(steps, "cpusetMems", flags.text("cpuset-mems"));
    number(steps, "memoryBytes", flags.bytes("memory"));
    number(steps, "memorySwapBytes", flags.bytes("memory-swap"));
    number(steps, "cpuShares", flags.number("cpu-shares"));
    number(steps, "cpuPeriod", flags.number("cpu-period"));
    number(steps, "cpuQuota", flags.number("cpu-quota"));
    number(steps, "sharedMemoryBytes", flags.bytes("shm-size"));
    steps.put("extraHosts", flags.list("add-host"));
    steps.put("allow", allowed(network));
    steps.put("securityOptions", flags.list("security-opt"));
    steps.put(
        "ulimits",
        flags.list("ulimit").stream()
            .map(UlimitSpec::parse)
            .map(u -> u.text("Name") + "=" + u.number("Soft") + ":" + u.number("Hard"))
            .toList());
    return steps;
  }

  private List<String> allowed(String network) {
    List<String> allowed = new ArrayList<>();
    flags.list("allow").forEach(text -> allowed.addAll(List.of(text.split(",", -1))));
    for (String right : allowed) {
      if (!right.equals("network.host") && !right.equals("security.insecure")) {
        throw new CliException(
            "invalid --allow %s: expected network.host or security.insecure".formatted(right));
      }
    }
    if (network.equals("host") && !allowed.contains("network.host")) {
      allowed.add("network.host");
    }
    return allowed;
  }
}
