package gantry.store.content;

import java.util.OptionalLong;

/// What may be done with a repository, whoever does it.
public interface Policy {
  /// Everything.
  Policy NONE =
      new Policy() {
        @Override
        public boolean movable(RepositoryName repository, String tag) {
          return true;
        }

        @Override
        public OptionalLong quotaBytes(RepositoryName repository) {
          return OptionalLong.empty();
        }
      };

  /// Whether a tag that points to one manifest may be made to point to another, or be deleted.
  boolean movable(RepositoryName repository, String tag);

  /// How many bytes of blobs a repository may have.
  OptionalLong quotaBytes(RepositoryName repository);
}
