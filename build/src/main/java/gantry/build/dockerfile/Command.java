package gantry.build.dockerfile;

import java.util.List;

/// What RUN, CMD, ENTRYPOINT and HEALTHCHECK execute. No variables are expanded in it.
public sealed interface Command {
  /// A line, or several, for the shell.
  record ShellForm(String text) implements Command {}

  /// A program and its arguments.
  record ExecForm(List<String> words) implements Command {
    public ExecForm {
      words = List.copyOf(words);
    }
  }

  /// A heredoc that begins with `#!`: a file to be made and run, without the shell.
  ///
  /// @param name of the file, the heredoc's word
  record Script(String name, String content) implements Command {}
}
