package gantry.image;

import java.util.List;

/// What a removal did, in its order: references taken away (familiar form) and images and layers
/// deleted (digests).
///
/// @param reclaimedBytes of disk space given back
public record Deletion(List<Step> steps, long reclaimedBytes) {
  public Deletion {
    steps = List.copyOf(steps);
  }

  /// One thing that was done.
  public sealed interface Step {
    record Untagged(String reference) implements Step {}

    record Deleted(String digest) implements Step {}
  }
}
