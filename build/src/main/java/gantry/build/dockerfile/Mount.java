package gantry.build.dockerfile;

import java.util.Optional;
import java.util.OptionalLong;

/// What a RUN step sees besides the files of its stage. Paths are as written; a relative target is
/// below the working directory, and that itself where none is given. The root can't be a target,
/// which only the build can tell.
///
/// Spec: Dockerfile reference, "RUN --mount".
public sealed interface Mount {
  /// Files of the context, a stage or an image.
  ///
  /// @param source below the root of what it is taken from, `/` unless given
  /// @param from a stage, a named context or an image; none: the build's context
  /// @param readOnly unless `rw`: then what is written is dropped after the step
  record Bind(String target, String source, Optional<String> from, boolean readOnly)
      implements Mount {}

  /// A directory that builds share.
  ///
  /// @param id names it; the target unless given
  /// @param from where it begins; none: empty
  /// @param source below the root of `from`
  /// @param mode of the directory when it is made, 0755 unless given
  record Cache(
      String target,
      String id,
      Sharing sharing,
      Optional<String> from,
      String source,
      boolean readOnly,
      int mode,
      int uid,
      int gid)
      implements Mount {}

  /// What happens when two builds use a cache at the same time.
  enum Sharing {
    /// Both write it.
    SHARED,
    /// The second gets another one.
    PRIVATE,
    /// The second waits.
    LOCKED
  }

  /// A file system in memory.
  ///
  /// @param sizeBytes none: not limited here
  record Tmpfs(String target, OptionalLong sizeBytes) implements Mount {}

  /// A secret of the build's caller.
  ///
  /// @param target the file it is in; none: it is not in a file
  /// @param environment the variable that holds it; none: it is in no variable
  /// @param required whether the step fails without it
  /// @param mode of the file, 0400 unless given
  record Secret(
      String id,
      Optional<String> target,
      Optional<String> environment,
      boolean required,
      int mode,
      int uid,
      int gid)
      implements Mount {}

  /// The caller's ssh agent.
  ///
  /// @param id `default` unless given
  /// @param target of its socket; none: `/run/buildkit/ssh_agent.N`
  /// @param required whether the step fails without it
  /// @param mode of the socket, 0600 unless given
  record Ssh(String id, Optional<String> target, boolean required, int mode, int uid, int gid)
      implements Mount {}
}
