package gantry.build.dockerfile;

/// One instruction of a Dockerfile.
///
/// What the reference lets variables stand in is raw text at first: variables, quotes and escapes
/// are as written. [#expand] answers the same instruction with all of that resolved; the builder
/// acts on expanded instructions only.
///
/// ```
/// switch (instruction.expand(variables)) {
///   case Run run -> …
///   case Copy copy -> …
/// }
/// ```
///
/// Spec: Dockerfile reference.
public sealed interface Instruction
    permits Add,
        Arg,
        Cmd,
        Copy,
        Entrypoint,
        Env,
        Expose,
        From,
        Healthcheck,
        Label,
        Maintainer,
        OnBuild,
        Run,
        Shell,
        StopSignal,
        User,
        Volume,
        Workdir {
  /// Where it stands.
  Origin origin();

  /// This instruction with its variables expanded. All of its words see the values before it; only
  /// those of ARG see the words before them.
  ///
  /// @throws DockerfileException when a word is malformed, or a variable that `${x?…}` demands is
  ///   missing
  Instruction expand(Variables variables);
}
