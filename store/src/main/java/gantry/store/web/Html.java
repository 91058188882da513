package gantry.store.web;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/// A page in the making. Text is escaped, always; markup is what this room writes itself.
final class Html {
  private static final long KIB = 1024;
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};
  private static final int DAYS_OF_MONTH = 30;

  private final StringBuilder out = new StringBuilder(4096);

  Html(String title) {
    raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    text(title);
    raw(
        "</title><meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/style.css\"></head><body>"
            + "<header><a class=\"brand\" href=\"/\">Gantry <b>Store</b></a>"
            + "<form action=\"/\" role=\"search\"><input name=\"q\" type=\"search\" placeholder=\"Search repositories\" aria-label=\"Search repositories\"></form></header><main>");
  }

  /// Markup of ours.
  Html raw(String markup) {
    out.append(markup);
    return this;
  }

  /// Text from anywhere.
  Html text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return this;
  }

  /// `<tag>text</tag>`.
  Html element(String tag, String text) {
    return raw("<" + tag + ">").text(text).raw("</" + tag + ">");
  }

  /// A link whose target is a path of ours, put together of checked names.
  Html link(String path, String text) {
    return raw("<a href=\"").text(path).raw("\">").text(text).raw("</a>");
  }

  String end() {
    return out.append("</main></body></html>\n").toString();
  }

  static String size(long bytes) {
    if (bytes < KIB) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    while (value >= KIB && unit < UNITS.length - 1) {
      value /= KIB;
      unit++;
    }
    return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
  }

  static String ago(Instant then) {
    Duration age = Duration.between(then, Instant.now());
    if (age.toMinutes() < 1) {
      return "just now";
    }
    if (age.toHours() < 1) {
      return many(age.toMinutes(), "minute");
    }
    if (age.toDays() < 1) {
      return many(age.toHours(), "hour");
    }
    return age.toDays() < 2 * DAYS_OF_MONTH
        ? many(age.toDays(), "day")
        : many(age.toDays() / DAYS_OF_MONTH, "month");
  }

  private static String many(long count, String unit) {
    return count + " " + unit + (count == 1 ? "" : "s") + " ago";
  }
}
