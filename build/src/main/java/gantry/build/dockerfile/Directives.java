package gantry.build.dockerfile;

import java.util.Optional;

/// What the comments at the very start of a file decide: `# syntax=…`, `# escape=…`, `# check=…`.
///
/// @param syntax the frontend that is asked for; the build's own is used whatever it says
/// @param escape `\`, or a backtick
/// @param check which rules are checked
/// @param lines how many lines they take, with the `#!` before them
public record Directives(Optional<String> syntax, char escape, Check check, int lines) {}
