package gantry.store.content;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import gantry.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Optional;

/// An upload in a file, hashed while it is written: by SHA-256, which nearly every client uses.
/// After a restart, or for another algorithm, the file is read once more when it is complete.
final class FileUpload implements Upload {
  private static final int BUFFER_BYTES = 256 << 10;

  private final DirectoryBlobs blobs;
  private final Path file;
  private MessageDigest hash = Digest.Algorithm.SHA256.newHash();
  private long hashedBytes;
  private long sizeBytes;

  private FileUpload(DirectoryBlobs blobs, Path file, long sizeBytes) {
    this.blobs = blobs;
    this.file = file;
    this.sizeBytes = sizeBytes;
  }

  static FileUpload create(DirectoryBlobs blobs, Path file) throws IOException {
    Files.createFile(file);
    return new FileUpload(blobs, file, 0);
  }

  static Optional<Upload> reopen(DirectoryBlobs blobs, Path file) throws IOException {
    try {
      return Optional.of(new FileUpload(blobs, file, Files.size(file)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void append(InputStream input, long limitBytes) throws IOException {
    long start = sizeBytes;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      channel.position(start);
      for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
        if (sizeBytes + n - start > limitBytes) {
          cutTo(channel, start);
          throw new TooLargeException("more than " + limitBytes + " bytes came");
        }
        write(channel, buffer, n);
      }
    }
  }

  private void write(FileChannel channel, byte[] bytes, int length) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
    try {
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    } catch (IOException e) { // a full disk: what is here of this piece was not counted
      cutTo(channel, sizeBytes);
      throw e;
    }
    if (hashedBytes == sizeBytes) {
      hash.update(bytes, 0, length);
      hashedBytes += length;
    }
    sizeBytes += length;
  }

  private void cutTo(FileChannel channel, long size) throws IOException {
    channel.truncate(size);
    sizeBytes = size;
    if (hashedBytes > size) {
      hash = Digest.Algorithm.SHA256.newHash();
      hashedBytes = 0;
    }
  }

  @Override
  public Digest digest(Digest.Algorithm algorithm) throws IOException {
    if (algorithm == Digest.Algorithm.SHA256 && hashedBytes == sizeBytes) {
      return Digest.of(algorithm, copyOf(hash));
    }
    MessageDigest whole = algorithm.newHash();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        whole.update(buffer, 0, n);
      }
    }
    return Digest.of(algorithm, whole);
  }

  private static MessageDigest copyOf(MessageDigest hash) {
    try {
      return (MessageDigest) hash.clone();
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("SHA-256 of every provider here can be cloned", e);
    }
  }

  @Override
  public Optional<Digest> commit(Digest expected) throws IOException {
    if (!digest(expected.algorithm()).equals(expected)) {
      discard();
      return Optional.empty();
    }
    if (blobs.has(expected)) {
      discard();
      DirectoryBlobs.sync(blobs.folder(expected.algorithm())); // who stored it may not be so far
      return Optional.of(expected);
    }
    try (FileChannel channel = FileChannel.open(file, READ, WRITE)) {
      channel.force(true);
    }
    Files.move(file, blobs.path(expected), StandardCopyOption.ATOMIC_MOVE);
    DirectoryBlobs.sync(blobs.folder(expected.algorithm()));
    return Optional.of(expected);
  }

  @Override
  public void discard() throws IOException {
    Files.deleteIfExists(file);
    sizeBytes = 0;
    hashedBytes = 0;
    hash = Digest.Algorithm.SHA256.newHash();
  }
}
