package gantry.cli.command;

import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagParser;
import gantry.cli.flag.FlagValues;
import java.io.IOException;
import java.util.List;

/// One command: its usage line, its table of flags, and what it does.
///
/// @param usage the words behind the command's path on the usage line, e.g. `[OPTIONS] IMAGE
///   [COMMAND] [ARG...]`; several lines for several forms
/// @param summary one line for lists of commands
/// @param aliases all spellings, as full paths without the program's name; empty when there is only
///   one
/// @param interspersed whether flags may stand behind positional arguments
public record Command(
    List<String> usage,
    String summary,
    List<String> aliases,
    Arity arity,
    boolean interspersed,
    List<Flag> flags,
    Action action) {

  /// What a command does; returns the exit code.
  @FunctionalInterface
  public interface Action {
    int run(Session session, Invocation invocation) throws IOException;
  }

  /// A command line that was read.
  ///
  /// @param path the command as it was called, e.g. `container ls`
  public record Invocation(String path, FlagValues flags, List<String> arguments) {
    /// The positional argument at `index`, or the empty text.
    public String argument(int index) {
      return index < arguments.size() ? arguments.get(index) : "";
    }
  }

  /// A command with one usage line.
  public static Command of(
      String usage, String summary, Arity arity, List<Flag> flags, Action action) {
    return new Command(List.of(usage), summary, List.of(), arity, true, flags, action);
  }

  /// The same command, known under several paths.
  public Command alias(String... paths) {
    return new Command(usage, summary, List.of(paths), arity, interspersed, flags, action);
  }

  /// The same command with a second usage line.
  public Command orUsage(String line) {
    return new Command(
        List.of(usage.getFirst(), line), summary, aliases, arity, interspersed, flags, action);
  }

  /// The same command, whose flags end at the first positional argument.
  public Command flagsFirst() {
    return new Command(usage, summary, aliases, arity, false, flags, action);
  }

  /// Reads the arguments.
  ///
  /// @throws UsageException when a flag or the number of arguments is wrong
  public FlagParser.Result parse(String path, List<String> arguments) {
    FlagParser.Result result;
    try {
      result = FlagParser.parse(flags, interspersed, arguments);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          e.getMessage()
              + "\n\n"
              + HelpPage.usageLines(this, path)
              + "\n\nRun '"
              + HelpPage.PROGRAM
              + " "
              + path
              + " --help' for more information",
          125);
    }
    if (!result.help() && !arity.accepts(result.arguments().size())) {
      String full = HelpPage.PROGRAM + " " + path;
      throw new UsageException(
          HelpPage.PROGRAM
              + ": "
              + arity.complaint(full)
              + "\n\n"
              + HelpPage.usageLines(this, path)
              + "\n\n"
              + (arity.most() == Arity.UNBOUNDED ? "See '" : "Run '")
              + full
              + " --help' for more information",
          1);
    }
    return result;
  }
}
