package gantry.engine.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// How a log is kept on this machine: the options of the `json-file` and `local` drivers, decoded,
/// and those of the copy that the drivers which send output away keep for `logs`.
///
/// Every log is bounded unless its user says otherwise (`max-size=-1`): nobody's disk fills up.
/// Docker's `json-file` grows without end; ours is 5 files of 20 MB when neither size nor number is
/// given. A `max-size` alone means one file, as in Docker.
///
/// @param form of the lines
/// @param maxSizeBytes size at which a file is put away; [Long#MAX_VALUE] for never
/// @param maxFiles how many files there are at most, the one that grows included
/// @param compress whether files that were put away are compressed with gzip
/// @param attributes JSON object that goes into every line; empty for none
public record LogOptions(
    Form form, long maxSizeBytes, int maxFiles, boolean compress, String attributes) {
  /// How lines are stored.
  public enum Form {
    JSON,
    /// As the program wrote them, behind stream and time.
    COMPACT
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)i?b?");
  private static final Set<String> FILES = Set.of("max-size", "max-file", "compress");
  private static final Set<String> DELIVERY = Set.of("mode", "max-buffer-size");
  private static final Set<String> DETAILS =
      Set.of("labels", "labels-regex", "env", "env-regex", "tag");
  private static final long SIZE_UNASKED = 20L << 20;
  private static final int FILES_UNASKED = 5;

  /// What a driver does with no options.
  public static LogOptions defaultsOf(String driver) {
    return switch (driver) {
      case "json-file" -> new LogOptions(Form.JSON, SIZE_UNASKED, FILES_UNASKED, false, "");
      case "local" -> new LogOptions(Form.COMPACT, SIZE_UNASKED, FILES_UNASKED, true, "");
      default -> new LogOptions(Form.COMPACT, SIZE_UNASKED, FILES_UNASKED, false, "");
    };
  }

  /// Decodes `options`; what is wrong with them is added to `problems`.
  ///
  /// @param driver `json-file`, `local`, or `cache` with the options `cache-…` without that prefix
  /// @param details labels and variables that the options choose, and the tag
  public static LogOptions parse(
      String driver,
      Map<String, String> options,
      Map<String, String> details,
      List<String> problems) {
    LogOptions defaults = defaultsOf(driver);
    for (String key : new TreeMap<>(options).keySet()) {
      boolean known =
          FILES.contains(key)
              || DELIVERY.contains(key)
              || (driver.equals("json-file") && DETAILS.contains(key));
      if (!known) {
        problems.add("unknown log opt '%s' for %s log driver".formatted(key, driver));
      }
    }
    long size = defaults.maxSizeBytes;
    String sizeText = options.getOrDefault("max-size", "");
    if (sizeText.equals("-1")) {
      size = Long.MAX_VALUE;
    } else if (!sizeText.isEmpty()) {
      Optional<Long> parsed = parseSize(sizeText);
      if (parsed.isEmpty() || parsed.get() <= 0) {
        problems.add("invalid value for max-size: " + sizeText);
      } else {
        size = parsed.get();
      }
    }
    int files = defaults.form == Form.JSON && !sizeText.isEmpty() ? 1 : defaults.maxFiles;
    String filesText = options.getOrDefault("max-file", "");
    if (!filesText.isEmpty()) {
      try {
        files = Integer.parseInt(filesText);
      } catch (NumberFormatException _) { // reported by the next check
        files = 0;
      }
      if (files < 1) {
        problems.add("max-file cannot be less than 1, got '%s'".formatted(filesText));
        files = 1;
      }
    }
    boolean compress = defaults.compress;
    String compressText = options.getOrDefault("compress", "");
    switch (compressText.toLowerCase(Locale.ROOT)) {
      case "" -> {}
      case "true", "t", "1" -> compress = true;
      case "false", "f", "0" -> compress = false;
      default -> problems.add("invalid value for compress: " + compressText);
    }
    if (compress && driver.equals("json-file") && (files == 1 || size == Long.MAX_VALUE)) {
      problems.add("compress cannot be true when max-file is less than 2 or max-size is not set");
    }
    checkDelivery(options, problems);
    return new LogOptions(defaults.form, size, files, compress, json(details));
  }

  /// What all drivers have: `mode` and `max-buffer-size`. Output waits on the disk in both modes,
  /// so that nobody's target can hold a program up; the second bounds how much may wait.
  public static void checkDelivery(Map<String, String> options, List<String> problems) {
    String mode = options.getOrDefault("mode", "");
    if (!Set.of("", "blocking", "non-blocking").contains(mode)) {
      problems.add("logger: logging mode not supported: " + mode);
    }
    String buffer = options.getOrDefault("max-buffer-size", "");
    if (!buffer.isEmpty() && !mode.equals("non-blocking")) {
      problems.add("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
    } else if (!buffer.isEmpty() && parseSize(buffer).isEmpty()) {
      problems.add("logger: error parsing option max-buffer-size: invalid size: '" + buffer + "'");
    }
  }

  /// `10k`, `1.5m`, `2g`: powers of 1024, as everywhere in Docker's options.
  public static Optional<Long> parseSize(String text) {
    Matcher matcher = SIZE.matcher(text.trim().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int shift =
        switch (matcher.group(2)) {
          case "k" -> 10;
          case "m" -> 20;
          case "g" -> 30;
          case "t" -> 40;
          default -> 0;
        };
    return Optional.of((long) (Double.parseDouble(matcher.group(1)) * (1L << shift)));
  }

  /// What the options `labels`, `labels-regex`, `env` and `env-regex` choose.
  ///
  /// @param labels of the container
  /// @param environment of the container, as `NAME=value`
  public static Map<String, String> details(
      Map<String, String> options,
      Map<String, String> labels,
      List<String> environment,
      List<String> problems) {
    Map<String, String> chosen = new TreeMap<>();
    Map<String, String> variables = new TreeMap<>();
    for (String variable : environment) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        variables.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    choose(
        options.getOrDefault("labels", ""),
        options.getOrDefault("labels-regex", ""),
        labels,
        chosen,
        problems);
    choose(
        options.getOrDefault("env", ""),
        options.getOrDefault("env-regex", ""),
        variables,
        chosen,
        problems);
    return chosen;
  }

  private static String json(Map<String, String> chosen) {
    if (chosen.isEmpty()) {
      return "";
    }
    try {
      return JSON.writeValueAsString(chosen);
    } catch (JsonProcessingException impossible) { // a map of strings is always JSON
      throw new AssertionError(impossible);
    }
  }

  private static void choose(
      String names,
      String regex,
      Map<String, String> from,
      Map<String, String> chosen,
      List<String> problems) {
    for (String name : names.split(",", -1)) {
      String value = from.get(name.trim());
      if (value != null) {
        chosen.put(name.trim(), value);
      }
    }
    if (regex.isEmpty()) {
      return;
    }
    try {
      Pattern pattern = Pattern.compile(regex);
      from.forEach(
          (name, value) -> {
            if (pattern.matcher(name).find()) {
              chosen.put(name, value);
            }
          });
    } catch (PatternSyntaxException e) {
      problems.add(
          "invalid regular expression '%s' in log opts: %s".formatted(regex, e.getDescription()));
    }
  }
}
