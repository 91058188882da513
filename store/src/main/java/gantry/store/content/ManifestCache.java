package gantry.store.content;

import gantry.oci.Digest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Manifests that were asked for lately, so that asking again costs neither the database nor a
/// file.
///
/// What is read beside a change must not be kept: [#get] keeps it only if nothing was forgotten
/// since it began to read. Thread-safe; a lookup never waits for a disk.
final class ManifestCache {
  private static final int TAGS_MAX = 20_000;
  private static final long MANIFESTS_MAX_BYTES = 16 << 20;

  private record Key(RepositoryName repository, String reference) {}

  private final Map<Key, Digest> tags = lru();
  private final Map<Key, StoredManifest> manifests = lru();
  private long bytes;
  private long forgotten;

  private static <V> Map<Key, V> lru() {
    return new LinkedHashMap<>(64, 0.75f, true);
  }

  /// The manifest of a tag or digest, if it is here.
  synchronized Optional<StoredManifest> find(RepositoryName repository, String reference) {
    Digest digest = tags.get(new Key(repository, reference));
    return Optional.ofNullable(
        manifests.get(new Key(repository, digest == null ? reference : digest.toString())));
  }

  /// The manifest of a tag or digest, by `read` if it is not here.
  Optional<StoredManifest> get(
      RepositoryName repository, String reference, Supplier<Optional<StoredManifest>> read) {
    Optional<StoredManifest> here = find(repository, reference);
    if (here.isPresent()) {
      return here;
    }
    long before;
    synchronized (this) {
      before = forgotten;
    }
    Optional<StoredManifest> fresh = read.get();
    fresh.ifPresent(manifest -> keep(repository, reference, manifest, before));
    return fresh;
  }

  private synchronized void keep(
      RepositoryName repository, String reference, StoredManifest manifest, long before) {
    if (forgotten != before) {
      return;
    }
    String digest = manifest.digest().toString();
    if (!reference.equals(digest)) {
      tags.put(new Key(repository, reference), manifest.digest());
      trim(tags, tags.size() > TAGS_MAX);
    }
    if (manifests.put(new Key(repository, digest), manifest) == null) {
      bytes += manifest.bytes().length;
    }
    while (bytes > MANIFESTS_MAX_BYTES) {
      StoredManifest eldest = trim(manifests, true);
      bytes -= eldest == null ? 0 : eldest.bytes().length;
    }
  }

  private static <V> @Nullable V trim(Map<Key, V> map, boolean tooLarge) {
    if (!tooLarge || map.isEmpty()) {
      return null;
    }
    Key eldest = map.keySet().iterator().next();
    return map.remove(eldest);
  }

  /// Everything about a repository may have changed.
  synchronized void forget(RepositoryName repository) {
    forgotten++;
    tags.keySet().removeIf(key -> key.repository().equals(repository));
    Map<Key, StoredManifest> dropped = new HashMap<>(manifests);
    dropped.keySet().removeIf(key -> !key.repository().equals(repository));
    dropped.forEach(
        (key, manifest) -> {
          manifests.remove(key);
          bytes -= manifest.bytes().length;
        });
  }
}
