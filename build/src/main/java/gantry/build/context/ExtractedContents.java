package gantry.build.context;

import gantry.build.context.Selection.Inode;
import gantry.image.tar.Extractor;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarException;
import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// What the files of an archive contain, as it was found while they were extracted into a directory
/// that nobody else writes to: nothing of it is read again.
final class ExtractedContents implements ContentMemory, Extractor.Watcher {
  private record Known(FileStat stat, Content content) {}

  private final ContextLimits limits;
  private final Map<Inode, Known> known = new ConcurrentHashMap<>();
  private long entries;
  private long sizeBytes;

  ExtractedContents(ContextLimits limits) {
    this.limits = limits;
  }

  /// Refuses what no context has, and archives that would fill the disk.
  @Override
  public void next(TarEntry entry) {
    switch (entry.kind()) {
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          throw new TarException("'%s': a device in a build context".formatted(entry.name()));
      case FILE -> sizeBytes += entry.sizeBytes();
      default -> {}
    }
    if (sizeBytes > limits.sizeBytes() || sizeBytes < 0) {
      throw new TarException(
          "'%s': the build context is larger than %d bytes"
              .formatted(entry.name(), limits.sizeBytes()));
    }
    if (++entries > limits.files()) {
      throw new TarException(
          "'%s': the build context has more than %d files".formatted(entry.name(), limits.files()));
    }
  }

  @Override
  public void written(Fd file, Optional<byte[]> sha256) {
    if (sha256.isPresent()) {
      put(At.stat(file), Sha256.of(sha256.get()), !SourceTree.attributes(file, "").isEmpty());
    }
  }

  void put(FileStat stat, Sha256 sha256, boolean hasAttributes) {
    known.put(Inode.of(stat), new Known(stat, new Content(sha256, hasAttributes)));
  }

  @Override
  public Optional<Content> find(FileStat stat) {
    return Optional.ofNullable(known.get(Inode.of(stat)))
        .filter(
            file ->
                file.stat().sizeBytes() == stat.sizeBytes()
                    && file.stat().modified().equals(stat.modified())
                    && file.stat().changed().equals(stat.changed()))
        .map(Known::content);
  }

  @Override
  public void remember(FileStat stat, Content content, Instant readFrom) {
    known.put(Inode.of(stat), new Known(stat, content));
  }
}
