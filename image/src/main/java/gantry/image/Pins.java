package gantry.image;

import gantry.oci.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Blobs and stacks that somebody is at work with, so that no collection of garbage takes them.
/// Guarded by the store's lock.
final class Pins {
  private final Map<Digest, Integer> counts = new HashMap<>();

  /// What one piece of work has pinned.
  static final class Held {
    private final List<Digest> digests = new ArrayList<>();
  }

  void add(Held held, Digest digest) {
    held.digests.add(digest);
    counts.merge(digest, 1, Integer::sum);
  }

  /// Lets go of all of it; returns what nobody else has pinned.
  Set<Digest> release(Held held) {
    for (Digest digest : held.digests) {
      counts.computeIfPresent(digest, (_, count) -> count == 1 ? null : count - 1);
    }
    Set<Digest> free = new HashSet<>(held.digests);
    free.removeAll(counts.keySet());
    held.digests.clear();
    return free;
  }

  boolean has(Digest digest) {
    return counts.containsKey(digest);
  }

  Set<Digest> all() {
    return counts.keySet();
  }
}
