package gantry.engine.log.remote;

import gantry.engine.log.LogOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The drivers that send output away, by Docker's names and with Docker's options.
///
/// What is sent comes from the copy on this machine, which `logs` reads too: a target that is away
/// holds nobody up, and gets what it missed when it is back, as far as the copy goes.
public enum RemoteDriver {
  JOURNALD,
  SYSLOG,
  FLUENTD,
  GELF;

  private static final Path JOURNAL = Path.of("/run/systemd/journal/socket");
  private static final int FLUENTD_PORT = 24224;
  private static final int SYSLOG_PORT = 514;
  private static final String CACHE = "cache-";
  private static final Set<String> COMMON =
      Set.of(
          "tag",
          "labels",
          "labels-regex",
          "env",
          "env-regex",
          "mode",
          "max-buffer-size",
          "cache-disabled",
          "cache-max-size",
          "cache-max-file",
          "cache-compress");

  private Set<String> own() {
    return switch (this) {
      case JOURNALD -> Set.of();
      case SYSLOG ->
          Set.of(
              "syslog-address",
              "syslog-facility",
              "syslog-format",
              "syslog-tls-ca-cert",
              "syslog-tls-cert",
              "syslog-tls-key",
              "syslog-tls-skip-verify");
      case FLUENTD ->
          Set.of(
              "fluentd-address",
              "fluentd-async",
              "fluentd-async-connect",
              "fluentd-async-reconnect-interval",
              "fluentd-buffer-limit",
              "fluentd-max-retries",
              "fluentd-request-ack",
              "fluentd-retry-wait",
              "fluentd-sub-second-precision",
              "fluentd-write-timeout");
      case GELF ->
          Set.of(
              "gelf-address",
              "gelf-compression-type",
              "gelf-compression-level",
              "gelf-tcp-max-reconnect",
              "gelf-tcp-reconnect-delay");
    };
  }

  /// As users write it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The driver of that name.
  public static Optional<RemoteDriver> of(String word) {
    return Stream.of(values()).filter(driver -> driver.word().equals(word)).findFirst();
  }

  /// How the copy on this machine is kept.
  public LogOptions cache(Map<String, String> options, List<String> problems) {
    Map<String, String> cache = new LinkedHashMap<>();
    options.forEach(
        (name, value) -> {
          if (name.startsWith(CACHE) && !name.equals("cache-disabled")) {
            cache.put(name.substring(CACHE.length()), value);
          }
        });
    if (truth(cache, "compress", problems)) {
      problems.add("cache-compress cannot be true: output is sent from the cache");
    }
    List<String> found = new ArrayList<>();
    LogOptions kept = LogOptions.parse("cache", cache, Map.of(), found);
    found.forEach(problem -> problems.add("log cache: " + problem));
    return kept;
  }

  /// Whether `logs` may read the copy.
  public static boolean readable(Map<String, String> options) {
    return !truth(options, "cache-disabled", new ArrayList<>());
  }

  /// The destination, not connected yet; empty if `problems` were added.
  ///
  /// @param host this machine's name
  public Optional<Destination> open(
      Map<String, String> options, LogSubject subject, String host, List<String> problems) {
    for (String name : new TreeSet<>(options.keySet())) {
      if (!own().contains(name) && !COMMON.contains(name)) {
        problems.add("unknown log opt '%s' for %s log driver".formatted(name, word()));
      }
    }
    boolean _ = truth(options, "cache-disabled", problems);
    String tag = TagTemplate.apply(options.getOrDefault("tag", ""), subject, problems);
    int before = problems.size();
    Optional<Destination> destination =
        switch (this) {
          case JOURNALD -> Optional.of(new Journald(subject, tag, JOURNAL));
          case SYSLOG -> syslog(options, tag, host, problems);
          case FLUENTD -> fluentd(options, subject, tag, problems);
          case GELF -> gelf(options, subject, tag, host, problems);
        };
    return problems.size() > before ? Optional.empty() : destination;
  }

