package gantry.linux.cgroup;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;

/// A descriptor that the event loop is told of when a group runs out of memory; also when the group
/// is removed, so look at [Cgroup#oomKills] then. Register it with `EDGE`.
///
/// @param fd what to wait for
/// @param interest with which bits of the event loop's readiness
public record OomWatch(OwnedFd fd, int interest) implements Fd, AutoCloseable {
  @Override
  public int value() {
    return fd.value();
  }

  @Override
  public void close() {
    fd.close();
  }
}
