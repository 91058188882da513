package gantry.cli.flag;

/// One flag of a command: a row of the command's table.
///
/// @param name the long name without dashes
/// @param shorthand the letter after a single dash; [#NO_SHORTHAND] when there is none
/// @param preset the value when the flag is not given; empty for none
/// @param usage what the help page says
/// @param hidden whether the help page leaves it out (deprecated spellings that are still accepted)
/// @param check what a value must be beyond its type
public record Flag(
    String name,
    char shorthand,
    FlagType type,
    String preset,
    String usage,
    boolean hidden,
    Check check) {

  /// Marks a flag that has only its long name.
  public static final char NO_SHORTHAND = 0;

  private static final Check ANY = _ -> {};

  /// Refuses a value by throwing [IllegalArgumentException] with the reason.
  @FunctionalInterface
  public interface Check {
    void check(String value);
  }

  /// A flag without shorthand.
  public static Flag of(FlagType type, String name, String usage) {
    return new Flag(name, NO_SHORTHAND, type, "", usage, false, ANY);
  }

  /// A flag with a one-letter form.
  public static Flag of(FlagType type, String name, char shorthand, String usage) {
    return new Flag(name, shorthand, type, "", usage, false, ANY);
  }

  /// A switch.
  public static Flag bool(String name, String usage) {
    return of(FlagType.BOOL, name, usage);
  }

  /// A switch with a one-letter form.
  public static Flag bool(String name, char shorthand, String usage) {
    return of(FlagType.BOOL, name, shorthand, usage);
  }

  /// A flag with one text.
  public static Flag text(String name, String usage) {
    return of(FlagType.STRING, name, usage);
  }

  /// A flag with one text and a one-letter form.
  public static Flag text(String name, char shorthand, String usage) {
    return of(FlagType.STRING, name, shorthand, usage);
  }

  /// A flag that may be repeated.
  public static Flag list(String name, String usage) {
    return of(FlagType.LIST, name, usage);
  }

  /// A flag that may be repeated, with a one-letter form.
  public static Flag list(String name, char shorthand, String usage) {
    return of(FlagType.LIST, name, shorthand, usage);
  }

  /// The same flag with a value for when it is not given.
  public Flag preset(String value) {
    return new Flag(name, shorthand, type, value, usage, hidden, check);
  }

  /// The same flag, left out of help pages.
  public Flag hide() {
    return new Flag(name, shorthand, type, preset, usage, true, check);
  }

  /// The same flag with a further check on each value.
  public Flag checked(Check condition) {
    return new Flag(name, shorthand, type, preset, usage, hidden, condition);
  }

  /// How an error names the flag: `-m, --memory` or `--memory`.
  String spelling() {
    return shorthand == NO_SHORTHAND ? "--" + name : "-" + shorthand + ", --" + name;
  }
}
