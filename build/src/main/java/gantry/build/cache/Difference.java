package gantry.build.cache;

import gantry.build.context.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What changed between two runs of a step, in sentences.
final class Difference {
  private static final int NAMED_MAX = 5;

  private Difference() {}

  static List<String> between(
      Map<String, String> before,
      Map<String, String> now,
      Optional<Manifest> filesBefore,
      Optional<Manifest> filesNow) {
    List<String> reasons = new ArrayList<>();
    for (String name : names(before, now)) {
      if (!before.containsKey(name)) {
        reasons.add(name + " is new");
      } else if (!now.containsKey(name)) {
        reasons.add(name + " is gone");
      } else if (!before.get(name).equals(now.get(name))) {
        reasons.add(name + " changed");
      }
    }
    reasons.addAll(files(filesBefore, filesNow));
    return reasons.isEmpty()
        ? List.of("the result of this step was removed from the cache")
        : reasons;
  }

  private static Set<String> names(Map<String, ?> before, Map<String, ?> now) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    return names;
  }

  private static List<String> files(Optional<Manifest> before, Optional<Manifest> now) {
    if (before.isEmpty() || now.isEmpty()) {
      return List.of(); // too many to have been kept, or none
    }
    List<String> changes =
        before.get().difference(now.get()).stream().map(Manifest.Change::toString).toList();
    int more = changes.size() - NAMED_MAX;
    if (more <= 0) {
      return changes;
    }
    List<String> some = new ArrayList<>(changes.subList(0, NAMED_MAX));
    some.add("and " + more + " more files");
    return some;
  }
}
