package gantry.store.content;

import java.util.Optional;
import java.util.regex.Pattern;

/// The name of a repository: `library/busybox`, at most 255 characters.
///
/// Spec: OCI distribution-spec 1.1, "Pulling manifests", `<name>`.
public record RepositoryName(String text) implements Comparable<RepositoryName> {
  private static final int MAX = 255;
  private static final Pattern NAME =
      Pattern.compile(
          "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*");

  public RepositoryName {
    if (!valid(text)) {
      throw new IllegalArgumentException("'" + text + "' is no name of a repository");
    }
  }

  private static boolean valid(String text) {
    return text.length() <= MAX && NAME.matcher(text).matches();
  }

  /// Reads a name; empty when it is none.
  public static Optional<RepositoryName> parse(String text) {
    return valid(text) ? Optional.of(new RepositoryName(text)) : Optional.empty();
  }

  @Override
  public int compareTo(RepositoryName other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
