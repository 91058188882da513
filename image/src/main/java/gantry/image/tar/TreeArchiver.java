package gantry.image.tar;

import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_NONBLOCK;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.image.tar.TarEntry.Kind;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.FileName;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Xattr;
import gantry.linux.process.IdMaps;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Writes files of a directory into an archive: names in the order of their bytes, so that the same
/// files always come to the same archive; hard links as such; sockets left out, which no archive
/// can hold.
///
/// Walks by descriptor and follows no link, whatever somebody does in the tree meanwhile; a file
/// that vanishes is left out.
///
/// For one thread and one archive.
public final class TreeArchiver {
  private static final String CAPABILITY = "security.capability";
  private static final String OPAQUE = "trusted.overlay.opaque";
  private static final String WHITEOUT = ".wh.";
  private static final String OPAQUE_MARK = ".wh..wh..opq";
  private static final int DEPTH_MAX = 1024;

  /// What the tree is.
  public enum Content {
    /// Files as they are.
    FILES,
    /// The upper directory of an overlay: what hides files of lower layers becomes `.wh.` names.
    OVERLAY_UPPER,
    /// Files as they are, but nothing of other mounts: a directory that is mounted on is empty, and
    /// so is a file.
    ONE_MOUNT
  }

  private record Inode(long device, long number) {}

  private final TarWriter tar;
  private final Content content;
  private final Map<Inode, String> linked = new HashMap<>();
  private final Optional<IdMaps> maps;
  private long mountId;

  public TreeArchiver(TarWriter tar, Content content) {
    this(tar, content, Optional.empty());
  }

  /// @param maps those of the user namespace whose files they are: the archive has the owners of
  ///   inside
  public TreeArchiver(TarWriter tar, Content content, Optional<IdMaps> maps) {
    this.tar = tar;
    this.content = content;
    this.maps = maps;
  }

  private int uid(int uid) {
    return maps.map(map -> map.uids().inside(uid).orElse(IdMaps.NOBODY)).orElse(uid);
  }

  private int gid(int gid) {
    return maps.map(map -> map.gids().inside(gid).orElse(IdMaps.NOBODY)).orElse(gid);
  }

  /// Writes everything in a directory that is open for reading, without the directory itself.
  public void writeContents(Fd dir) {
    mountId = At.stat(dir).mountId();
    writeChildren(dir, "", 0);
  }

  /// Writes `name`, one component in `dir`, and everything beneath it, as `as`: `etc` or `.`. A
  /// link is written as a link.
  ///
  /// @throws SyscallException `ENOENT` if it is not there
  public void write(Fd dir, String name, String as) {
    FileStat stat = At.stat(dir, name);
    mountId = stat.mountId();
    writeEntry(dir, name, as, stat, 0);
  }

  private void writeChildren(Fd dir, String prefix, int depth) {
    if (depth > DEPTH_MAX) {
      throw new TarException("'%.80s…': nested too deep".formatted(prefix));
    }
    if (content == Content.OVERLAY_UPPER && opaque(dir)) {
      writeMark(prefix + OPAQUE_MARK, At.stat(dir).modified());
    }
    List<DirectoryEntry> entries = Directory.list(dir);
    entries.sort(
        Comparator.comparing(
            (DirectoryEntry e) -> FileName.encode(e.name()), Arrays::compareUnsigned));
    for (DirectoryEntry entry : entries) {
      Optional<FileStat> stat = At.statIfExists(dir, entry.name());
      if (stat.isPresent()) {
        writeEntry(dir, entry.name(), prefix + entry.name(), stat.get(), depth);
      }
    }
  }

  private static boolean opaque(Fd dir) {
    return Xattr.get(dir, OPAQUE)
        .filter(value -> new String(value, StandardCharsets.US_ASCII).equals("y"))
        .isPresent();
  }

  private void writeMark(String name, TimeSpec time) {
    tar.begin(TarEntry.file(name, 0, 0, time));
  }

  private void writeEntry(Fd dir, String name, String as, FileStat stat, int depth) {
    switch (stat.type()) {
      case DIRECTORY -> writeDirectory(dir, name, as, depth);
      case REGULAR -> writeFile(dir, name, as, stat);
      case SYMLINK -> writeSymlink(dir, name, as, stat);
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> writeNode(dir, name, as, stat);
      case SOCKET, UNKNOWN -> {}
    }
  }

