package gantry.image;

import gantry.linux.OwnedFd;
import gantry.oci.Digest;
import java.util.Optional;

/// Blobs by digest, in `<data-root>/blobs/sha256/<hex>`: bytes that are all there and verified, or
/// not there at all.
///
/// Spec: OCI image-spec 1.1, `image-layout.md`.
@SuppressWarnings("DoNotCallSuggester") // the behaviour follows
public final class BlobStore {
  BlobStore() {}

  public boolean has(Digest digest) {
    throw new UnsupportedOperationException();
  }

  /// Size of a blob that is here, in bytes.
  public Optional<Long> sizeBytes(Digest digest) {
    throw new UnsupportedOperationException();
  }

  /// Opens a blob for reading; the caller owns it.
  public OwnedFd open(Digest digest) {
    throw new UnsupportedOperationException();
  }

  /// All bytes of a small blob: a manifest or config.
  public byte[] bytes(Digest digest) {
    throw new UnsupportedOperationException();
  }
}
