package gantry.build.context;

import gantry.linux.file.FileStat;
import java.time.Instant;
import java.util.Optional;

/// Knows what files contain that were read before. Thread-safe.
sealed interface ContentMemory permits DigestMemory, ExtractedContents {
  /// What is known of a file.
  ///
  /// @param sha256 of its content
  /// @param hasAttributes whether it has extended attributes that are copied
  record Content(Sha256 sha256, boolean hasAttributes) {}

  /// What is remembered of a file with this stat.
  Optional<Content> find(FileStat stat);

  /// Remembers what a file contains, unless it was changed too shortly before.
  ///
  /// @param stat as it was before and after the file was read
  /// @param readFrom when reading began
  void remember(FileStat stat, Content content, Instant readFrom);
}