  private void writeDirectory(Fd parent, String name, String as, int depth) {
    try (OwnedFd dir = At.openDirectory(parent, name)) {
      FileStat stat = At.stat(dir);
      tar.begin(entry(as + "/", Kind.DIRECTORY, stat, 0, "", attributes(dir, "")));
      if (!mountedOn(stat)) {
        writeChildren(dir, as + "/", depth + 1);
      }
    } catch (SyscallException e) {
      ignoreVanished(e);
    }
  }

  private boolean mountedOn(FileStat stat) {
    return content == Content.ONE_MOUNT && stat.mountId() != mountId;
  }

  private static void ignoreVanished(SyscallException e) {
    boolean vanished = e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP);
    if (!vanished || !e.call().startsWith("open")) {
      throw e;
    }
  }

  private void writeFile(Fd dir, String name, String as, FileStat seen) {
    if (mountedOn(seen)) {
      tar.begin(entry(as, Kind.FILE, seen, 0, "", Map.of()));
      return;
    }
    if (writtenAsLink(as, seen)) {
      return;
    }
    try (OwnedFd file = At.open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)) {
      FileStat stat = At.stat(file);
      if (!stat.regular()) {
        return; // exchanged since it was looked at
      }
      tar.begin(entry(as, Kind.FILE, stat, stat.sizeBytes(), "", attributes(file, "")));
      tar.writeFrom(file);
    } catch (SyscallException e) {
      ignoreVanished(e);
    }
  }

  /// A file that was written under another name is a link to that.
  private boolean writtenAsLink(String as, FileStat stat) {
    if (stat.links() < 2) {
      return false;
    }
    String first = linked.putIfAbsent(new Inode(stat.device().encoded(), stat.inode()), as);
    if (first == null) {
      return false;
    }
    tar.begin(entry(as, Kind.HARD_LINK, stat, 0, first, Map.of()));
    return true;
  }

  private void writeSymlink(Fd dir, String name, String as, FileStat stat) {
    try {
      String target = At.readlink(dir, name);
      tar.begin(entry(as, Kind.SYMBOLIC_LINK, stat, 0, target, Map.of()));
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.EINVAL)) {
        throw e; // else it vanished, or is none any more
      }
    }
  }

  private void writeNode(Fd dir, String name, String as, FileStat stat) {
    Kind kind =
        switch (stat.type()) {
          case CHARACTER_DEVICE -> Kind.CHARACTER_DEVICE;
          case BLOCK_DEVICE -> Kind.BLOCK_DEVICE;
          default -> Kind.FIFO;
        };
    boolean whiteout = stat.type() == FileType.CHARACTER_DEVICE && stat.special().encoded() == 0;
    if (content == Content.OVERLAY_UPPER && whiteout) {
      int slash = as.lastIndexOf('/') + 1;
      writeMark(as.substring(0, slash) + WHITEOUT + as.substring(slash), stat.modified());
      return;
    }
    tar.begin(entry(as, kind, stat, 0, "", attributes(dir, name)));
  }

  private static Map<String, byte[]> attributes(Fd dir, String name) {
    List<String> names = Xattr.list(dir, name);
    if (names.isEmpty()) {
      return Map.of();
    }
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    for (String attribute : names) {
      if (attribute.equals(CAPABILITY)
          || (attribute.startsWith("user.") && !attribute.startsWith("user.overlay."))) {
        Xattr.get(dir, name, attribute).ifPresent(value -> attributes.put(attribute, value));
      }
    }
    return attributes;
  }

  private TarEntry entry(
      String name,
      Kind kind,
      FileStat stat,
      long sizeBytes,
      String linkName,
      Map<String, byte[]> attributes) {
    return new TarEntry(
        name,
        kind,
        stat.permissions(),
        uid(stat.uid()),
        gid(stat.gid()),
        sizeBytes,
        stat.modified(),
        Optional.empty(),
        linkName,
        kind == Kind.CHARACTER_DEVICE || kind == Kind.BLOCK_DEVICE
            ? stat.special()
            : TarEntry.NO_DEVICE,
        attributes,
        Optional.empty());
  }
}
