package gantry.image;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Xattr;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Takes out of an overlay's upper directory what nobody asked for: the empty files and directories
/// that mounts were put on, and directories that were copied up for something in them that went
/// again. What is left is what a command changed.
///
/// A directory's time alone is no change, as in other engines: it tells of entries that came and
/// went.
///
/// For one thread; nobody else is at work in the upper directory.
final class UpperCleaning {
  private static final String OPAQUE = "trusted.overlay.opaque";
  private static final String CAPABILITY = "security.capability";

  private final Fd upper;
  private final Fd lower;
  private final Optional<TimeSpec> latest;

  /// @param lower the layers below as one, as a mount
  /// @param latest the time that everything newer gets
  UpperCleaning(Fd upper, Fd lower, Optional<Instant> latest) {
    this.upper = upper;
    this.lower = lower;
    this.latest = latest.map(time -> new TimeSpec(time.getEpochSecond(), time.getNano()));
  }

  /// Cleans; whether anything is left.
  ///
  /// @param mountPoints absolute paths at which something was mounted
  boolean clean(List<String> mountPoints) {
    mountPoints.forEach(this::removeStub);
    return cleanChildren(upper, Optional.of(lower));
  }

  /// Removes an empty file or directory that is not in the layers below, and then those above it
  /// that this leaves empty.
  private void removeStub(String mountPoint) {
    String path = mountPoint.replaceAll("^/+|/+$", "");
    while (!path.isEmpty() && !below(path) && removeIfEmpty(path)) {
      path = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
  }

  private boolean below(String path) {
    Optional<OwnedFd> there =
        At.openInRootIfExists(lower, "/" + path, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW);
    there.ifPresent(OwnedFd::close);
    return there.isPresent();
  }

  private boolean removeIfEmpty(String path) {
    int slash = path.lastIndexOf('/');
    String name = path.substring(slash + 1);
    Optional<OwnedFd> parent =
        slash < 0
            ? Optional.of(At.openDirectory(upper, "."))
            : At.openInRootIfExists(
                upper, "/" + path.substring(0, slash), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
    if (parent.isEmpty()) {
      return false;
    }
    try (OwnedFd dir = parent.get()) {
      Optional<FileStat> stat = At.statIfExists(dir, name);
      if (stat.isEmpty()) {
        return false;
      }
      return stat.get().directory()
          ? removeEmptyDirectory(dir, name)
          : stat.get().regular() && stat.get().sizeBytes() == 0 && At.unlinkIfExists(dir, name);
    }
  }

  private static boolean removeEmptyDirectory(Fd dir, String name) {
    try {
      At.rmdir(dir, name);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOTEMPTY)) {
        return false;
      }
      throw e;
    }
  }

  /// Whether anything is left in the directory.
  private boolean cleanChildren(Fd dir, Optional<? extends Fd> below) {
    boolean left = false;
    for (DirectoryEntry entry : Directory.list(dir)) {
      FileStat stat = At.stat(dir, entry.name());
      if (stat.directory() && cleanDirectory(dir, entry.name(), stat, below)) {
        continue;
      }
      left = true;
      limitTime(dir, entry.name(), stat);
    }
    return left;
  }

  /// Whether the directory turned out to be unchanged, and is gone.
  private boolean cleanDirectory(
      Fd parent, String name, FileStat stat, Optional<? extends Fd> below) {
    Optional<FileStat> old = below.flatMap(b -> At.statIfExists(b, name));
    boolean known = old.isPresent() && old.get().directory();
    boolean left;
    boolean opaque;
    try (OwnedFd dir = At.openDirectory(parent, name)) {
      opaque = Xattr.get(dir, OPAQUE).isPresent();
      if (known && !opaque) {
        try (OwnedFd there = At.openDirectory(below.orElseThrow(), name)) {
          left = cleanChildren(dir, Optional.of(there)) || !sameCapability(dir, there);
        }
      } else {
        left = cleanChildren(dir, Optional.empty());
      }
    }
    if (left || opaque || !known || metadataDiffer(stat, old.get())) {
      return false;
    }
    At.rmdir(parent, name);
    return true;
  }

  private static boolean sameCapability(Fd one, Fd other) {
    return Arrays.equals(
        Xattr.get(one, CAPABILITY).orElseGet(() -> new byte[0]),
        Xattr.get(other, CAPABILITY).orElseGet(() -> new byte[0]));
  }

  private static boolean metadataDiffer(FileStat stat, FileStat old) {
    return stat.mode() != old.mode() || stat.uid() != old.uid() || stat.gid() != old.gid();
  }

  private static boolean newer(TimeSpec time, TimeSpec limit) {
    return time.seconds() > limit.seconds()
        || (time.seconds() == limit.seconds() && time.nanos() > limit.nanos());
  }

  private void limitTime(Fd dir, String name, FileStat stat) {
    latest
        .filter(limit -> newer(stat.modified(), limit))
        .ifPresent(limit -> At.utimes(dir, name, limit, limit));
  }
}
