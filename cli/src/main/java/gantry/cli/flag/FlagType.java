package gantry.cli.flag;

import gantry.cli.format.GoNumbers;
import gantry.cli.format.Units;

/// What a flag's value is: its word on a help page, whether it may be repeated, and how a value is
/// checked.
///
/// A check throws [IllegalArgumentException] with the words that follow `invalid argument "x" for
/// "--flag" flag: `.
public enum FlagType {
  BOOL(""),
  STRING("string"),
  INT("int"),
  UINT16("uint16"),
  LIST("list"),
  /// Repeatable, and each value may hold several parted by commas.
  STRINGS("strings"),
  MAP("map"),
  FILTER("filter"),
  BYTES("bytes"),
  /// Bytes, or `-1` for no limit.
  SWAP("bytes"),
  DECIMAL("decimal"),
  DURATION("duration"),
  MOUNT("mount"),
  NETWORK("network"),
  ULIMIT("ulimit"),
  GPUS("gpu-request");

  private final String label;

  FlagType(String label) {
    this.label = label;
  }

  /// The word behind the flag on a help page; empty for a switch.
  public String label() {
    return label;
  }

  /// Whether the flag collects its values instead of keeping the last.
  public boolean repeatable() {
    return switch (this) {
      case LIST, STRINGS, MAP, FILTER, MOUNT, NETWORK, ULIMIT, GPUS -> true;
      case BOOL, STRING, INT, UINT16, BYTES, SWAP, DECIMAL, DURATION -> false;
    };
  }

  /// Throws [IllegalArgumentException] when `value` is not of this type.
  void check(String value) {
    switch (this) {
      case BOOL -> GoNumbers.parseBool(value);
      case INT -> GoNumbers.parseInt(value, 64);
      case UINT16 -> GoNumbers.parseUint(value, 16);
      case BYTES -> Units.parseBytes(value);
      case SWAP -> {
        if (!value.equals("-1")) {
          Units.parseBytes(value);
        }
      }
      case DECIMAL -> GoNumbers.parseNanoCpus(value);
      case DURATION -> GoNumbers.parseDurationNanos(value);
      case FILTER -> {
        if (value.indexOf('=') < 0) {
          throw new IllegalArgumentException("bad format of filter (expected name=value)");
        }
      }
      case STRING, LIST, STRINGS, MAP, MOUNT, NETWORK, ULIMIT, GPUS -> {
        // Free text here; what a command needs of it is the flag's own check.
      }
    }
  }
}
