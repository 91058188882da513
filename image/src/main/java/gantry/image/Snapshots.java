package gantry.image;

import gantry.linux.OwnedFd;
import java.util.List;
import java.util.Set;

/// Snapshots: *committed* ones are layers, unpacked once and never changed; *active* ones are
/// writable and stand on a stack of committed ones, one for each container, by a key of the
/// caller's (the container's id).
///
/// An active snapshot is a directory with `upper` and `work`, and is mounted as an overlay that
/// appears nowhere: a detached mount, as a descriptor. It keeps the layers it stands on, whatever
/// becomes of the image. Thread-safe; calls on the same key are the caller's to order.
@SuppressWarnings("DoNotCallSuggester") // the behaviour follows
public final class Snapshots {
  Snapshots() {}

  /// Makes an active snapshot on top of an image. Nothing is synced. If one of that key exists on
  /// the same stack, it is left as it is.
  public void prepare(String key, Image image) {
    throw new UnsupportedOperationException();
  }

  /// Whether there is an active snapshot of that key.
  public boolean exists(String key) {
    throw new UnsupportedOperationException();
  }

  /// The keys of all active snapshots.
  public Set<String> keys() {
    throw new UnsupportedOperationException();
  }

  /// Removes an active snapshot, if it is there. Its name is gone when this returns, its files go
  /// in the background.
  public void remove(String key) {
    throw new UnsupportedOperationException();
  }

  /// The snapshot's files as a detached overlay mount; the caller owns it. Two at the same time of
  /// one snapshot are not allowed by the kernel's rules: hold one, and open what is needed through
  /// it.
  public OwnedFd mount(String key) {
    throw new UnsupportedOperationException();
  }

  /// The files of an image, read-only, as a detached mount; the caller owns it.
  public OwnedFd view(Image image) {
    throw new UnsupportedOperationException();
  }

  /// What differs from the image, in order of path, parents before children.
  public List<Change> changes(String key) {
    throw new UnsupportedOperationException();
  }

  /// Bytes of the files that the snapshot itself holds: each file once, however many names it has.
  public long usageBytes(String key) {
    throw new UnsupportedOperationException();
  }
}
