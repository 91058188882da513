package gantry.engine.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// The options of the `json-file` and `local` drivers, decoded.
///
/// @param maxSizeBytes size at which a file is put away; [Long#MAX_VALUE] for never
/// @param maxFiles how many files there are at most, the one that grows included
/// @param compress whether files that were put away are compressed with gzip
/// @param attributes JSON object that goes into every line; empty for none
public record LogOptions(long maxSizeBytes, int maxFiles, boolean compress, String attributes) {
  private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)i?b?");
  private static final Set<String> KNOWN =
      Set.of(
          "max-size",
          "max-file",
          "compress",
          "labels",
          "labels-regex",
          "env",
          "env-regex",
          "tag",
          "mode",
          "max-buffer-size");
  private static final ObjectMapper JSON = new ObjectMapper();

  /// What a driver does with no options.
  public static LogOptions defaultsOf(String driver) {
    return driver.equals("local")
        ? new LogOptions(20L << 20, 5, true, "")
        : new LogOptions(Long.MAX_VALUE, 1, false, "");
  }

  /// Decodes `options`; what is wrong with them is added to `problems`.
  ///
  /// @param labels of the container, of which the option `labels` chooses
  /// @param environment of the container, as `NAME=value`, of which the option `env` chooses
  public static LogOptions parse(
      String driver,
      Map<String, String> options,
      Map<String, String> labels,
      List<String> environment,
      List<String> problems) {
    LogOptions defaults = defaultsOf(driver);
    for (String key : new TreeMap<>(options).keySet()) {
      if (!KNOWN.contains(key)) {
        problems.add("unknown log opt '%s' for %s log driver".formatted(key, driver));
      }
    }
    long size = defaults.maxSizeBytes;
    String sizeText = options.getOrDefault("max-size", "");
    if (!sizeText.isEmpty() && !sizeText.equals("-1")) {
      Optional<Long> parsed = parseSize(sizeText);
      if (parsed.isEmpty() || parsed.get() <= 0) {
        problems.add("invalid value for max-size: " + sizeText);
      } else {
        size = parsed.get();
      }
    }
    int files = defaults.maxFiles;
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
    return new LogOptions(
        size, files, compress, attributes(options, labels, environment, problems));
  }

  /// `10k`, `1.5m`, `2g`: powers of 1024, as everywhere in Docker's options.
  static Optional<Long> parseSize(String text) {
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

  private static String attributes(
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
    String tag = options.getOrDefault("tag", "");
    if (!tag.isEmpty()) {
      chosen.put("tag", tag);
    }
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
