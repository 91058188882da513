package gantry.linux;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A kernel's version, for the few features that cannot be asked for otherwise: `6.1` of
/// `6.1.0-18-amd64`.
public record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
  private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?!\\d).*");
  private static final Pattern EXACT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");
  private static final Comparator<KernelVersion> ORDER =
      Comparator.comparingInt(KernelVersion::major).thenComparingInt(KernelVersion::minor);

  /// The running kernel's.
  public static KernelVersion current() {
    return Running.VERSION;
  }

  /// Reads the start of a release as uname(2) gives it.
  ///
  /// @throws IllegalArgumentException when it does not begin with two numbers
  public static KernelVersion ofRelease(String release) {
    return match(RELEASE, release);
  }

  /// Reads `major.minor`, as `minKernel` of a seccomp profile has it.
  ///
  /// @throws IllegalArgumentException when it is anything else
  public static KernelVersion parse(String text) {
    return match(EXACT, text);
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

  /// Whether this is that version or a newer one.
  public boolean atLeast(KernelVersion wanted) {
    return compareTo(wanted) >= 0;
  }

  @Override
  public int compareTo(KernelVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }

  private static final class Running {
    static final KernelVersion VERSION = ofRelease(System.getProperty("os.version", ""));
  }
}
