package gantry.cli.listing;

import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The wordings that several lists share.
public final class Texts {

  private static final int SHORT_ID = 12;

  private Texts() {}

  /// The first twelve characters of an ID, without its algorithm.
  public static String shortId(String id) {
    String hex = id.substring(id.indexOf(':') + 1);
    return hex.length() > SHORT_ID ? hex.substring(0, SHORT_ID) : hex;
  }

  /// `text` cut to `most` characters, the last of them `…`.
  public static String ellipsis(String text, int most) {
    if (text.codePointCount(0, text.length()) <= most) {
      return text;
    }
    return most <= 1
        ? text.substring(0, text.offsetByCodePoints(0, most))
        : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }

  /// How long ago a Unix time was: `5 minutes ago`.
  public static String since(long seconds) {
    return Units.duration(Instant.now().getEpochSecond() - seconds) + " ago";
  }

  /// A Unix time as Go's `time.Time` prints: `2026-11-22 15:28:37 +0000 UTC`.
  public static String goTime(long seconds) {
    return goTime(Instant.ofEpochSecond(seconds), ZoneId.systemDefault());
  }

  /// A time as Go's `time.Time` prints it, with the fraction it has.
  public static String goTime(Instant time, ZoneId zone) {
    StringBuilder text =
        new StringBuilder(
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT)
                .withZone(zone)
                .format(time));
    String fraction =
        DateTimeFormatter.ofPattern("nnnnnnnnn", Locale.ROOT).withZone(zone).format(time);
    int digits = fraction.length();
    while (digits > 0 && fraction.charAt(digits - 1) == '0') {
      digits--;
    }
    text.append(digits == 0 ? "" : "." + fraction.substring(0, digits));
    String name = DateTimeFormatter.ofPattern("zzz", Locale.ROOT).withZone(zone).format(time);
    return text.append(' ')
        .append(DateTimeFormatter.ofPattern("xx", Locale.ROOT).withZone(zone).format(time))
        .append(' ')
        .append(name.equals("Z") ? "UTC" : name)
        .toString();
  }

  /// Labels or options as `a=b,c=d`, sorted.
  public static String pairs(JsonObject labels) {
    List<String> pairs = new ArrayList<>();
    for (Map.Entry<String, Object> label : new TreeMap<>(labels.members()).entrySet()) {
      pairs.add(label.getKey() + "=" + label.getValue());
    }
    return String.join(",", pairs);
  }
}
