package gantry.cli.flag;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads arguments by the rules of Go's pflag, which every Docker command line follows:
/// `--name=value`, `--name value`, combined one-letter flags (`-it`, `-n5`, `-n=5`), switches that
/// take a value only behind `=`, and `--` as the end of flags.
///
/// Ours and not picocli, for two reasons. The messages and the places where parsing stops are
/// pflag's, and both are contract here: `unknown shorthand flag: 'Z' in -Z`, the first positional
/// argument ending the flags of `run`, a value checked at its own position. And a command line is
/// read in each of the 150 milliseconds that `gantry ps` may take as a whole process: a table of
/// records for the one command asked for is all that is loaded; no annotation is scanned and no
/// model of the other sixty commands is built.
public final class FlagParser {

  private final Map<String, Flag> byName;
  private final boolean interspersed;
  private final FlagValues values;
  private final List<String> positional = new ArrayList<>();
  private boolean help;

  private FlagParser(List<Flag> flags, boolean interspersed) {
    this.byName = byName(flags);
    this.interspersed = interspersed;
    this.values = new FlagValues(byName);
  }

  /// What was read.
  ///
  /// @param help whether `--help` stood among the flags
  public record Result(FlagValues flags, List<String> arguments, boolean help) {}

  /// Reads `arguments` from index `from` on.
  ///
  /// @param interspersed whether flags may follow the first positional argument
  /// @throws IllegalArgumentException with pflag's message when a flag is unknown or its value is
  ///   wrong
  public static Result parse(List<Flag> flags, boolean interspersed, List<String> arguments) {
    FlagParser parser = new FlagParser(flags, interspersed);
    parser.read(arguments);
    return new Result(parser.values, List.copyOf(parser.positional), parser.help);
  }

  static Map<String, Flag> byName(List<Flag> flags) {
    Map<String, Flag> map = HashMap.newHashMap(flags.size());
    for (Flag flag : flags) {
      map.put(flag.name(), flag);
    }
    return map;
  }

  private void read(List<String> arguments) {
    int at = 0;
    while (at < arguments.size()) {
      String argument = arguments.get(at++);
      if (argument.length() < 2 || argument.charAt(0) != '-') {
        positional.add(argument);
        if (!interspersed) {
          break;
        }
      } else if (argument.equals("--")) {
        break;
      } else if (argument.startsWith("--")) {
        at = readLong(argument, arguments, at);
      } else {
        at = readLetters(argument, arguments, at);
      }
    }
    positional.addAll(arguments.subList(at, arguments.size()));
  }

  private int readLong(String argument, List<String> arguments, int next) {
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
    if (name.isEmpty() || name.charAt(0) == '-') {
      throw new IllegalArgumentException("bad flag syntax: " + argument);
    }
    Flag flag = byName.get(name);
    if (flag == null) {
      if (name.equals("help")) {
        help = true;
        return next;
      }
      throw new IllegalArgumentException("unknown flag: --" + name);
    }
    if (equals >= 0) {
      set(flag, argument.substring(equals + 1));
      return next;
    }
    if (flag.type() == FlagType.BOOL) {
      set(flag, "true");
      return next;
    }
    if (next == arguments.size()) {
      throw new IllegalArgumentException("flag needs an argument: --" + name);
    }
    set(flag, arguments.get(next));
    return next + 1;
  }

  /// Reads `-abc`: each letter a switch, until one takes the rest of the word or the next argument
  /// as its value.
  private int readLetters(String argument, List<String> arguments, int next) {
    for (int i = 1; i < argument.length(); i++) {
      char letter = argument.charAt(i);
      Flag flag = byLetter(letter, argument.substring(i));
      if (flag == null) {
        help = true;
        continue;
      }
      if (i + 2 < argument.length() && argument.charAt(i + 1) == '=') {
        set(flag, argument.substring(i + 2));
        return next;
      }
      if (flag.type() != FlagType.BOOL) {
        if (i + 1 < argument.length()) {
          set(flag, argument.substring(i + 1));
          return next;
        }
        if (next == arguments.size()) {
          throw new IllegalArgumentException(
              "flag needs an argument: '"
                  + letter
                  + "' in "
                  + argument.substring(0, 1)
                  + argument.substring(i));
        }
        set(flag, arguments.get(next));
        return next + 1;
      }
      set(flag, "true");
    }
    return next;
  }

  /// The flag of a letter, or null when the letter is `h` and stands for help.
  private @Nullable Flag byLetter(char letter, String rest) {
    for (Flag flag : byName.values()) {
      if (flag.shorthand() == letter) {
        return flag;
      }
    }
    if (letter == 'h') {
      return null;
    }
    throw new IllegalArgumentException("unknown shorthand flag: '" + letter + "' in -" + rest);
  }

  private void set(Flag flag, String value) {
    try {
      flag.type().check(value);
      flag.check().check(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid argument \""
              + value
              + "\" for \""
              + flag.spelling()
              + "\" flag: "
              + e.getMessage(),
          e);
    }
    values.add(flag, value);
  }
}
