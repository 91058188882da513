package gantry.runtime.staged;

import gantry.linux.OwnedFd;
import java.util.List;
import java.util.Optional;

/// Where a container's processes are accounted and limited.
///
/// @param path beneath each hierarchy's root
/// @param taskFiles v1: the files into which a process writes itself to join
/// @param unified v2: the directory, which clone3 joins; closed with this
record CgroupPlace(String path, List<String> taskFiles, Optional<OwnedFd> unified)
    implements AutoCloseable {
  static final CgroupPlace NONE = new CgroupPlace("", List.of(), Optional.empty());

  @Override
  public void close() {
    unified.ifPresent(OwnedFd::close);
  }
}
