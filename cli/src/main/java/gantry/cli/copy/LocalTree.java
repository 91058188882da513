package gantry.cli.copy;

import gantry.cli.command.CliException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// Files on this machine, as the source and the destination of a copy.
public final class LocalTree {

  private static final int PERMISSIONS = 07777;

  private LocalTree() {}

  /// The path made absolute; the end that tells `x` from `x/` and `x/.` is gone.
  public static Path absolute(String path) {
    return Path.of(path).toAbsolutePath().normalize();
  }

  /// What is at a destination, links followed.
  ///
  /// @throws CliException when the directory that it would be in does not exist
  public static Placement placement(String path) {
    Path absolute = absolute(path);
    String end = path.endsWith("/") ? "/" : path.endsWith("/.") ? "/." : "";
    boolean exists = Files.exists(absolute);
    if (!exists && absolute.getParent() != null && !Files.isDirectory(absolute.getParent())) {
      throw new CliException(
          "invalid output path: directory \"" + absolute.getParent() + "\" does not exist");
    }
    return new Placement(absolute + end, exists, Files.isDirectory(absolute));
  }

  /// What is at a source.
  public static Placement source(String path, boolean followLink) {
    Path absolute = absolute(path);
    boolean throughDirectory = path.endsWith("/") || path.endsWith("/.");
    LinkOption[] options =
        followLink || throughDirectory
            ? new LinkOption[0]
            : new LinkOption[] {LinkOption.NOFOLLOW_LINKS};
    if (!Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw new CliException("lstat " + absolute + ": no such file or directory");
    }
    String end = path.endsWith("/.") || path.equals(".") ? "/." : "";
    return new Placement(absolute + end, true, Files.isDirectory(absolute, options));
  }

  /// Unpacks an archive that a container sent.
  ///
  /// Nothing is written outside the destination: names that climb out of it are refused, and no
  /// entry is written through a symbolic link that the archive itself made.
  ///
  /// @param owners whether user and group are set too
  public static void unpack(
      InputStream archive, Placement.Renamed from, Placement to, boolean owners)
      throws IOException {
    Placement.Target target = from.into(to);
    Path root = absolute(target.directory()).toRealPath();
    Map<Path, FileTime> directoryTimes = new HashMap<>();
    List<Path> directories = new ArrayList<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(archive, "UTF-8")) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        Path path = inside(root, target.rename().apply(entry.getName()));
        write(in, entry, path, root, target.rename());
        if (owners && !entry.isLink()) {
          Files.setAttribute(
              path, "unix:uid", (int) entry.getLongUserId(), LinkOption.NOFOLLOW_LINKS);
          Files.setAttribute(
              path, "unix:gid", (int) entry.getLongGroupId(), LinkOption.NOFOLLOW_LINKS);
        }
        if (entry.isDirectory()) {
          directories.add(path);
          directoryTimes.put(path, entry.getLastModifiedTime());
        }
      }
    }
    for (Path directory :
        directories.reversed()) { // last, since every file written within changes it
      Files.setLastModifiedTime(
          directory, directoryTimes.getOrDefault(directory, FileTime.fromMillis(0)));
    }
  }

  private static Path inside(Path root, String name) throws IOException {
    Path path = root.resolve(name.startsWith("/") ? name.substring(1) : name).normalize();
    if (!path.startsWith(root)) {
      throw new IOException(
          "the archive's entry '" + name + "' leads out of " + root + "; nothing more is unpacked");
    }
    Path parent = path.equals(root) ? root : path.getParent();
    if (parent != null && Files.exists(parent) && !parent.toRealPath().equals(parent)) {
      throw new IOException(
          "the archive's entry '"
              + name
              + "' leads through a symbolic link; nothing more is unpacked");
    }
    return path;
  }

  private static void write(
      TarArchiveInputStream in,
      TarArchiveEntry entry,
      Path path,
      Path root,
      Placement.Rename rename)
      throws IOException {
    if (entry.isDirectory()) {
      makeDirectory(path);
      setAttributes(entry, path);
      return;
    }
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("cannot overwrite directory \"" + path + "\" with non-directory");
    }
    Files.deleteIfExists(path);
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.createLink(path, inside(root, rename.apply(entry.getLinkName())));
    } else if (entry.isFile()) {
      Files.copy(in, path, StandardCopyOption.REPLACE_EXISTING);
      setAttributes(entry, path);
    }
    // devices and pipes are passed over: a copy of a container's files brings no device nodes to
    // this machine
  }

  private static void makeDirectory(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw new IOException("cannot overwrite non-directory \"" + path + "\" with directory", e);
    }
  }

  private static void setAttributes(TarArchiveEntry entry, Path path) throws IOException {
    Files.setAttribute(path, "unix:mode", entry.getMode() & PERMISSIONS, LinkOption.NOFOLLOW_LINKS);
    Files.setLastModifiedTime(path, entry.getLastModifiedTime());
  }
}
