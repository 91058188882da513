package gantry.store.content;

import gantry.oci.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Blobs that a client has uploaded, mounted or asked for, and may be about to name in a manifest:
/// they are not collected although nothing names them. A client's hold ends when it has pushed a
/// manifest that names the blob, or after an hour.
///
/// In memory: after a restart every blob that nothing names is kept as long as if it had just come.
final class Holds {
  static final Duration LIMIT = Duration.ofHours(1);

  private record Key(RepositoryName repository, Digest blob) {}

  private final Map<Key, Map<String, Instant>> holds = new ConcurrentHashMap<>();

  void hold(RepositoryName repository, Digest blob, String client) {
    holds.compute(
        new Key(repository, blob),
        (_, old) -> {
          Map<String, Instant> clients = old == null ? new ConcurrentHashMap<>() : old;
          clients.put(client, Instant.now());
          return clients;
        });
  }

  void release(RepositoryName repository, Digest blob, String client) {
    holds.computeIfPresent(
        new Key(repository, blob),
        (_, clients) -> {
          clients.remove(client);
          return clients.isEmpty() ? null : clients;
        });
  }

  boolean held(RepositoryName repository, Digest blob) {
    return holds.containsKey(new Key(repository, blob));
  }

  /// Ends the holds that are over.
  void expire(Instant now) {
    holds
        .keySet()
        .forEach(
            key ->
                holds.computeIfPresent(
                    key,
                    (_, clients) -> {
                      clients.values().removeIf(since -> since.plus(LIMIT).isBefore(now));
                      return clients.isEmpty() ? null : clients;
                    }));
  }
}
