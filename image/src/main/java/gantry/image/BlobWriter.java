package gantry.image;

import gantry.image.tar.CopyBuffer;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.oci.Digest;
import java.security.MessageDigest;
import java.util.Optional;

/// A blob on its way in: `<data-root>/ingest/<name>`, hashed while it is written.
///
/// Bytes become visible under their digest only after [#commit]. A crash before that leaves an
/// ingest, which the next start removes. For one thread; closing it drops what was not committed.
public final class BlobWriter implements AutoCloseable {
  private static final Digest.Algorithm ALGORITHM = Digest.Algorithm.SHA256;

  /// Where bytes come from: up to `length` of them into `target`, -1 at the end.
  @FunctionalInterface
  public interface Input {
    int read(byte[] target, int offset, int length);
  }

  private final BlobStore store;
  private final Fd directory;
  private final String name;
  private final OwnedFd file;
  private final MessageDigest hash = ALGORITHM.newHash();
  private final CopyBuffer buffer = new CopyBuffer(Hasher.CHUNK);
  private long sizeBytes;
  private Optional<Digest> digest = Optional.empty();
  private boolean synced;

  BlobWriter(BlobStore store, Fd directory, String name, OwnedFd file) {
    this.store = store;
    this.directory = directory;
    this.name = name;
    this.file = file;
  }

  /// Appends bytes.
  public void write(byte[] bytes, int offset, int length) {
    hash.update(bytes, offset, length);
    int written = 0;
    while (written < length) {
      written += FileIo.write(file, bytes, offset + written, length - written);
    }
    sizeBytes += length;
  }

  /// Appends all that `input` has, hashing beside it; `progress` hears the size so far after every
  /// chunk.
  public void writeAll(Input input, java.util.function.LongConsumer progress) {
    try (Hasher hasher = new Hasher(hash)) {
      while (true) {
        byte[] chunk = hasher.take();
        int length = fill(input, chunk);
        if (length == 0) {
          break;
        }
        hasher.add(chunk, length);
        buffer.write(file, chunk, length);
        sizeBytes += length;
        progress.accept(sizeBytes);
      }
      hasher.finish();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ImageException(ImageException.Kind.INTERNAL, "interrupted while reading a blob", e);
    }
  }

  private static int fill(Input input, byte[] chunk) {
    int length = 0;
    while (length < chunk.length) {
      int count = input.read(chunk, length, chunk.length - length);
      if (count < 0) {
        break;
      }
      length += count;
    }
    return length;
  }

  /// The digest of all that was written; ends the writing.
  public Digest digest() {
    if (digest.isEmpty()) {
      digest = Optional.of(Digest.of(ALGORITHM, hash));
    }
    return digest.get();
  }

  public long sizeBytes() {
    return sizeBytes;
  }

  /// The file as it is so far, readable; lent.
  Fd file() {
    return file;
  }

  /// Has the disk take the bytes; may run on another thread than the rest.
  void sync() {
    FileControl.syncData(file);
    synced = true;
  }

  /// Makes the blob visible under its digest, if it is not there yet: synced, but for the
  /// directory's entry, for which [BlobStore#sync] is called once after all.
  ///
  /// @throws ImageException when the bytes are not those of `expected`
  public Digest commit(Optional<Digest> expected) {
    Digest actual = digest();
    if (expected.isPresent() && !expected.get().equals(actual)) {
      throw ImageException.invalid(
          "blob has digest %s, expected %s".formatted(actual, expected.get()));
    }
    if (!store.has(actual)) {
      if (!synced) {
        sync();
      }
      At.rename(directory, name, store.directory(), actual.hex());
    }
    return actual;
  }

  @Override
  public void close() {
    file.close();
    try {
      At.unlinkIfExists(directory, name);
    } catch (SyscallException e) {
      if (!e.is(Errno.EROFS)) {
        throw e; // a disk gone read-only: the next start removes it
      }
    }
  }
}
