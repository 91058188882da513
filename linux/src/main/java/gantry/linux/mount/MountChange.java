package gantry.linux.mount;

import gantry.linux.Fd;
import java.util.Optional;

/// A change to a mount's properties, all in one step. See mount_setattr(2).
///
/// @param set bits of [MountFlags] to add
/// @param clear bits to take away, before `set` is added
/// @param propagation the new one
/// @param idmap the user namespace whose mapping of ids the mount shall have; only for a detached
///   mount that has none
public record MountChange(
    int set, int clear, Optional<Propagation> propagation, Optional<Fd> idmap) {
  /// Adds flags; if they say how access times are kept, in place of what was said before.
  public static MountChange setting(int flags) {
    boolean atime = (flags & MountFlags.ATIME_MASK) != 0;
    return new MountChange(
        flags, atime ? MountFlags.ATIME_MASK : 0, Optional.empty(), Optional.empty());
  }

  /// Takes flags away.
  public static MountChange clearing(int flags) {
    return new MountChange(0, flags, Optional.empty(), Optional.empty());
  }

  public static MountChange propagating(Propagation propagation) {
    return new MountChange(0, 0, Optional.of(propagation), Optional.empty());
  }

  /// Maps ids as `userNamespace` does.
  public static MountChange mapping(Fd userNamespace) {
    return new MountChange(0, 0, Optional.empty(), Optional.of(userNamespace));
  }

  /// Both changes in one.
  public MountChange and(MountChange other) {
    return new MountChange(
        set | other.set,
        clear | other.clear,
        other.propagation.or(() -> propagation),
        other.idmap.or(() -> idmap));
  }
}
