package gantry.image;

import gantry.oci.Digest;

/// Hears how far a load is, from the thread that loads; may block, must not throw for long work.
public interface LoadProgress {
  /// Bytes of a layer read; `totalBytes` is its size.
  void layer(String shortId, long currentBytes, long totalBytes);

  /// An image is there, under this reference (familiar form).
  void loaded(String reference, Digest id);

  /// An image without a name is there.
  void loaded(Digest id);

  /// Hears nothing.
  static LoadProgress none() {
    return new LoadProgress() {
      @Override
      public void layer(String shortId, long currentBytes, long totalBytes) {}

      @Override
      public void loaded(String reference, Digest id) {}

      @Override
      public void loaded(Digest id) {}
    };
  }
}
