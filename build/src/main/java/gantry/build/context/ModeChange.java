package gantry.build.context;

import gantry.build.BuildException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// What `--chmod` does to the permissions of each file: sets them (`644`), or changes them
/// (`u=rwX,go=rX`).
///
/// Source: BuildKit, which has the symbolic form of BSD's setmode(3): without a `who` all are
/// meant, and `=` leaves the sticky bit.
public final class ModeChange {
  private static final int SET_UID = 04000;
  private static final int SET_GID = 02000;
  private static final int STICKY = 01000;
  private static final int ALL = 0777;

  /// One `+rw` for some of user, group and others.
  ///
  /// @param who the bits of all that may be meant
  /// @param copied the permissions of whom are taken, by the lowest bit of these: 6, 3, 0
  private record Step(int who, char action, int permissions, boolean executeIfAny, int copied) {
    private static final int NONE = -1;

    int applied(int mode, boolean directory) {
      int value = permissions;
      if (executeIfAny && (directory || (mode & 0111) != 0)) {
        value |= 0111;
      }
      if (copied != NONE) {
        int bits = mode >> copied & 7;
        value |= bits << 6 | bits << 3 | bits;
      }
      value &= who | STICKY;
      return switch (action) {
        case '+' -> mode | value;
        case '-' -> mode & ~value;
        default -> (mode & ~(who & ~STICKY)) | value;
      };
    }
  }

  private final OptionalInt absolute;
  private final List<Step> steps;

  private ModeChange(OptionalInt absolute, List<Step> steps) {
    this.absolute = absolute;
    this.steps = steps;
  }

  /// Reads what `--chmod` has.
  ///
  /// @throws BuildException as Docker says it
  public static ModeChange parse(String text) {
    if (!text.isEmpty() && Character.isDigit(text.charAt(0))) {
      return new ModeChange(OptionalInt.of(octal(text)), List.of());
    }
    List<Step> steps = new ArrayList<>();
    for (String clause : text.split(",", -1)) {
      clause(text, clause, steps);
    }
    return new ModeChange(OptionalInt.empty(), List.copyOf(steps));
  }

  private static int octal(String text) {
    if (text.matches("[0-7]{1,8}")) {
      int mode = Integer.parseInt(text, 8);
      if (mode <= 07777) {
        return mode;
      }
    }
    throw BuildException.invalid(
        "invalid chmod parameter: '%s'. it should be octal string and between 0 and 07777"
            .formatted(text));
  }

  private static void clause(String whole, String clause, List<Step> steps) {
    int at = 0;
    int who = 0;
    while (at < clause.length() && "ugoa".indexOf(clause.charAt(at)) >= 0) {
      who |= who(clause.charAt(at++));
    }
    if (at == clause.length() || "+-=".indexOf(clause.charAt(at)) < 0) {
      throw wrong(whole);
    }
    while (at < clause.length()) {
      char action = clause.charAt(at++);
      int end = at;
      while (end < clause.length() && "+-=".indexOf(clause.charAt(end)) < 0) {
        end++;
      }
      steps.add(step(whole, who == 0 ? who('a') : who, action, clause.substring(at, end)));
      at = end;
    }
  }

  private static int who(char c) {
    return switch (c) {
      case 'u' -> SET_UID | 0700;
      case 'g' -> SET_GID | 0070;
      case 'o' -> 0007;
      default -> SET_UID | SET_GID | ALL;
    };
  }

  private static Step step(String whole, int who, char action, String letters) {
    int permissions = 0;
    boolean executeIfAny = false;
    int copied = Step.NONE;
    for (int i = 0; i < letters.length(); i++) {
      switch (letters.charAt(i)) {
        case 'r' -> permissions |= 0444;
        case 'w' -> permissions |= 0222;
        case 'x' -> permissions |= 0111;
        case 's' -> permissions |= SET_UID | SET_GID;
        case 't' -> permissions |= STICKY;
        case 'X' -> executeIfAny = true;
        case 'u' -> copied = 6;
        case 'g' -> copied = 3;
        case 'o' -> copied = 0;
        default -> throw wrong(whole);
      }
    }
    return new Step(who, action, permissions, executeIfAny, copied);
  }

  private static BuildException wrong(String text) {
    return BuildException.invalid(
        "invalid chmod parameter: '%s': invalid syntax, expected such as 755 or u=rwX,go=rX"
            .formatted(text));
  }

  /// The permissions of directories that are made on the way, if it says: the symbolic form changes
  /// what is copied alone.
  OptionalInt absolute() {
    return absolute;
  }

  /// The permissions of a file that has had `mode`; both are the lower 12 bits.
  int applied(int mode, boolean directory) {
    if (absolute.isPresent()) {
      return absolute.getAsInt();
    }
    int changed = mode;
    for (Step step : steps) {
      changed = step.applied(changed, directory);
    }
    return changed;
  }
}
