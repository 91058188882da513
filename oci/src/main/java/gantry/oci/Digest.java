package gantry.oci;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/// A content digest, `<algorithm>:<lower-case hex>`, e.g. `sha256:44136f…` (71 characters).
///
/// Spec: OCI image-spec 1.1, `descriptor.md`, "Digests".
public record Digest(Algorithm algorithm, String hex) implements Comparable<Digest> {

  /// The registered algorithms.
  public enum Algorithm {
    SHA256("sha256", "SHA-256", 64),
    SHA512("sha512", "SHA-512", 128);

    private final String prefix;
    private final String javaName;
    private final int hexLength;

    Algorithm(String prefix, String javaName, int hexLength) {
      this.prefix = prefix;
      this.javaName = javaName;
      this.hexLength = hexLength;
    }

    /// Number of hex characters of a digest.
    public int hexLength() {
      return hexLength;
    }

    /// A fresh hash computation.
    public MessageDigest newHash() {
      try {
        return MessageDigest.getInstance(javaName);
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has " + javaName, e);
      }
    }

    boolean accepts(String hex) {
      if (hex.length() != hexLength) {
        return false;
      }
      return hex.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    static Optional<Algorithm> named(String prefix) {
      for (Algorithm algorithm : values()) {
        if (algorithm.prefix.equals(prefix)) {
          return Optional.of(algorithm);
        }
      }
      return Optional.empty();
    }

    @Override
    public String toString() {
      return prefix;
    }
  }

  public Digest {
    if (!algorithm.accepts(hex)) {
      throw new IllegalArgumentException(
          "%s needs %d lower-case hex characters, got '%s'"
              .formatted(algorithm, algorithm.hexLength(), hex));
    }
  }

  /// Reads `<algorithm>:<hex>`.
  ///
  /// @throws FormatException with the words of Docker's digest library
  @JsonCreator
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw new FormatException("invalid checksum digest format");
    }
    Algorithm algorithm =
        Algorithm.named(text.substring(0, colon))
            .orElseThrow(() -> new FormatException("unsupported digest algorithm"));
    String hex = text.substring(colon + 1);
    if (hex.length() != algorithm.hexLength()) {
      throw new FormatException("invalid checksum digest length");
    }
    if (!algorithm.accepts(hex)) {
      throw new FormatException("invalid checksum digest format");
    }
    return new Digest(algorithm, hex);
  }

  /// The SHA-256 digest with this hex form.
  public static Digest ofSha256(String hex) {
    return new Digest(Algorithm.SHA256, hex);
  }

  /// The digest that a hash computation came to; ends that computation.
  public static Digest of(Algorithm algorithm, MessageDigest hash) {
    return new Digest(algorithm, HexFormat.of().formatHex(hash.digest()));
  }

  /// The SHA-256 digest of `bytes`.
  public static Digest sha256(byte[] bytes) {
    MessageDigest hash = Algorithm.SHA256.newHash();
    hash.update(bytes);
    return of(Algorithm.SHA256, hash);
  }

  /// The first 12 hex characters: what people see of it.
  public String shortHex() {
    return hex.substring(0, 12);
  }

  @Override
  public int compareTo(Digest other) {
    int byAlgorithm = algorithm.compareTo(other.algorithm);
    return byAlgorithm != 0 ? byAlgorithm : hex.compareTo(other.hex);
  }

  @JsonValue
  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }
}
