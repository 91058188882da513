package gantry.image.tar;

import gantry.linux.file.DeviceNumber;
import gantry.linux.file.TimeSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a tar archive says of one file, before its content.
///
/// @param name as it is in the archive, a directory's slash at the end included; bytes that are no
///   UTF-8 are lone surrogates, as in [gantry.linux.file]
/// @param permissions the lower 12 bits of the mode
/// @param sizeBytes of the file; with holes, of the whole file
/// @param linkName what a link points to, else empty
/// @param device of a device, else `0:0`
/// @param accessed where the archive has it
/// @param attributes extended attributes by their names
/// @param data where in the file its bytes belong, if it has holes
public record TarEntry(
    String name,
    Kind kind,
    int permissions,
    int uid,
    int gid,
    long sizeBytes,
    TimeSpec modified,
    Optional<TimeSpec> accessed,
    String linkName,
    DeviceNumber device,
    Map<String, byte[]> attributes,
    Optional<List<Segment>> data) {

  /// What an entry makes.
  public enum Kind {
    FILE('0'),
    HARD_LINK('1'),
    SYMBOLIC_LINK('2'),
    CHARACTER_DEVICE('3'),
    BLOCK_DEVICE('4'),
    DIRECTORY('5'),
    FIFO('6');

    private final char flag;

    Kind(char flag) {
      this.flag = flag;
    }

    /// The letter that stands for it in a header.
    char flag() {
      return flag;
    }
  }

  /// A part of a file with holes that has data.
  public record Segment(long offset, long length) {}

  /// Its name as a path below the root: `a/b`, without what means nothing; empty for the root
  /// itself.
  ///
  /// @throws TarException if it leads out of the tree
  public String path() {
    return EntryPath.normalized(name);
  }

  /// What a link points to as such a path: a symbolic link's taken from its own directory, a hard
  /// link's from the root.
  ///
  /// @throws TarException if it leads out of the tree
  public String linkPath() {
    boolean relative = kind == Kind.SYMBOLIC_LINK && !linkName.startsWith("/");
    return EntryPath.normalized(relative ? EntryPath.parent(path()) + "/" + linkName : linkName);
  }

  static final DeviceNumber NO_DEVICE = new DeviceNumber(0, 0);

  /// A regular file as our own archives have them.
  public static TarEntry file(String name, int permissions, long sizeBytes, TimeSpec modified) {
    return of(name, Kind.FILE, permissions, sizeBytes, modified);
  }

  /// A directory as our own archives have them; `name` ends with a slash.
  public static TarEntry directory(String name, int permissions, TimeSpec modified) {
    return of(name, Kind.DIRECTORY, permissions, 0, modified);
  }

  private static TarEntry of(
      String name, Kind kind, int permissions, long sizeBytes, TimeSpec modified) {
    return new TarEntry(
        name,
        kind,
        permissions,
        0,
        0,
        sizeBytes,
        modified,
        Optional.empty(),
        "",
        NO_DEVICE,
        Map.of(),
        Optional.empty());
  }
}
