package gantry.build.solve;

import gantry.build.Builds.CacheRecord;
import gantry.build.Builds.Pruned;
import gantry.build.cache.CacheDirectories;
import gantry.build.cache.StepCache;
import gantry.build.cache.StepRecord;
import gantry.image.ImageStore;
import gantry.oci.Digest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// The cache as a user sees it, and what `prune` does to it.
final class CacheView {
  private final StepCache steps;
  private final CacheDirectories directories;
  private final ImageStore images;
  private final StepWork.Running running;

  CacheView(
      StepCache steps, CacheDirectories directories, ImageStore images, StepWork.Running running) {
    this.steps = steps;
    this.directories = directories;
    this.images = images;
    this.running = running;
  }

  List<CacheRecord> all() {
    List<CacheRecord> all = new ArrayList<>();
    steps.all().forEach(record -> all.add(view(record)));
    directories.all().forEach(kept -> all.add(view(kept)));
    all.sort(Comparator.comparing(CacheRecord::lastUsed).reversed());
    return List.copyOf(all);
  }

  private CacheRecord view(StepRecord record) {
    return new CacheRecord(
        record.key().hex(),
        record.parent().map(Digest::hex).stream().toList(),
        CacheRecord.Type.REGULAR,
        record.description(),
        record.sizeBytes(),
        record.created(),
        record.used(),
        record.uses(),
        running.has(record.key()),
        record.result().map(images::used).orElse(false));
  }

  private static CacheRecord view(CacheDirectories.Kept kept) {
    return new CacheRecord(
        kept.key().hex(),
        List.of(),
        CacheRecord.Type.CACHE_MOUNT,
        "cache mount " + kept.id(),
        kept.sizeBytes(),
        kept.created(),
        kept.used(),
        kept.uses(),
        kept.busy(),
        false);
  }

  /// Removes what `which` names, the longest unused first, until no more than `keepBytes` are left.
  Pruned prune(Predicate<CacheRecord> which, long keepBytes) {
    List<CacheRecord> all = all();
    long left = all.stream().mapToLong(CacheRecord::sizeBytes).sum();
    Map<String, CacheDirectories.Kept> byKey = new HashMap<>();
    directories.all().forEach(kept -> byKey.put(kept.key().hex(), kept));
    List<String> removed = new ArrayList<>();
    List<Digest> records = new ArrayList<>();
    long reclaimed = 0;
    for (CacheRecord record : all.reversed()) {
      if (keepBytes > 0 && left <= keepBytes) {
        break;
      }
      if (record.inUse() || !which.test(record)) {
        continue;
      }
      Optional<CacheDirectories.Kept> directory = Optional.ofNullable(byKey.get(record.id()));
      if (directory.isPresent() && !directories.remove(directory.get())) {
        continue;
      }
      if (directory.isEmpty()) {
        records.add(Digest.ofSha256(record.id()));
      }
      removed.add(record.id());
      left -= record.sizeBytes();
      reclaimed += record.shared() ? 0 : record.sizeBytes();
    }
    steps.remove(records);
    return new Pruned(List.copyOf(removed), reclaimed);
  }
}
