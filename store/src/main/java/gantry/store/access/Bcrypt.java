package gantry.store.access;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Checks passwords against hashes as `htpasswd -B` makes them.
///
/// Provos and Mazières, "A Future-Adaptable Password Scheme" (1999). The Blowfish tables are the
/// digits of π after the point, in the order they come; they are computed here once.
final class Bcrypt {
  private static final String ALPHABET =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final Pattern FORM = Pattern.compile("\\$2[aby]\\$(\\d\\d)\\$([./A-Za-z0-9]{53})");
  private static final int SALT_CHARACTERS = 22;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 23; // the last byte of 24 was lost in the first version
  private static final int PASSWORD_MAX_BYTES = 72;
  private static final int COST_MAX = 14; // about a second; more would be a way to keep us busy
  private static final int COST_MIN = 4;
  private static final int SUBKEYS = 18;
  private static final int BOX = 256;
  private static final int WORDS = SUBKEYS + 4 * BOX;
  private static final int[] PI = pi();
  private static final byte[] TEXT = "OrpheanBeholderScryDoubt".getBytes(StandardCharsets.US_ASCII);

  private final int[] p = Arrays.copyOf(PI, SUBKEYS);
  private final int[] s = Arrays.copyOfRange(PI, SUBKEYS, WORDS);
  private int left;
  private int right;

  private Bcrypt() {}

  /// Whether `hash` is one that [#matches] can check.
  static boolean readable(String hash) {
    Matcher form = FORM.matcher(hash);
    return form.matches()
        && Integer.parseInt(form.group(1)) >= COST_MIN
        && Integer.parseInt(form.group(1)) <= COST_MAX;
  }

  /// Whether this is the password that `hash` was made of; false for a hash that is not
  /// [#readable].
  static boolean matches(String password, String hash) {
    Matcher form = FORM.matcher(hash);
    if (!readable(hash) || !form.matches()) {
      return false;
    }
    byte[] salt = decode(form.group(2).substring(0, SALT_CHARACTERS), SALT_BYTES);
    byte[] expected = decode(form.group(2).substring(SALT_CHARACTERS), HASH_BYTES);
    byte[] actual = hash(key(password), salt, Integer.parseInt(form.group(1)));
    return MessageDigest.isEqual(expected, actual);
  }

  // The password with a NUL after it.
  private static byte[] key(String password) {
    byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, Math.min(bytes.length + 1, PASSWORD_MAX_BYTES));
  }

  private static byte[] hash(byte[] key, byte[] salt, int cost) {
    Bcrypt state = new Bcrypt();
    state.expand(salt, key);
    for (long round = 0; round < 1L << cost; round++) {
      state.expand(new byte[SALT_BYTES], key);
      state.expand(new byte[SALT_BYTES], salt);
    }
    byte[] result = new byte[TEXT.length];
    for (int block = 0; block < TEXT.length; block += 8) {
      state.left = word(TEXT, block);
      state.right = word(TEXT, block + 4);
      for (int i = 0; i < 64; i++) {
        state.encipher();
      }
      put(result, block, state.left);
      put(result, block + 4, state.right);
    }
    return Arrays.copyOf(result, HASH_BYTES);
  }

  private void expand(byte[] salt, byte[] key) {
    for (int i = 0; i < SUBKEYS; i++) {
      p[i] ^= cyclic(key, 4 * i);
    }
    left = 0;
    right = 0;
    int at = 0;
    for (int i = 0; i < WORDS; i += 2) {
      left ^= word(salt, at);
      right ^= word(salt, at + 4);
      at ^= 8;
      encipher();
      int[] table = i < SUBKEYS ? p : s;
      int index = i < SUBKEYS ? i : i - SUBKEYS;
      table[index] = left;
      table[index + 1] = right;
    }
  }

  private void encipher() {
    int l = left;
    int r = right;
    for (int i = 0; i < SUBKEYS - 2; i += 2) {
      l ^= p[i];
      r ^= mix(l);
      r ^= p[i + 1];
      l ^= mix(r);
    }
    left = r ^ p[SUBKEYS - 1];
    right = l ^ p[SUBKEYS - 2];
  }

  private int mix(int x) {
    int sum = s[x >>> 24] + s[BOX + ((x >>> 16) & 0xff)];
    return (sum ^ s[2 * BOX + ((x >>> 8) & 0xff)]) + s[3 * BOX + (x & 0xff)];
  }

  private static int word(byte[] bytes, int at) {
    return (bytes[at] << 24)
        | ((bytes[at + 1] & 0xff) << 16)
        | ((bytes[at + 2] & 0xff) << 8)
        | (bytes[at + 3] & 0xff);
  }

  private static int cyclic(byte[] bytes, int at) {
    int word = 0;
    for (int i = 0; i < 4; i++) {
      word = (word << 8) | (bytes[(at + i) % bytes.length] & 0xff);
    }
    return word;
  }

  private static void put(byte[] bytes, int at, int word) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (word >>> (24 - 8 * i));
    }
  }

  private static byte[] decode(String text, int length) {
    byte[] bytes = new byte[length];
    int bits = 0;
    int held = 0;
    int at = 0;
    for (int i = 0; i < text.length() && at < length; i++) {
      bits = (bits << 6) | ALPHABET.indexOf(text.charAt(i));
      held += 6;
      if (held >= 8) {
        held -= 8;
        bytes[at++] = (byte) (bits >>> held);
      }
    }
    return bytes;
  }

  // Machin: π = 16 arctan(1/5) − 4 arctan(1/239).
  private static int[] pi() {
    int bits = 32 * WORDS;
    int spare = 64;
    BigInteger one = BigInteger.ONE.shiftLeft(bits + spare);
    BigInteger pi =
        arctan(one, 5).shiftLeft(4).subtract(arctan(one, 239).shiftLeft(2)).shiftRight(spare);
    int[] words = new int[WORDS];
    for (int i = 0; i < WORDS; i++) {
      words[i] = pi.shiftRight(bits - 32 * (i + 1)).intValue();
    }
    return words;
  }

  private static BigInteger arctan(BigInteger one, int inverse) {
    BigInteger square = BigInteger.valueOf((long) inverse * inverse);
    BigInteger power = one.divide(BigInteger.valueOf(inverse));
    BigInteger sum = power;
    for (long n = 3; power.signum() != 0; n += 2) {
      power = power.divide(square).negate();
      sum = sum.add(power.divide(BigInteger.valueOf(n)));
    }
    return sum;
  }
}