  private static Optional<Destination> syslog(
      Map<String, String> options, String tag, String host, List<String> problems) {
    String text = options.getOrDefault("syslog-address", "");
    Optional<Address> address =
        Address.parse(
            text.isEmpty() ? "unix:///dev/log" : text,
            Syslog.SCHEMES,
            SYSLOG_PORT,
            "syslog-address",
            problems);
    int facility = facility(options.getOrDefault("syslog-facility", ""), problems);
    Optional<Syslog.Format> format =
        word(options, "syslog-format", Syslog.Format.LOCAL, Syslog.Format.values(), problems);
    Optional<Syslog.Security> security =
        address.filter(a -> a.scheme().equals("tcp+tls")).isPresent()
            ? Certificates.security(options, problems)
            : Optional.empty();
    return address.map(
        a -> new Syslog(tag, host, a, facility, format.orElse(Syslog.Format.LOCAL), security));
  }

  private static int facility(String text, List<String> problems) {
    if (text.isEmpty()) {
      return Syslog.FACILITIES.indexOf("daemon");
    }
    int index = text.matches("\\d{1,2}") ? Integer.parseInt(text) : Syslog.FACILITIES.indexOf(text);
    if (index < 0 || index >= Syslog.FACILITIES.size()) {
      problems.add("invalid syslog facility '%s'".formatted(text));
      return 0;
    }
    return index;
  }

  private static Optional<Destination> fluentd(
      Map<String, String> options, LogSubject subject, String tag, List<String> problems) {
    boolean subSecond = truth(options, "fluentd-sub-second-precision", problems);
    boolean acknowledged = truth(options, "fluentd-request-ack", problems);
    boolean _ = truth(options, "fluentd-async", problems);
    String text = options.getOrDefault("fluentd-address", "");
    return Address.parse(
            text.isEmpty() ? "tcp://127.0.0.1:" + FLUENTD_PORT : text,
            Set.of("tcp", "unix"),
            FLUENTD_PORT,
            "fluentd-address",
            problems)
        .map(address -> new Fluentd(subject, tag, address, subSecond, acknowledged));
  }

  private static Optional<Destination> gelf(
      Map<String, String> options,
      LogSubject subject,
      String tag,
      String host,
      List<String> problems) {
    String text = options.getOrDefault("gelf-address", "");
    if (text.isEmpty()) {
      problems.add("gelf-address is a required parameter");
      return Optional.empty();
    }
    Optional<Gelf.Compression> compression =
        word(
            options,
            "gelf-compression-type",
            Gelf.Compression.GZIP,
            Gelf.Compression.values(),
            problems);
    String level = options.getOrDefault("gelf-compression-level", "");
    if (!level.isEmpty() && !level.matches("-1|[0-9]")) {
      problems.add("unknown value \"%s\" for log opt \"gelf-compression-level\"".formatted(level));
      return Optional.empty();
    }
    return Address.parse(text, Set.of("udp", "tcp"), 0, "gelf-address", problems)
        .map(
            address ->
                new Gelf(
                    subject,
                    tag,
                    host,
                    address,
                    compression.orElse(Gelf.Compression.GZIP),
                    level.isEmpty() ? 1 : Integer.parseInt(level)));
  }

  private static <E extends Enum<E>> Optional<E> word(
      Map<String, String> options, String name, E otherwise, E[] all, List<String> problems) {
    String text = options.getOrDefault(name, "");
    if (text.isEmpty()) {
      return Optional.of(otherwise);
    }
    Optional<E> found =
        Stream.of(all).filter(e -> e.name().toLowerCase(Locale.ROOT).equals(text)).findFirst();
    if (found.isEmpty()) {
      problems.add(
          "invalid value '%s' for %s: expected one of %s"
              .formatted(
                  text,
                  name,
                  Stream.of(all)
                      .map(e -> e.name().toLowerCase(Locale.ROOT))
                      .collect(Collectors.joining(", "))));
    }
    return found;
  }

  private static boolean truth(Map<String, String> options, String name, List<String> problems) {
    String text = options.getOrDefault(name, "").toLowerCase(Locale.ROOT);
    return switch (text) {
      case "true", "t", "1" -> true;
      case "", "false", "f", "0" -> false;
      default -> {
        problems.add("invalid value '%s' for %s: expected true or false".formatted(text, name));
        yield false;
      }
    };
  }
}
