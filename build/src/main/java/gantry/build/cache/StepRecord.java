package gantry.build.cache;

import gantry.oci.Digest;
import java.time.Instant;
import java.util.Optional;

/// A step's result in the cache.
///
/// @param key digest of what it was made of
/// @param result the stack of layers after the step; empty where that has none
/// @param parent key of the step before it, if that is in the cache too
/// @param place which step of which stage it is, the same when its inputs change: for explanations
/// @param sizeBytes of the layer that it added; 0 if it added none
public record StepRecord(
    Digest key,
    Optional<Digest> result,
    Optional<Digest> parent,
    String place,
    String description,
    long sizeBytes,
    Instant created,
    Instant used,
    int uses) {

  StepRecord usedAt(Instant now) {
    return new StepRecord(
        key, result, parent, place, description, sizeBytes, created, now, uses + 1);
  }
}
