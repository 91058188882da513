package gantry.build.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What changed between two runs of a step, in sentences.
final class Difference {
  private static final int NAMED_MAX = 5;

  private Difference() {}

  static List<String> between(
      Map<String, String> before,
      Map<String, String> now,
      Map<String, String> filesBefore,
      Map<String, String> filesNow) {
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

  private static List<String> files(Map<String, String> before, Map<String, String> now) {
    List<String> reasons = new ArrayList<>();
    if (before.isEmpty() || now.isEmpty()) {
      return reasons; // too many to have been kept, or none
    }
    for (String path : names(before, now)) {
      if (!before.containsKey(path)) {
        reasons.add("file '" + path + "' is new");
      } else if (!now.containsKey(path)) {
        reasons.add("file '" + path + "' is gone");
      } else if (!before.get(path).equals(now.get(path))) {
        reasons.add("file '" + path + "' changed");
      }
    }
    int more = reasons.size() - NAMED_MAX;
    if (more > 0) {
      reasons = new ArrayList<>(reasons.subList(0, NAMED_MAX));
      reasons.add("and " + more + " more files");
    }
    return reasons;
  }
}
