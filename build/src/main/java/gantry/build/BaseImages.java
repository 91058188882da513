package gantry.build;

import gantry.image.Image;
import gantry.oci.Platform;
import gantry.oci.Reference;

/// Finds the images that builds begin with: what an engine does for a build.
public interface BaseImages {
  /// The image, from this machine if it is there, else from its registry.
  ///
  /// @param refresh whether to look at the registry even if it is there
  /// @param progress hears what a transfer does
  /// @throws BuildException `NOT_FOUND`
  Image find(Reference reference, Platform platform, boolean refresh, Transfer progress);

  /// How far a transfer is.
  @FunctionalInterface
  interface Transfer {
    /// @param part what it is, a layer's short id say
    void at(String part, String status, long current, long total);
  }
}
