package gantry.build;

import gantry.oci.Digest;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/// The builds of an engine: makes images of Dockerfiles, and keeps what it made for the next time.
///
/// Thread-safe; several builds may run at once, and a step that two of them need is run once.
public interface Builds {
  /// Builds, and returns when it is done: the image is in the store, durably, under its names.
  ///
  /// Interrupt the thread to cancel; then every command of the build has ended and nothing of it
  /// remains but what the cache may use when this throws. The request's context is closed.
  ///
  /// @param listener hears what goes on, from several threads but one call at a time
  /// @throws BuildException with a message for the user; `CANCELLED` after an interrupt
  Built build(BuildRequest request, BuildListener listener);

  /// Checks the Dockerfile without building: what the linter has to say.
  List<BuildEvent.Warned> check(BuildRequest request);

  /// What the cache holds, the last used first.
  List<CacheRecord> cache();

  /// Removes cache records that `which` names and that nothing is at work with.
  ///
  /// @param keepBytes removes the longest unused first, and no more than needed to come down to
  ///   this many bytes; 0 for all
  Pruned prune(Predicate<CacheRecord> which, long keepBytes);

  /// Ids of the removed records, and the bytes given back.
  record Pruned(List<String> ids, long reclaimedBytes) {}

  /// What is kept of a step for later builds.
  ///
  /// @param id of the record, 64 hex characters
  /// @param parents ids of the records that it stands on
  /// @param description the step, as in a build's progress
  /// @param sizeBytes of its own files
  /// @param inUse whether a build works with it at this moment
  /// @param shared whether an image or a container has its files too: then removing it gives
  ///   nothing back
  record CacheRecord(
      String id,
      List<String> parents,
      Type type,
      String description,
      long sizeBytes,
      Instant created,
      Instant lastUsed,
      int uses,
      boolean inUse,
      boolean shared) {
    /// What a record keeps; [#word] as Docker's API spells it.
    public enum Type {
      /// The result of a step.
      REGULAR("regular"),
      /// The directory of `RUN --mount=type=cache`.
      CACHE_MOUNT("exec.cachemount"),
      /// A git repository, or a file from a URL.
      SOURCE("source.local");

      private final String word;

      Type(String word) {
        this.word = word;
      }

      public String word() {
        return word;
      }
    }
  }

  /// What came of a build.
  ///
  /// @param image the image's id, the digest of its config
  record Built(Digest image) {}
}
