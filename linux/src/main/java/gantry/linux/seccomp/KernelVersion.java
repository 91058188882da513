package gantry.linux.seccomp;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The first two numbers of a kernel release, e.g. `6.1` of `6.1.0-44-amd64`.
public record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?!\\d).*");
  private static final Pattern EXACT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  /// Reads the start of a release as uname(2) gives it.
  ///
  /// @throws IllegalArgumentException when it does not begin with two numbers
  public static KernelVersion ofRelease(String release) {
    return match(RELEASE, release);
  }

  /// Reads `major.minor`, as `minKernel` of a profile has it.
  ///
  /// @throws IllegalArgumentException when it is anything else
  public static KernelVersion parse(String text) {
    return match(EXACT, text);
  }

  @Override
  public int compareTo(KernelVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  /// Whether this kernel is `required` or newer.
  public boolean atLeast(KernelVersion required) {
    return compareTo(required) >= 0;
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }

  private static KernelVersion match(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "invalid kernel version '%s': expected '<major>.<minor>'".formatted(text));
    }
    return new KernelVersion(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }
}
