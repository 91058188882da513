package gantry.build.dockerfile;

import gantry.build.dockerfile.MountOptions.Option;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the options of one `--mount=`, which stand in any order.
final class MountReader {
  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("type", "type"),
          Map.entry("from", "from"),
          Map.entry("source", "source"),
          Map.entry("src", "source"),
          Map.entry("target", "target"),
          Map.entry("dst", "target"),
          Map.entry("destination", "target"),
          Map.entry("readonly", "readonly"),
          Map.entry("ro", "readonly"),
          Map.entry("readwrite", "readwrite"),
          Map.entry("rw", "readwrite"),
          Map.entry("required", "required"),
          Map.entry("id", "id"),
          Map.entry("sharing", "sharing"),
          Map.entry("size", "size"),
          Map.entry("mode", "mode"),
          Map.entry("uid", "uid"),
          Map.entry("gid", "gid"),
          Map.entry("env", "env"));
  private static final Set<String> TYPES = Set.of("bind", "cache", "tmpfs", "secret", "ssh");
  private static final Set<String> SWITCHES = Set.of("readonly", "readwrite", "required");
  private static final Set<String> OWNED = Set.of("cache", "secret", "ssh");
  private static final Pattern SIZE =
      Pattern.compile(
          "(\\d{1,18})(?:\\.(\\d{1,9}))? ?([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);
  private static final int CACHE_MODE = 0755;
  private static final int SECRET_MODE = 0400;
  private static final int SSH_MODE = 0600;

  private final Origin origin;
  private final Map<String, Option> options = new TreeMap<>();
  private final String type;

  private MountReader(MountOptions mount, Origin origin) {
    this.origin = origin;
    for (Option option : mount.options()) {
      add(option);
    }
    Option given = options.get("type");
    this.type = given == null ? "bind" : given.value().orElse("").toLowerCase(Locale.ROOT);
    if (!TYPES.contains(type)) {
      throw problem(
          "unsupported mount type \"%s\"%s".formatted(type, Suggestion.of(type, TYPES)),
          value("type").orElse(""));
    }
  }

  static Mount read(MountOptions mount, Origin origin) {
    return new MountReader(mount, origin).mount();
  }

  private void add(Option option) {
    String key = KEYS.get(option.key());
    if (key == null && option.value().isPresent()) {
      throw problem(
          "unexpected key '%s' in '%s'%s"
              .formatted(option.key(), option, Suggestion.of(option.key(), KEYS.keySet())),
          option.key());
    }
    if (key == null || (option.value().isEmpty() && !SWITCHES.contains(key))) {
      throw problem(
          "invalid field '%s' must be a key=value pair%s"
              .formatted(option, Suggestion.of(option.key(), KEYS.keySet())),
          option.key());
    }
    options.put(key, option);
    if (key.equals("readonly") || key.equals("readwrite")) {
      options.remove(key.equals("readonly") ? "readwrite" : "readonly");
    }
  }

  private Mount mount() {
    check();
    return switch (type) {
      case "cache" -> cache();
      case "tmpfs" -> new Mount.Tmpfs(target(), size());
      case "secret" -> secret();
      case "ssh" ->
          new Mount.Ssh(
              value("id").orElse("default"),
              value("target"),
              required(),
              mode(SSH_MODE),
              id("uid"),
              id("gid"));
      default ->
          new Mount.Bind(target(), value("source").orElse("/"), value("from"), readOnly(true));
    };
  }

  private void check() {
    for (String key : List.of("mode", "uid", "gid")) {
      refuse(key, OWNED.contains(type), "%s not allowed for \"%s\" type mounts");
    }
    refuse(
        "required",
        type.equals("secret") || type.equals("ssh"),
        "unexpected key '%s' for mount type '%s'");
    refuse("size", type.equals("tmpfs"), "unexpected key '%s' for mount type '%s'");
    SWITCHES.stream().filter(options::containsKey).forEach(this::truth);
    if (options.containsKey("sharing") && !type.equals("cache")) {
      throw problem("invalid cache sharing set for %s mount".formatted(type), "sharing");
    }
  }

  private void refuse(String key, boolean allowed, String message) {
    Option option = options.get(key);
    if (option != null && !allowed) {
      throw problem(message.formatted(key, type), option.key());
    }
  }

  private Mount cache() {
    String target = target();
    return new Mount.Cache(
        target,
        value("id").orElse(target),
        sharing(),
        value("from"),
        value("source").orElse("/"),
        readOnly(false),
        mode(CACHE_MODE),
        id("uid"),
        id("gid"));
  }

  private Mount secret() {
    if (options.containsKey("from")) {
      throw problem("secret mount should not have a from", "from");
    }
    if (value("source").isPresent() && value("id").isPresent()) {
      throw problem("both source and id can't be set", "source");
    }
    Optional<String> target = value("target");
    Optional<String> environment = value("env");
    String id =
        value("id")
            .or(() -> value("source"))
            .or(() -> target.map(MountReader::lastName))
            .orElseThrow(
                () -> problem("invalid secret mount. one of source, target required", "secret"));
    Optional<String> file =
        target.isPresent() || environment.isPresent()
            ? target
            : Optional.of("/run/secrets/" + lastName(id));
    return new Mount.Secret(
        id, file, environment, required(), mode(SECRET_MODE), id("uid"), id("gid"));
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /// The working directory unless given.
  private String target() {
    return value("target").orElse(".");
  }

  private Mount.Sharing sharing() {
    String text = value("sharing").orElse("shared");
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "shared" -> Mount.Sharing.SHARED;
      case "private" -> Mount.Sharing.PRIVATE;
      case "locked" -> Mount.Sharing.LOCKED;
      default ->
          throw problem(
              "unsupported sharing value \"%s\": expected shared, private or locked"
                  .formatted(text),
              text);
    };
  }

  private boolean readOnly(boolean unlessGiven) {
    if (options.containsKey("readonly")) {
      return truth("readonly");
    }
    return options.containsKey("readwrite") ? !truth("readwrite") : unlessGiven;
  }

  private boolean required() {
    return options.containsKey("required") && truth("required");
  }

  /// As Go reads one; no value is true.
  private boolean truth(String key) {
    String text = value(key).orElse("true");
    return GoText.truth(text)
        .orElseThrow(() -> problem("invalid value for %s: %s".formatted(given(key), text), text));
  }

  /// The key as written.
  private String given(String key) {
    Option option = options.get(key);
    return option == null ? key : option.key();
  }

  private int mode(int unlessGiven) {
    return number("mode", 8).orElse(unlessGiven);
  }

  private int id(String key) {
    return number(key, 10).orElse(0);
  }

  private OptionalInt number(String key, int radix) {
    Optional<String> text = value(key);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseUnsignedInt(text.get(), radix));
    } catch (NumberFormatException _) {
      throw problem("invalid value %s for %s".formatted(text.get(), key), text.get());
    }
  }

  /// `100000`, `64k`, `1.5g`, `100MiB`.
  private OptionalLong size() {
    Optional<String> text = value("size");
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    Matcher matcher = SIZE.matcher(text.get());
    if (!matcher.matches()) {
      throw problem("invalid value for size: %s".formatted(text.get()), text.get());
    }
    double number = Double.parseDouble(matcher.group(1) + "." + orZero(matcher.group(2)));
    int power = " kmgtp".indexOf((" " + matcher.group(3).toLowerCase(Locale.ROOT)).strip());
    return OptionalLong.of((long) (number * (1L << (10 * Math.max(0, power)))));
  }

  private static String orZero(@org.jspecify.annotations.Nullable String digits) {
    return digits == null ? "0" : digits;
  }

  private Optional<String> value(String key) {
    Option option = options.get(key);
    return option == null ? Optional.empty() : option.value().filter(v -> !v.isEmpty());
  }

  private DockerfileException problem(String message, String part) {
    return origin.problem(message, part);
  }
}
