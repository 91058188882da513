package gantry.engine.volume;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Directories that outlive containers.
public interface Volumes {
  record VolumeView(
      String name,
      String driver,
      String mountpoint,
      Instant created,
      Map<String, String> labels,
      Map<String, String> options,
      List<String> usedBy) {}

  record Pruned(List<String> names, long reclaimedBytes) {}

  List<VolumeView> list();

  VolumeView find(String name);

  /// Makes a volume, or finds the one of that name; no name: 64 random hexadecimal characters.
  VolumeView create(
      Optional<String> name,
      String driver,
      Map<String, String> options,
      Map<String, String> labels);

  void remove(String name, boolean force);

  long sizeBytes(String name);

  Pruned prune(java.util.function.Predicate<VolumeView> filter);
}
