package gantry.build.context;

import gantry.build.BuildException;
import gantry.image.FdInputStream;
import gantry.image.tar.Compression;
import gantry.image.tar.Extractor;
import gantry.image.tar.Extractor.Owner;
import gantry.image.tar.TarException;
import gantry.image.tar.TarReader;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/// A file that ADD unpacks: a tar archive, plain or packed with gzip, bzip2, xz or zstd, whatever
/// its name is. One without entries is none.
final class ArchiveSource implements AutoCloseable {
  private final SourceTree tree;
  private final Node node;
  private final OwnedFd file;
  private final Compression compression;

  private ArchiveSource(SourceTree tree, Node node, OwnedFd file, Compression compression) {
    this.tree = tree;
    this.node = node;
    this.file = file;
    this.compression = compression;
  }

  /// Looks at the beginning of a regular file.
  static Optional<ArchiveSource> recognise(SourceTree tree, Node node) {
    OwnedFd file = tree.openFile(node);
    byte[] head = new byte[Compression.MAGIC_MAX];
    int length = FileIo.pread(file, head, 0, head.length, 0);
    ArchiveSource archive = new ArchiveSource(tree, node, file, Compression.of(head, length));
    if (archive.hasEntry()) {
      return Optional.of(archive);
    }
    file.close();
    return Optional.empty();
  }

  private boolean hasEntry() {
    try (InputStream stream = stream()) {
      return reader(stream).next().isPresent();
    } catch (TarException | UncheckedIOException | IOException _) {
      return false; // a file like any other
    }
  }

  private InputStream stream() throws IOException {
    return compression.unpack(new FdInputStream(file));
  }

  private TarReader reader(InputStream stream) {
    return compression == Compression.NONE
        ? TarReader.of(file, node.stat().sizeBytes())
        : TarReader.of(stream);
  }

  /// Extracts below a directory of `root` that exists.
  void unpack(Fd root, String directory, Optional<Owner> owner) {
    Extractor.Options options = new Extractor.Options(false, false, owner);
    try (InputStream stream = stream();
        Extractor extractor = new Extractor(root, directory, options)) {
      extractor.extract(reader(stream));
    } catch (TarException | UncheckedIOException | IOException e) {
      throw new BuildException(
          BuildException.Kind.INVALID,
          "cannot unpack '%s': %s".formatted(SourceTree.shown(node.path()), e.getMessage()),
          e);
    }
    if (!At.stat(file).changed().equals(node.stat().changed())) {
      throw tree.changed(node);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
