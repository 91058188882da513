package gantry.store.content;

import gantry.oci.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.function.Consumer;

/// Blobs by digest: all there and verified, or not there at all. Thread-safe.
public interface BlobStorage extends AutoCloseable {
  /// Opens a blob for reading; the caller closes it. Empty when it is not here.
  Optional<FileChannel> open(Digest digest) throws IOException;

  boolean has(Digest digest);

  /// Begins an upload.
  ///
  /// @param id not used before: hex digits
  Upload begin(String id) throws IOException;

  /// An upload that was begun before, by this process or an earlier one; empty when it is gone.
  Optional<Upload> resume(String id) throws IOException;

  /// Ids of all uploads, whoever began them.
  Iterable<String> uploads() throws IOException;

  /// Removes a blob, if it is there; returns how many bytes that freed.
  long delete(Digest digest) throws IOException;

  /// Tells of every blob that is stored, in no order.
  void each(Consumer<Digest> visitor) throws IOException;

  @Override
  void close();
}
