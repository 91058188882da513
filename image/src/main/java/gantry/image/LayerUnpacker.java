package gantry.image;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.image.tar.Compression;
import gantry.image.tar.Extractor;
import gantry.image.tar.TarReader;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileTree;
import gantry.linux.file.TimeSpec;
import gantry.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/// Unpacks layers into directories of their own, `<data-root>/snapshots/<name>/fs`, as overlayfs
/// wants them.
///
/// A layer may hold a file without the directories above it. Those are made with what the layers
/// below say of them, once it is known which these are: [#inherit].
final class LayerUnpacker {
  private final Fd snapshots;

  LayerUnpacker(Fd snapshots) {
    this.snapshots = snapshots;
  }

  /// A layer that is unpacked but belongs to no stack yet.
  record Unpacked(
      String directory,
      Digest diffId,
      long sizeBytes,
      List<String> impliedDirectories,
      boolean rootImplied) {}

  /// Unpacks a blob of whatever compression into a new directory. The blob is read by its position.
  ///
  /// @param blobDigest of the blob: an uncompressed layer's diff ID
  Unpacked unpack(Fd blob, long sizeBytes, Digest blobDigest) {
    String directory = Names.random();
    At.mkdir(snapshots, directory, 0700);
    try (OwnedFd parent = At.open(snapshots, directory, O_PATH | O_DIRECTORY)) {
      At.mkdir(parent, "fs", 0755);
      try (OwnedFd root = At.openDirectory(parent, "fs")) {
        At.chmod(root, 0755);
        return unpackInto(root, directory, blob, sizeBytes, blobDigest);
      }
    } catch (RuntimeException | Error e) {
      drop(directory, e);
      throw e;
    }
  }

  private Unpacked unpackInto(
      Fd root, String directory, Fd blob, long sizeBytes, Digest blobDigest) {
    byte[] head = new byte[Compression.MAGIC_MAX];
    Compression compression = Compression.of(head, FileIo.pread(blob, head, 0, head.length, 0));
    try (Extractor extractor = new Extractor(root, Extractor.Options.LAYER)) {
      if (compression == Compression.NONE) {
        Extractor.Extracted made = extractor.extract(TarReader.of(blob, sizeBytes));
        return unpacked(directory, blobDigest, made);
      }
      MessageDigest hash = Digest.Algorithm.SHA256.newHash();
      InputStream tarBytes = new Hashing(compression.unpack(new FdInputStream(blob)), hash);
      TarReader tar = TarReader.of(tarBytes);
      Extractor.Extracted made = extractor.extract(tar);
      tar.drain(); // the diff ID is of all the bytes
      return unpacked(directory, Digest.of(Digest.Algorithm.SHA256, hash), made);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Unpacked unpacked(String directory, Digest diffId, Extractor.Extracted made) {
    return new Unpacked(
        directory, diffId, made.sizeBytes(), made.impliedDirectories(), made.rootImplied());
  }

  private static final class Hashing extends FilterInputStream {
    private final MessageDigest hash;

    Hashing(InputStream in, MessageDigest hash) {
      super(in);
      this.hash = hash;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      if (b >= 0) {
        hash.update((byte) b);
      }
      return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = super.read(target, offset, length);
      if (count > 0) {
        hash.update(target, offset, count);
      }
      return count;
    }
  }

  /// Gives directories that the layer does not have itself the owner, permissions and time which
  /// they have in the layers below, the topmost first.
  void inherit(Unpacked layer, List<String> below) {
    if (below.isEmpty()) {
      return;
    }
    try (OwnedFd root = open(layer.directory())) {
      for (String path : layer.impliedDirectories().reversed()) {
        find(below, path)
            .ifPresent(
                stat -> {
                  try (OwnedFd dir = At.openInRoot(root, "/" + path, O_PATH | O_DIRECTORY)) {
                    copy(stat, dir);
                  }
                });
      }
      if (layer.rootImplied()) {
        find(below, "").ifPresent(stat -> copy(stat, root));
      }
    }
  }

  private Optional<FileStat> find(List<String> below, String path) {
    for (String directory : below) {
      try (OwnedFd root = open(directory)) {
        Optional<OwnedFd> there =
            At.openInRootIfExists(
                root, "/" + path, O_PATH | gantry.linux.file.OpenFlags.O_NOFOLLOW);
        if (there.isPresent()) {
          try (OwnedFd dir = there.get()) {
            FileStat stat = At.stat(dir);
            return stat.directory() ? Optional.of(stat) : Optional.empty();
          }
        }
      } catch (gantry.linux.SyscallException e) {
        if (!e.is(gantry.linux.Errno.ENOTDIR) && !e.is(gantry.linux.Errno.ELOOP)) {
          throw e;
        }
        return Optional.empty(); // something else took the place of a directory above it
      }
    }
    return Optional.empty();
  }

  private static void copy(FileStat stat, OwnedFd dir) {
    At.chown(dir, "", stat.uid(), stat.gid());
    At.chmod(dir, stat.permissions());
    TimeSpec modified = stat.modified();
    At.utimes(dir, "", modified, modified);
  }

  /// The directory of an unpacked layer's files; the caller owns it.
  OwnedFd open(String directory) {
    return At.open(snapshots, directory + "/fs", O_RDONLY | O_DIRECTORY);
  }

  /// Removes an unpacked layer.
  void drop(String directory) {
    FileTree.remove(snapshots, directory);
  }

  private void drop(String directory, Throwable reason) {
    try {
      drop(directory);
    } catch (RuntimeException e) {
      reason.addSuppressed(e); // the next start removes it
    }
  }
}
