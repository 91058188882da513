package gantry.cli.listing;

import gantry.cli.config.ConfigFile;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;

/// The flag `--format`, and which format it, or the user's settings, ask for.
public final class FormatFlag {

  private static final String TABLE = "table";

  private FormatFlag() {}

  /// `--format` of a list.
  public static Flag forLists() {
    return Flag.text(
        "format",
        "Print as \"table\" (the default), \"table TEMPLATE\", \"json\", or by a Go template");
  }

  /// `--format` of one thing, with `-f`.
  public static Flag forOne() {
    return Flag.text("format", 'f', "Print as \"json\", or by a Go template");
  }

  /// What was asked for: the flag, else the setting, unless only IDs are wanted, else `table`.
  public static String choose(FlagValues flags, ConfigFile config, String setting) {
    if (!flags.text("format").isEmpty()) {
      return flags.text("format");
    }
    boolean quiet = flags.knows("quiet") && flags.bool("quiet");
    String configured = config.values().text(setting);
    return configured.isEmpty() || quiet ? TABLE : configured;
  }

  /// Whether the format is the default table.
  public static boolean isTable(String format) {
    return format.equals(TABLE);
  }
}
