package gantry.image;

import gantry.oci.Descriptor;
import gantry.oci.Digest;
import java.util.Optional;

/// One layer in its place in a stack.
///
/// @param chainId digest of the stack from the lowest layer up to this one; image-spec 1.1,
///   `config.md`, "Layer ChainID"
/// @param diffId digest of its uncompressed tar
/// @param blob the bytes it came as, compressed or not
/// @param sizeBytes of its files, unpacked
public record Layer(Digest chainId, Digest diffId, Descriptor blob, long sizeBytes) {

  /// The chain ID of a layer on top of a stack.
  public static Digest chainId(Optional<Digest> below, Digest diffId) {
    return below
        .map(
            chain ->
                Digest.sha256(
                    (chain + " " + diffId).getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
        .orElse(diffId);
  }
}
