package gantry.image;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.image.Change.Kind;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.linux.file.Xattr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// What the upper directory of an overlay changes of the lower ones, as Docker counts it: a file is
/// modified when its metadata, size or time differ, a directory when its metadata differ or
/// something in it changed. Walks the upper directory only.
final class UpperDifference {
  private static final String CAPABILITY = "security.capability";
  private static final String OPAQUE = "trusted.overlay.opaque";

  private final Fd upper;
  private final Fd lower;
  private final List<Change> changes = new ArrayList<>();

  /// @param lower the layers below as one, as a mount
  UpperDifference(Fd upper, Fd lower) {
    this.upper = upper;
    this.lower = lower;
  }

  List<Change> changes() {
    compareChildren(upper, Optional.of(lower), "/", false);
    changes.sort(Comparator.comparing(Change::path));
    return List.copyOf(changes);
  }

  /// @param cut whether a directory above was opaque: then nothing of the layers below shows here
  private void compareChildren(Fd dir, Optional<? extends Fd> below, String prefix, boolean cut) {
    boolean opaque = below.isPresent() && (cut || opaque(dir));
    List<DirectoryEntry> entries = Directory.list(dir);
    if (opaque) {
      hiddenChildren(below.get(), entries, prefix);
    }
    for (DirectoryEntry entry : entries) {
      At.statIfExists(dir, entry.name())
          .ifPresent(
              stat ->
                  compare(
                      new Place(dir, below, entry.name(), opaque), stat, prefix + entry.name()));
    }
  }

  private static boolean opaque(Fd dir) {
    return Xattr.get(dir, OPAQUE).filter(value -> value.length == 1 && value[0] == 'y').isPresent();
  }

  /// What an opaque directory has below and does not have itself is deleted.
  private void hiddenChildren(Fd below, List<DirectoryEntry> kept, String prefix) {
    List<String> names = kept.stream().map(DirectoryEntry::name).toList();
    for (DirectoryEntry entry : Directory.list(below)) {
      if (!names.contains(entry.name())) {
        changes.add(new Change(Kind.DELETED, prefix + entry.name()));
      }
    }
  }

  /// A name in the upper directory, and the directory of the same path in the layers below.
  private record Place(Fd dir, Optional<? extends Fd> below, String name, boolean cut) {
    Fd lower() {
      return below.orElseThrow();
    }
  }

  private void compare(Place place, FileStat stat, String path) {
    Optional<FileStat> old = place.below().flatMap(b -> At.statIfExists(b, place.name()));
    if (whiteout(stat)) {
      old.ifPresent(_ -> changes.add(new Change(Kind.DELETED, path)));
    } else if (stat.directory()) {
      compareDirectory(place, stat, old, path);
    } else if (old.isEmpty()) {
      changes.add(new Change(Kind.ADDED, path));
    } else if (old.get().directory()) {
      changes.add(new Change(Kind.MODIFIED, path));
      deletedChildren(place.lower(), place.name(), path + "/");
    } else if (differs(place, stat, old.get())) {
      changes.add(new Change(Kind.MODIFIED, path));
    }
  }

  private static boolean whiteout(FileStat stat) {
    return stat.type() == FileType.CHARACTER_DEVICE && stat.special().encoded() == 0;
  }

  private void compareDirectory(Place place, FileStat stat, Optional<FileStat> old, String path) {
    int before = changes.size();
    try (OwnedFd here = At.openDirectory(place.dir(), place.name())) {
      if (old.isPresent() && old.get().directory()) {
        try (OwnedFd there = At.openDirectory(place.lower(), place.name())) {
          compareChildren(here, Optional.of(there), path + "/", place.cut());
        }
      } else {
        compareChildren(here, Optional.empty(), path + "/", false);
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
        throw e;
      }
      return; // it went while it was looked at
    }
    if (old.isEmpty()) {
      changes.add(new Change(Kind.ADDED, path));
    } else if (changes.size() > before || metadataDiffer(stat, old.get())) {
      changes.add(new Change(Kind.MODIFIED, path));
    }
  }

  private void deletedChildren(Fd below, String name, String prefix) {
    try (OwnedFd there = At.open(below, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)) {
      for (DirectoryEntry entry : Directory.list(there)) {
        changes.add(new Change(Kind.DELETED, prefix + entry.name()));
      }
    }
  }

  private static boolean metadataDiffer(FileStat stat, FileStat old) {
    return stat.mode() != old.mode()
        || stat.uid() != old.uid()
        || stat.gid() != old.gid()
        || !stat.special().equals(old.special());
  }

  private static boolean differs(Place place, FileStat stat, FileStat old) {
    return metadataDiffer(stat, old)
        || stat.sizeBytes() != old.sizeBytes()
        || !stat.modified().equals(old.modified())
        || !Arrays.equals(
            capability(place.dir(), place.name()), capability(place.lower(), place.name()));
  }

  private static byte[] capability(Fd dir, String name) {
    return Xattr.get(dir, name, CAPABILITY).orElseGet(() -> new byte[0]);
  }
}
