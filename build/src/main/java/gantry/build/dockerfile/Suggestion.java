package gantry.build.dockerfile;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// What a misspelt word was probably meant to be.
final class Suggestion {
  private static final int LONGEST = 64;
  private static final int ERRORS_MAX = 2;

  private Suggestion() {}

  /// ` (did you mean X?)`, or nothing where no word is near.
  static String of(String word, Collection<String> words) {
    return nearest(word, words).map(" (did you mean %s?)"::formatted).orElse("");
  }

  /// The word with the fewest typing errors, at most two as Docker allows, and some letter right
  /// where it is two. Of several the first in the alphabet.
  static Optional<String> nearest(String word, Collection<String> words) {
    String wanted = word.toLowerCase(Locale.ROOT);
    if (wanted.length() > LONGEST) {
      return Optional.empty();
    }
    return words.stream()
        .filter(w -> !w.equalsIgnoreCase(word) && w.length() <= LONGEST)
        .filter(w -> isNear(wanted, w.toLowerCase(Locale.ROOT)))
        .min(
            Comparator.comparingInt((String w) -> distance(wanted, w.toLowerCase(Locale.ROOT)))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static boolean isNear(String wanted, String word) {
    int errors = distance(wanted, word);
    return errors <= ERRORS_MAX
        && (errors == 1 || errors < Math.max(wanted.length(), word.length()));
  }

  /// Letters added, left out, replaced, or swapped with a neighbour.
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        d[i][j] = i == 0 || j == 0 ? i + j : step(d, a, b, i, j);
      }
    }
    return d[a.length()][b.length()];
  }

  private static int step(int[][] d, String a, String b, int i, int j) {
    int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
    int least = Math.min(replaced, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(least, d[i - 2][j - 2] + 1) : least;
  }
}
