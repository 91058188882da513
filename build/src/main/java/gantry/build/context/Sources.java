package gantry.build.context;

import java.util.List;

/// Which files a COPY or ADD names.
///
/// @param paths as they are written, without URLs: `src`, `/a/*.json`, with [Parents#KEPT] also
///   `a/./b/**`; one of no match is an error unless it is a pattern
/// @param excludes patterns of files that are left out of the directories that are copied, taken
///   from each of these
/// @param parents what becomes of the directories above a file
public record Sources(List<String> paths, IgnoreRules excludes, Parents parents) {
  /// What becomes of the directories above a file that is copied.
  public enum Parents {
    /// The file alone is copied, of a directory its contents.
    DROPPED,
    /// They are made in the destination too, from `/./` on if the path has that (`--parents`).
    KEPT
  }

  public Sources {
    paths = List.copyOf(paths);
  }

  /// Some paths, without any of the options.
  public static Sources of(String... paths) {
    return new Sources(List.of(paths), IgnoreRules.NONE, Parents.DROPPED);
  }
}
