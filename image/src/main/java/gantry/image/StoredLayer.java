package gantry.image;

import gantry.oci.Descriptor;
import gantry.oci.Digest;
import java.util.Optional;

/// A committed snapshot: a layer in its place in a stack, and where it is unpacked.
///
/// @param below the stack that it stands on
/// @param directory under `snapshots/`
/// @param boot of which boot its files are known to be whole: they are not synced when they are
///   unpacked; empty once they are known to be on the disk
record StoredLayer(
    Digest chainId,
    Optional<Digest> below,
    Digest diffId,
    Descriptor blob,
    String directory,
    long sizeBytes,
    Optional<String> boot) {

  Layer layer(Descriptor manifestBlob) {
    return new Layer(chainId, diffId, manifestBlob, sizeBytes);
  }

  StoredLayer in(String replacedDirectory, Optional<String> replacedBoot) {
    return new StoredLayer(
        chainId, below, diffId, blob, replacedDirectory, sizeBytes, replacedBoot);
  }
}
