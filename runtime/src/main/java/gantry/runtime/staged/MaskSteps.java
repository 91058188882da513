package gantry.runtime.staged;

import gantry.linux.Errno;

/// The steps that hide or protect parts of /proc and /sys. What does not exist needs no mask.
final class MaskSteps {
  private final Steps steps;

  MaskSteps(Steps steps) {
    this.steps = steps;
  }

  /// Covers a file with /dev/null, a directory with an empty read-only one: which of the two it is
  /// the kernel tells, by refusing the first way for a directory.
  void hide(String path) {
    steps.bind("/dev/null", path, 0, "hidden: it tells about the machine");
    steps.plan().ignoring(Errno.ENOENT, Errno.ENOTDIR).skipping(1);
    steps.mount(
        "tmpfs", path, "tmpfs", 1, "nr_blocks=1,nr_inodes=1", "hidden, if it is a directory");
    steps.plan().ignoring(Errno.ENOENT);
  }

  /// Makes a file or directory read-only where it is.
  void protect(String path) {
    steps.bind(path, path, MountOptions.MS_REC, "a mount of its own, to be made read-only");
    steps.plan().ignoring(Errno.ENOENT, Errno.ENOTDIR);
    steps.readOnly(path, "read-only: settings of the machine");
    steps.plan().ignoring(Errno.ENOENT, Errno.ENOTDIR);
  }
}
