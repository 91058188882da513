package gantry.image;

import gantry.oci.Digest;
import java.util.List;

/// Who uses images: answered by whoever keeps the containers.
@FunctionalInterface
public interface ImageUse {
  /// One container made from an image.
  record User(String containerId, boolean running) {}

  /// The containers made from this image.
  List<User> of(Digest imageId);

  /// No containers at all.
  static ImageUse none() {
    return _ -> List.of();
  }
}
