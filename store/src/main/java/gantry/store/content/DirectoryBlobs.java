package gantry.store.content;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import gantry.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Blobs in an OCI image layout, `<root>/blobs/sha256/<hex>`, and uploads in `<root>/uploads/<id>`.
///
/// Spec: OCI image-spec 1.1, `image-layout.md`.
public final class DirectoryBlobs implements BlobStorage {
  private static final String LAYOUT = "{\"imageLayoutVersion\":\"1.0.0\"}";
  private static final String TEMPORARY = ".new";

  private final Map<Digest.Algorithm, Path> blobs;
  private final Path uploads;

  private DirectoryBlobs(Map<Digest.Algorithm, Path> blobs, Path uploads) {
    this.blobs = blobs;
    this.uploads = uploads;
  }

  /// Opens, or makes, the layout in `root`.
  public static DirectoryBlobs open(Path root) throws IOException {
    Map<Digest.Algorithm, Path> blobs = new EnumMap<>(Digest.Algorithm.class);
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      blobs.put(
          algorithm, Files.createDirectories(root.resolve("blobs").resolve(algorithm.toString())));
    }
    Path uploads = Files.createDirectories(root.resolve("uploads"));
    if (!Files.exists(root.resolve("oci-layout"))) {
      replace(root.resolve("oci-layout"), LAYOUT.getBytes(US_ASCII));
    }
    sync(root.resolve("blobs"));
    sync(root);
    return new DirectoryBlobs(blobs, uploads);
  }

  /// Gives a small file new content, durably: it has the old or the new one at any moment.
  public static void replace(Path file, byte[] content) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + TEMPORARY);
    Files.deleteIfExists(fresh);
    try (FileChannel channel = FileChannel.open(fresh, CREATE_NEW, WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(content);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(false);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    Path directory = file.getParent();
    if (directory != null) {
      sync(directory);
    }
  }

  static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  Path path(Digest digest) {
    return folder(digest.algorithm()).resolve(digest.hex());
  }

  Path folder(Digest.Algorithm algorithm) {
    Path folder = blobs.get(algorithm);
    if (folder == null) {
      throw new AssertionError("made for every algorithm");
    }
    return folder;
  }

  @Override
  public Optional<FileChannel> open(Digest digest) throws IOException {
    try {
      return Optional.of(FileChannel.open(path(digest), READ));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public boolean has(Digest digest) {
    return Files.exists(path(digest));
  }

  @Override
  public Upload begin(String id) throws IOException {
    return FileUpload.create(this, uploads.resolve(id));
  }

  @Override
  public Optional<Upload> resume(String id) throws IOException {
    return id.matches("[0-9a-f]{1,64}")
        ? FileUpload.reopen(this, uploads.resolve(id))
        : Optional.empty();
  }

  @Override
  public List<String> uploads() throws IOException {
    return names(uploads);
  }

  private static List<String> names(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      files.forEach(file -> names.add(String.valueOf(file.getFileName())));
    }
    return names;
  }

  @Override
  public long delete(Digest digest) throws IOException {
    try {
      long freed = Files.size(path(digest));
      Files.delete(path(digest));
      return freed;
    } catch (NoSuchFileException _) {
      return 0;
    }
  }

  @Override
  public void each(Consumer<Digest> visitor) throws IOException {
    for (Map.Entry<Digest.Algorithm, Path> folder : blobs.entrySet()) {
      for (String name : names(folder.getValue())) {
        visitor.accept(new Digest(folder.getKey(), name));
      }
    }
  }

  @Override
  public void close() {
    // no descriptor is held between calls
  }
}
