package gantry.linux.security;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the entries of `--security-opt` ask for. The client has taken `systempaths=` out, and has
/// put the text of a file in the place of its name behind `seccomp=`.
///
/// @param seccomp `unconfined`, `builtin`, or the JSON of a profile
/// @param appArmor the name of a profile, or `unconfined`
/// @param labels what SELinux is told: `type:…`, `level:…`, or `disable`
public record SecurityOptions(
    boolean noNewPrivileges,
    boolean writableCgroups,
    Optional<String> seccomp,
    Optional<String> appArmor,
    List<String> labels) {
  public SecurityOptions {
    labels = List.copyOf(labels);
  }

  /// Reads entries `key=value`, also `key:value` as long ago. Of the same key the last counts.
  ///
  /// @throws IllegalArgumentException with Docker's words when an entry has another form or key
  public static SecurityOptions parse(List<String> options) {
    boolean noNewPrivileges = false;
    boolean writableCgroups = false;
    Optional<String> seccomp = Optional.empty();
    Optional<String> appArmor = Optional.empty();
    List<String> labels = new ArrayList<>();
    for (String option : options) {
      Entry entry = Entry.parse(option);
      switch (entry.key) {
        case "no-new-privileges" -> noNewPrivileges = entry.truth();
        case "writable-cgroups" -> writableCgroups = entry.truth();
        case "seccomp" -> seccomp = Optional.of(entry.value);
        case "apparmor" -> appArmor = Optional.of(entry.value);
        case "label" -> labels.add(entry.value);
        default -> throw entry.invalid();
      }
    }
    return new SecurityOptions(noNewPrivileges, writableCgroups, seccomp, appArmor, labels);
  }

  private record Entry(String option, String key, String value) {
    static Entry parse(String option) {
      switch (option) {
        case "no-new-privileges", "writable-cgroups" -> {
          return new Entry(option, option, "true");
        }
        case "disable" -> {
          return new Entry(option, "label", "disable");
        }
        default -> {}
      }
      int separator = option.indexOf(option.contains("=") ? '=' : ':');
      if (separator < 0) {
        throw new IllegalArgumentException("invalid --security-opt 1: \"%s\"".formatted(option));
      }
      return new Entry(option, option.substring(0, separator), option.substring(separator + 1));
    }

    boolean truth() {
      return switch (value) {
        case "1", "t", "T", "true", "TRUE", "True" -> true;
        case "0", "f", "F", "false", "FALSE", "False" -> false;
        default -> throw invalid();
      };
    }

    IllegalArgumentException invalid() {
      return new IllegalArgumentException("invalid --security-opt 2: \"%s\"".formatted(option));
    }
  }
}
