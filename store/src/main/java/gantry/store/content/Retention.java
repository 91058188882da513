package gantry.store.content;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Which tags of which repositories go by themselves. A tag goes when everything that is said here
/// is true of it.
///
/// @param keep it is not among the so many that were pushed last
/// @param pushedBefore it was pushed longer ago
/// @param pulledBefore it was pulled, or else pushed, longer ago
/// @param untagged manifests that have been without a tag for so long go too
public record Retention(
    Glob repository,
    Glob tags,
    OptionalInt keep,
    Optional<Duration> pushedBefore,
    Optional<Duration> pulledBefore,
    Optional<Duration> untagged) {

  /// Those of a repository's tags that go; `tags` are in the order they were pushed, the latest
  /// first.
  List<Metadata.TagLine> doomed(List<Metadata.TagLine> lines, Instant now) {
    if (keep.isEmpty() && pushedBefore.isEmpty() && pulledBefore.isEmpty()) {
      return List.of();
    }
    List<Metadata.TagLine> doomed = new ArrayList<>();
    int seen = 0;
    for (Metadata.TagLine line : lines) {
      if (tags.matches(line.name()) && seen++ >= keep.orElse(0) && isOld(line, now)) {
        doomed.add(line);
      }
    }
    return doomed;
  }

  private boolean isOld(Metadata.TagLine line, Instant now) {
    Instant pulled = line.manifest().pulled().orElse(line.pushed());
    return pushedBefore.map(age -> line.pushed().plus(age).isBefore(now)).orElse(true)
        && pulledBefore.map(age -> pulled.plus(age).isBefore(now)).orElse(true);
  }
}
