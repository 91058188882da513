package gantry.daemon.api;

import java.util.Locale;

/// The line that Docker's daemon draws for clients which cannot draw their own: `[====> ]
/// 12.3MB/45.6MB`.
final class ProgressBar {
  private static final int WIDTH = 50;
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};

  private ProgressBar() {}

  static String of(long current, long total) {
    if (total <= 0 || current > total) {
      return "%8s".formatted(size(current));
    }
    int done = (int) Math.min(WIDTH, current * WIDTH / total);
    String bar =
        done < WIDTH ? "=".repeat(done) + ">" + " ".repeat(WIDTH - done) : "=".repeat(WIDTH) + ">";
    return "[%s] %8s/%s".formatted(bar, size(current), size(total));
  }

  private static String size(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    String digits = String.format(Locale.ROOT, "%.4g", value);
    String trimmed =
        digits.contains(".") ? digits.replaceAll("0+$", "").replaceAll("\\.$", "") : digits;
    return trimmed + UNITS[unit];
  }
}
