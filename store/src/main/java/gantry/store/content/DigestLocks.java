package gantry.store.content;

import gantry.oci.Digest;
import java.util.concurrent.locks.ReentrantLock;

/// Keeps the coming of a blob and the removal of the same blob apart: whoever makes a stored blob
/// known, or removes one that nobody knows, does so while holding its lock.
final class DigestLocks {
  private static final int STRIPES = 64;

  private final ReentrantLock[] locks = new ReentrantLock[STRIPES];

  DigestLocks() {
    for (int i = 0; i < STRIPES; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  ReentrantLock of(Digest digest) {
    return locks[Math.floorMod(digest.hashCode(), STRIPES)];
  }
}
