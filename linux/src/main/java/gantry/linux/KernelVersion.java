package gantry.linux;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The kernel's version, for the few features that cannot be asked for otherwise: `6.1` of
/// `6.1.0-18-amd64`.
public record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\.(\\d{1,9}).*");

  /// The running kernel's.
  public static KernelVersion current() {
    return Running.VERSION;
  }

  /// Reads the beginning of what uname(2) calls the release.
  public static KernelVersion parse(String release) {
    Matcher matcher = FORM.matcher(release);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("a kernel release begins as '6.1', got '" + release + "'");
    }
    return new KernelVersion(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /// Whether this is that version or a newer one.
  public boolean atLeast(int wantedMajor, int wantedMinor) {
    return compareTo(new KernelVersion(wantedMajor, wantedMinor)) >= 0;
  }

  @Override
  public int compareTo(KernelVersion other) {
    int byMajor = Integer.compare(major, other.major);
    return byMajor != 0 ? byMajor : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }

  private static final class Running {
    static final KernelVersion VERSION = parse(System.getProperty("os.version", ""));
  }
}
