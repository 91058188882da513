package gantry.daemon.api;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A version of the API, e.g. `1.43`; ordered part by part, so that 1.9 is before 1.10.
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
  /// What is spoken when a request names no version; the newest.
  public static final ApiVersion NEWEST = new ApiVersion(1, 51);

  /// The oldest that is served.
  public static final ApiVersion OLDEST = new ApiVersion(1, 24);

  private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  /// Reads `1.43`; empty for anything else.
  public static Optional<ApiVersion> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new ApiVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
        : Optional.empty();
  }

  /// Whether this is `1.minor` or newer.
  public boolean since(int minor) {
    return compareTo(new ApiVersion(1, minor)) >= 0;
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
