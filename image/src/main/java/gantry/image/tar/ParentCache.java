package gantry.image.tar;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Directories lately used, kept open by their paths, because archives go through a tree in order.
/// What it holds it owns.
///
/// A borrowed descriptor is good until some more directories were put in: long enough for one
/// entry.
final class ParentCache {
  private static final int SIZE = 32;

  private final Fd root;
  private final Map<String, OwnedFd> open = new LinkedHashMap<>(2 * SIZE, 0.75f, true);

  ParentCache(Fd root) {
    this.root = root;
  }

  @Nullable Fd get(String path) {
    return path.isEmpty() ? root : open.get(path);
  }

  void put(String path, OwnedFd dir) {
    OwnedFd replaced = open.put(path, dir);
    if (replaced != null) {
      replaced.close();
    }
    if (open.size() > SIZE) {
      Iterator<OwnedFd> oldest = open.values().iterator();
      oldest.next().close();
      oldest.remove();
    }
  }

  void keepOnly(String path) {
    OwnedFd kept = open.remove(path);
    clear();
    if (kept != null) {
      open.put(path, kept);
    }
  }

  void clear() {
    open.values().forEach(OwnedFd::close);
    open.clear();
  }
}
