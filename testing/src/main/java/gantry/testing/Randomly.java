package gantry.testing;

import java.util.Random;
import java.util.function.Consumer;

/// A property held against random values. A failure says with which seed to see it again.
public final class Randomly {
  private static final int TRIES = 1000;

  private Randomly() {}

  /// Runs `property` a thousand times, each with a source of its own. `-Dgantry.seed=N` begins with
  /// the source that a failure has named.
  public static void check(Consumer<Random> property) {
    long first = Long.getLong("gantry.seed", System.nanoTime());
    for (long seed = first; seed < first + TRIES; seed++) {
      try {
        property.accept(new Random(seed));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("with -Dgantry.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
  }

  /// A text of at most `maxLength` characters, any of those in `alphabet`.
  public static String text(Random random, String alphabet, int maxLength) {
    return random
        .ints(random.nextInt(maxLength + 1), 0, alphabet.length())
        .collect(
            StringBuilder::new,
            (text, at) -> text.append(alphabet.charAt(at)),
            StringBuilder::append)
        .toString();
  }

  /// Any text of at most `maxLength` code points.
  public static String text(Random random, int maxLength) {
    return random
        .ints(random.nextInt(maxLength + 1), 0, Character.MAX_CODE_POINT + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
