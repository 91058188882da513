package gantry.linux.security;

import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A permission for device nodes in a control group, e.g. `c 1:3 rwm`. Of a list of rules the later
/// win, for each of the three kinds of access by itself; what no rule speaks of is denied.
///
/// @param major empty for every major number
/// @param minor empty for every minor number
/// @param access bits [#MKNOD], [#READ], [#WRITE]
public record DeviceRule(
    Verdict verdict, Kind kind, OptionalInt major, OptionalInt minor, int access) {
  public static final int MKNOD = 1; // BPF_DEVCG_ACC_*, linux/bpf.h
  public static final int READ = 2;
  public static final int WRITE = 4;
  public static final int EVERYTHING = MKNOD | READ | WRITE;

  private static final Pattern FORM =
      Pattern.compile("([acb]) (\\d{1,9}|\\*):(\\d{1,9}|\\*) ([rwm]{1,3})");

  /// Whether a rule gives or takes.
  public enum Verdict {
    ALLOW,
    DENY
  }

  /// Which device nodes a rule is about.
  public enum Kind {
    ANY('a'),
    BLOCK('b'),
    CHARACTER('c');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }
  }

  public DeviceRule {
    if (access <= 0 || access > EVERYTHING) {
      throw new IllegalArgumentException("device access is 1 to 7, not " + access);
    }
  }

  /// What a container may use when nobody says otherwise, as Docker with runc 1.3: nothing but
  /// making nodes, and null, zero, full, random, urandom, tty, console, ptmx and the pts.
  public static List<DeviceRule> containerDefault() {
    return List.of(
        deny(Kind.ANY, OptionalInt.empty(), OptionalInt.empty()),
        allow("c *:* m"),
        allow("b *:* m"),
        allow("c 1:3 rwm"),
        allow("c 1:5 rwm"),
        allow("c 1:7 rwm"),
        allow("c 1:8 rwm"),
        allow("c 1:9 rwm"),
        allow("c 5:0 rwm"),
        allow("c 5:1 rwm"),
        allow("c 5:2 rwm"),
        allow("c 136:* rwm"));
  }

  /// The rules of a privileged container.
  public static List<DeviceRule> everything() {
    return List.of(allow("a *:* rwm"));
  }

  /// Reads a rule that allows, as `--device-cgroup-rule` has it.
  ///
  /// @throws IllegalArgumentException with Docker's words when it has another form
  public static DeviceRule allow(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "invalid device cgroup rule format: '%s'; expected e.g. 'c 1:3 rwm'".formatted(text));
    }
    Kind kind =
        switch (matcher.group(1)) {
          case "b" -> Kind.BLOCK;
          case "c" -> Kind.CHARACTER;
          default -> Kind.ANY;
        };
    return new DeviceRule(
        Verdict.ALLOW,
        kind,
        number(matcher.group(2)),
        number(matcher.group(3)),
        access(matcher.group(4)));
  }

  /// A rule that denies every access to the devices of a number.
  public static DeviceRule deny(Kind kind, OptionalInt major, OptionalInt minor) {
    return new DeviceRule(Verdict.DENY, kind, major, minor, EVERYTHING);
  }

  /// Access bits of letters `r`, `w`, `m`.
  ///
  /// @throws IllegalArgumentException for any other letter
  public static int access(String letters) {
    return letters
        .chars()
        .map(
            letter ->
                switch (letter) {
                  case 'r' -> READ;
                  case 'w' -> WRITE;
                  case 'm' -> MKNOD;
                  default ->
                      throw new IllegalArgumentException(
                          "invalid device access '%s': expected letters of 'rwm'"
                              .formatted(letters));
                })
        .reduce(0, (a, b) -> a | b);
  }

  /// The file of the `devices` controller (cgroup v1) that takes the rule.
  public String v1File() {
    return verdict == Verdict.ALLOW ? "devices.allow" : "devices.deny";
  }

  /// What to write to it, one rule a write: `c 1:3 rwm`.
  public String v1Line() {
    StringBuilder line = new StringBuilder().append(kind.letter).append(' ');
    line.append(text(major)).append(':').append(text(minor)).append(' ');
    appendLetter(line, READ, 'r');
    appendLetter(line, WRITE, 'w');
    appendLetter(line, MKNOD, 'm');
    return line.toString();
  }

  private void appendLetter(StringBuilder line, int bit, char letter) {
    if ((access & bit) != 0) {
      line.append(letter);
    }
  }

  private static String text(OptionalInt number) {
    return number.isPresent() ? Integer.toString(number.getAsInt()) : "*";
  }

  private static OptionalInt number(String text) {
    return text.equals("*") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
  }
}
