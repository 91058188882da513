package gantry.cli.copy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// A file, or a tree of them, as an archive whose first component has a name of its own.
///
/// @param followLink whether a symbolic link at the top is replaced by what it points to; links
///   below stay links
public record TarEntries(Placement from, Placement.Rename rename, boolean followLink) {

  private static final int BLOCK = 512;

  /// Which files of a tree are packed. Names are relative to the tree's root.
  public interface Filter {
    boolean packs(String name);

    /// Whether anything may be packed in a directory that is not packed itself.
    boolean entersUnpacked(String directory);
  }

  private static final Filter ALL =
      new Filter() {
        @Override
        public boolean packs(String name) {
          return true;
        }

        @Override
        public boolean entersUnpacked(String directory) {
          return true;
        }
      };

  /// Packs all of it.
  public void writeTo(OutputStream out) throws IOException {
    Path root = LocalTree.absolute(from.path());
    if (followLink || from.directory()) {
      root = root.toRealPath();
    }
    pack(out, root, rename.to(), ALL);
  }

  /// Packs what is in a directory, by names relative to it, without an entry for itself.
  public static void writeContents(OutputStream out, Path directory, Filter filter)
      throws IOException {
    pack(out, directory.toRealPath(), "", filter);
  }

  private static void pack(OutputStream out, Path root, String top, Filter filter)
      throws IOException {
    TarArchiveOutputStream tar = new TarArchiveOutputStream(out, BLOCK, "UTF-8");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
    Files.walkFileTree(root, new Packer(tar, root, top, filter));
    tar.finish();
    tar.flush();
  }

  private static final class Packer extends SimpleFileVisitor<Path> {
    private final TarArchiveOutputStream tar;
    private final Path root;
    private final String top;
    private final Filter filter;
    private final Map<Object, String> hardLinks = new HashMap<>();

    Packer(TarArchiveOutputStream tar, Path root, String top, Filter filter) {
      this.tar = tar;
      this.root = root;
      this.top = top;
      this.filter = filter;
    }

    private String name(Path path) {
      String below = root.relativize(path).toString();
      return below.isEmpty() || top.isEmpty() ? top + below : top + "/" + below;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      String below = root.relativize(directory).toString();
      if (!below.isEmpty() && !filter.packs(below)) {
        return filter.entersUnpacked(below)
            ? FileVisitResult.CONTINUE
            : FileVisitResult.SKIP_SUBTREE;
      }
      if (name(directory).isEmpty()) {
        return FileVisitResult.CONTINUE;
      }
      TarArchiveEntry entry = new TarArchiveEntry(name(directory) + "/", TarConstants.LF_DIR, true);
      describe(entry, directory);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (!filter.packs(root.relativize(file).toString())) {
        return FileVisitResult.CONTINUE;
      }
      if (attributes.isSymbolicLink()) {
        TarArchiveEntry entry = new TarArchiveEntry(name(file), TarConstants.LF_SYMLINK, true);
        entry.setLinkName(Files.readSymbolicLink(file).toString());
        describe(entry, file);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      } else if (attributes.isRegularFile()) {
        pack(file, attributes);
      }
      // sockets, pipes and devices have no contents to copy
      return FileVisitResult.CONTINUE;
    }

    private void pack(Path file, BasicFileAttributes attributes) throws IOException {
      boolean shared = (int) Files.getAttribute(file, "unix:nlink") > 1;
      Object key = attributes.fileKey();
      String earlier = shared && key != null ? hardLinks.putIfAbsent(key, name(file)) : null;
      TarArchiveEntry entry =
          new TarArchiveEntry(
              name(file), earlier == null ? TarConstants.LF_NORMAL : TarConstants.LF_LINK, true);
      describe(entry, file);
      if (earlier != null) {
        entry.setLinkName(earlier);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
        return;
      }
      entry.setSize(attributes.size());
      tar.putArchiveEntry(entry);
      Files.copy(file, tar);
      tar.closeArchiveEntry();
    }

    private static void describe(TarArchiveEntry entry, Path path) throws IOException {
      Map<String, Object> unix =
          Files.readAttributes(
              path, "unix:mode,uid,gid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
      entry.setMode((int) unix.getOrDefault("mode", 0) & 07777);
      entry.setUserId((int) unix.getOrDefault("uid", 0));
      entry.setGroupId((int) unix.getOrDefault("gid", 0));
      entry.setModTime(Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS));
    }
  }
}
