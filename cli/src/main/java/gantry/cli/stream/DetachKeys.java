package gantry.cli.stream;

import java.util.ArrayList;
import java.util.List;

/// The keys that leave a session without ending it, `ctrl-p,ctrl-q` unless others are set.
///
/// Typed bytes are held back while they match the beginning of the sequence, and handed on when the
/// match breaks.
public final class DetachKeys {

  /// Docker's own.
  public static final String DEFAULT = "ctrl-p,ctrl-q";

  private final List<Byte> keys;
  private int matched;

  private DetachKeys(List<Byte> keys) {
    this.keys = keys;
  }

  /// Reads a comma-separated list of letters and `ctrl-` combinations; empty means [#DEFAULT].
  ///
  /// @throws IllegalArgumentException when a key is unknown
  public static DetachKeys parse(String text) {
    List<Byte> keys = new ArrayList<>();
    for (String key : (text.isEmpty() ? DEFAULT : text).split(",", -1)) {
      keys.add(key(key));
    }
    return new DetachKeys(keys);
  }

  private static byte key(String key) {
    if (key.length() == 1 && key.charAt(0) < 128) {
      return (byte) key.charAt(0);
    }
    if (key.length() == 6 && key.startsWith("ctrl-")) {
      char c = key.charAt(5);
      if (c >= 'a' && c <= 'z') {
        return (byte) (c - 'a' + 1);
      }
      int control = "@[\\]^_".indexOf(c);
      if (control >= 0) {
        return (byte) (control == 0 ? 0 : 26 + control);
      }
    }
    throw new IllegalArgumentException("Unknown character: '" + key + "'");
  }

  /// What to do with typed bytes.
  ///
  /// @param detached whether the sequence was completed; bytes behind it are dropped
  public record Typed(List<Byte> passOn, boolean detached) {}

  /// Takes the next bytes that the user typed.
  public Typed feed(byte[] typed, int count) {
    List<Byte> passOn = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      if (typed[i] == keys.get(matched)) {
        matched++;
        if (matched == keys.size()) {
          matched = 0;
          return new Typed(passOn, true);
        }
        continue;
      }
      passOn.addAll(keys.subList(0, matched));
      matched = typed[i] == keys.getFirst() ? 1 : 0;
      if (matched == 0) {
        passOn.add(typed[i]);
      } else if (keys.size() == 1) {
        matched = 0;
        return new Typed(passOn, true);
      }
    }
    return new Typed(passOn, false);
  }
}
