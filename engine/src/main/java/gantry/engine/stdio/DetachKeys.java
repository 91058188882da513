package gantry.engine.stdio;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import java.util.Optional;

/// Finds the keys that detach from a terminal in what is typed.
///
/// Bytes that may be the beginning of the sequence are held back until the next one tells. Not
/// thread-safe: one for each attachment.
public final class DetachKeys {
  /// Ctrl-P Ctrl-Q
  private static final byte[] DEFAULT = {16, 17};

  private static final String CONTROLS = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

  private final byte[] keys;
  private int matched;

  private DetachKeys(byte[] keys) {
    this.keys = keys;
  }

  /// Reads `ctrl-p,ctrl-q` or `a,b`; empty is the default.
  ///
  /// @throws EngineException `INVALID_ARGUMENT` for anything else
  public static DetachKeys parse(Optional<String> text) {
    String keys = text.orElse("");
    if (keys.isEmpty()) {
      return new DetachKeys(DEFAULT);
    }
    String[] words = keys.split(",", -1);
    byte[] bytes = new byte[words.length];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = key(words[i], keys);
    }
    return new DetachKeys(bytes);
  }

  private static byte key(String word, String all) {
    if (word.length() == 1 && word.charAt(0) < 128) {
      return (byte) word.charAt(0);
    }
    int control =
        word.length() == 6 && word.startsWith("ctrl-") ? CONTROLS.indexOf(word.charAt(5)) : -1;
    if (control < 0) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "Invalid detach keys (%s) provided: unknown key '%s'; expected letters or ctrl- and one of a-z @ [ \\ ] ^ _, separated by commas"
              .formatted(all, word));
    }
    return (byte) control;
  }

  /// What is to be sent on of `length` bytes, with what was held back before.
  public static final class Scan {
    private final byte[] bytes;
    private final boolean detached;

    Scan(byte[] bytes, boolean detached) {
      this.bytes = bytes;
      this.detached = detached;
    }

    byte[] bytes() {
      return bytes;
    }

    /// Whether the sequence is complete; [#bytes] is what stood before it.
    boolean detached() {
      return detached;
    }
  }

  public Scan scan(byte[] source, int offset, int length) {
    byte[] out = new byte[length + matched + keys.length];
    int count = 0;
    for (int i = offset; i < offset + length; i++) {
      byte b = source[i];
      if (b != keys[matched] && matched > 0) {
        System.arraycopy(keys, 0, out, count, matched);
        count += matched;
        matched = 0;
      }
      if (b == keys[matched]) {
        matched++;
        if (matched == keys.length) {
          matched = 0;
          return new Scan(java.util.Arrays.copyOf(out, count), true);
        }
      } else {
        out[count++] = b;
      }
    }
    return new Scan(java.util.Arrays.copyOf(out, count), false);
  }
}
