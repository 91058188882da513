package gantry.image;

import java.security.SecureRandom;
import java.util.HexFormat;

/// Names for directories that need only be new.
final class Names {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 8;

  private Names() {}

  static String random() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
