package gantry.store.content;

import gantry.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/// A blob on its way in. For one thread at a time.
public interface Upload {
  /// How many bytes are here.
  long sizeBytes();

  /// Appends what `input` has. What came before a failure of `input` stays, to be gone on from.
  ///
  /// @param limitBytes how many bytes it may have, at most
  /// @throws TooLargeException when it has more; nothing of it is kept
  /// @throws IOException when it or the disk fails
  void append(InputStream input, long limitBytes) throws IOException;

  /// The digest of what is here.
  Digest digest(Digest.Algorithm algorithm) throws IOException;

  /// Makes a blob of it, durably, and ends the upload; nothing is written where that blob is there
  /// already.
  ///
  /// @return what it is; empty, and the upload is gone, when it is not `expected`
  Optional<Digest> commit(Digest expected) throws IOException;

  /// Throws it away.
  void discard() throws IOException;

  /// More came than may.
  final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    public TooLargeException(String message) {
      super(message);
    }
  }
}
