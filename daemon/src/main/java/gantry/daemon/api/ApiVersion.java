package gantry.daemon.api;

import java.util.Optional;

/// A version of the API, e.g. `1.43`; ordered part by part, so that 1.9 is before 1.10.
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
  /// What is spoken when a request names no version; the newest.
  public static final ApiVersion NEWEST = new ApiVersion(1, 51);

  /// The oldest that is served.
  public static final ApiVersion OLDEST = new ApiVersion(1, 24);

  private static final int DIGITS_MAX = 4;

  /// Reads `1.43`, at most four digits each; empty for anything else.
  public static Optional<ApiVersion> parse(String text) {
    int dot = text.indexOf('.');
    return isNumber(text, 0, dot) && isNumber(text, dot + 1, text.length())
        ? Optional.of(
            new ApiVersion(
                Integer.parseInt(text, 0, dot, 10),
                Integer.parseInt(text, dot + 1, text.length(), 10)))
        : Optional.empty();
  }

  private static boolean isNumber(String text, int from, int to) {
    boolean digits = to > from && to - from <= DIGITS_MAX;
    for (int i = from; digits && i < to; i++) {
      digits = text.charAt(i) >= '0' && text.charAt(i) <= '9';
    }
    return digits;
  }

  /// Whether this is `1.minor` or newer.
  public boolean since(int minor) {
    return major > 1 || (major == 1 && this.minor >= minor);
  }

  /// Whether this is older than `1.minor`.
  public boolean before(int minor) {
    return !since(minor);
  }

  @Override
  public int compareTo(ApiVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
