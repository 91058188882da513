package gantry.image;

import gantry.oci.Digest;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Images that are not finished, by id, each as often as somebody has drafted it. Thread-safe.
final class Drafts {
  private record Drafted(Image image, int times) {}

  private final Map<Digest, Drafted> all = new ConcurrentHashMap<>();

  void add(Image image) {
    all.merge(
        image.id(), new Drafted(image, 1), (was, _) -> new Drafted(was.image(), was.times() + 1));
  }

  void remove(Digest id) {
    all.computeIfPresent(
        id, (_, was) -> was.times() == 1 ? null : new Drafted(was.image(), was.times() - 1));
  }

  Optional<Image> byId(Digest id) {
    return Optional.ofNullable(all.get(id)).map(Drafted::image);
  }
}
