package gantry.engine.local;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

/// The execs of one container that were not yet forgotten.
final class Execs {
  private final Map<String, Exec> byId = new ConcurrentHashMap<>();
  private final ConcurrentSkipListSet<String> live = new ConcurrentSkipListSet<>();

  void add(Exec exec) {
    byId.put(exec.id, exec);
    live.add(exec.id);
  }

  /// Notes that it ended; it can be asked for still.
  void ended(Exec exec) {
    live.remove(exec.id);
  }

  void remove(Exec exec) {
    byId.remove(exec.id);
    live.remove(exec.id);
  }

  List<Exec> all() {
    return List.copyOf(byId.values());
  }

  /// Ids of those that wait for their start or run.
  List<String> liveIds() {
    return List.copyOf(live);
  }

  /// Ends those that run: their container has ended.
  void killAll() {
    for (String id : live) {
      Exec exec = byId.get(id);
      if (exec != null) {
        exec.kill();
      }
    }
  }
}
