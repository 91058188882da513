package gantry.linux.process;

/// The two maps of a user namespace.
public record IdMaps(IdMap uids, IdMap gids) {
  /// Whom the kernel shows where an id has no place in the namespace: `nobody`.
  public static final int NOBODY = 65534;

  public IdMaps {
    if (uids.outside(0).isEmpty() || gids.outside(0).isEmpty()) {
      throw new IllegalArgumentException("a user namespace without a root: " + uids + ", " + gids);
    }
  }

  /// The user that is root inside.
  public int rootUid() {
    return uids.outside(0).orElseThrow();
  }

  /// The group that is root's inside.
  public int rootGid() {
    return gids.outside(0).orElseThrow();
  }
}
