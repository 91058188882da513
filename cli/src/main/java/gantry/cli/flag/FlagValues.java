package gantry.cli.flag;

import gantry.cli.format.GoNumbers;
import gantry.cli.format.Units;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The flags of one command line, after parsing: what was given, and presets for what was not.
///
/// Asking for a name that is not in the command's table is our own bug and throws
/// [IllegalStateException].
public final class FlagValues {

  private final Map<String, Flag> table;
  private final Map<String, List<String>> given = new HashMap<>();

  FlagValues(Map<String, Flag> table) {
    this.table = table;
  }

  /// Values as if nothing had been given, for tests and for commands that call others.
  public static FlagValues none(List<Flag> flags) {
    return new FlagValues(FlagParser.byName(flags));
  }

  void add(Flag flag, String value) {
    List<String> values = given.computeIfAbsent(flag.name(), _ -> new ArrayList<>(2));
    if (!flag.type().repeatable()) {
      values.clear();
    }
    if (flag.type() == FlagType.STRINGS) {
      values.addAll(List.of(value.split(",", -1)));
    } else {
      values.add(value);
    }
  }

  /// Whether the flag stood on the command line, whatever its value.
  public boolean changed(String name) {
    return given.containsKey(name);
  }

  /// Whether the command knows the flag at all.
  public boolean knows(String name) {
    return table.containsKey(name);
  }

  /// The flag's value, its preset, or the empty text.
  public String text(String name) {
    List<String> values = given.get(name);
    return values == null ? flag(name).preset() : values.getLast();
  }

  public boolean bool(String name) {
    String value = text(name);
    return !value.isEmpty() && GoNumbers.parseBool(value);
  }

  /// The number given, or the preset, or 0.
  public long number(String name) {
    String value = text(name);
    return value.isEmpty() ? 0 : GoNumbers.parseInt(value, 64);
  }

  /// A size in bytes; 0 when not given, -1 for "no limit" where the flag's type allows it.
  public long bytes(String name) {
    String value = text(name);
    if (value.isEmpty()) {
      return 0;
    }
    return value.equals("-1") ? -1 : Units.parseBytes(value);
  }

  /// All values in the order they were given.
  public List<String> list(String name) {
    List<String> values = given.get(name);
    if (values == null) {
      flag(name);
      return List.of();
    }
    return List.copyOf(values);
  }

  /// The same values, those of an old spelling of a flag counted to its new one.
  public FlagValues merged(String name, String oldName) {
    if (!changed(oldName)) {
      return this;
    }
    FlagValues merged = new FlagValues(table);
    merged.given.putAll(given);
    List<String> both = new ArrayList<>(list(name));
    both.addAll(list(oldName));
    merged.given.put(name, both);
    return merged;
  }

  private Flag flag(String name) {
    Flag flag = table.get(name);
    if (flag == null) {
      throw new IllegalStateException("this command has no flag --" + name);
    }
    return flag;
  }
}
