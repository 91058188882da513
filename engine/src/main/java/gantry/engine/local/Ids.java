package gantry.engine.local;

import java.security.SecureRandom;
import java.util.HexFormat;

/// Makes ids: 64 random hexadecimal characters, of which the first twelve are never all digits, so
/// that the short form is no number and can be a host's name.
final class Ids {
  private static final SecureRandom RANDOM = new SecureRandom();
  static final int SHORT = 12;

  private Ids() {}

  static String next() {
    byte[] bytes = new byte[32];
    while (true) {
      RANDOM.nextBytes(bytes);
      String id = HexFormat.of().formatHex(bytes);
      if (!id.substring(0, SHORT).chars().allMatch(c -> c <= '9')) {
        return id;
      }
    }
  }

  static String abbreviate(String id) {
    return id.length() > SHORT ? id.substring(0, SHORT) : id;
  }
}
