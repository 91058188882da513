package gantry.runtime;

/// What a process gets as its stdin, stdout and stderr.
public sealed interface StdioSpec {

  /// A pipe each for stdout and stderr; stdin is a pipe if `stdin`, or else `/dev/null`.
  record Pipes(boolean stdin) implements StdioSpec {}

  /// One terminal for all three, its controlling one.
  record Terminal(int rows, int columns) implements StdioSpec {}
}
