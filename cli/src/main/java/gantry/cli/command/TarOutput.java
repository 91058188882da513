package gantry.cli.command;

import gantry.cli.terminal.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Where an archive goes: a file that appears when it is whole, or standard output unless that is a
/// terminal.
public final class TarOutput {

  private static final String REFUSAL =
      "cowardly refusing to save to a terminal. Use the -o flag or redirect";

  private TarOutput() {}

  /// Refuses early: before the daemon is asked.
  ///
  /// @param file empty for standard output
  public static void check(String file) {
    if (file.isEmpty()) {
      if (StandardStream.OUT.isTerminal()) {
        throw new CliException(REFUSAL);
      }
      return;
    }
    Path path = Path.of(file).toAbsolutePath();
    Path directory = path.getParent();
    if (Files.isDirectory(path)) {
      throw new CliException(
          "failed to save image: invalid output path: \"" + file + "\" must be a regular file");
    }
    if (directory == null || !Files.isDirectory(directory)) {
      throw new CliException(
          "failed to save image: invalid output path: directory \""
              + (directory == null ? "/" : directory)
              + "\" does not exist");
    }
  }

  /// Copies the archive to its place.
  public static void copy(Session session, InputStream archive, String file) throws IOException {
    if (file.isEmpty()) {
      session.out().flush();
      archive.transferTo(session.streams().rawOut());
      return;
    }
    Path target = Path.of(file).toAbsolutePath();
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      try (OutputStream out =
          Files.newOutputStream(target)) { // a device or a pipe cannot be replaced by renaming
        archive.transferTo(out);
      }
      return;
    }
    Path partial =
        target.resolveSibling(".tmp-" + target.getFileName() + "-" + ProcessHandle.current().pid());
    try {
      try (OutputStream out = Files.newOutputStream(partial)) {
        archive.transferTo(out);
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
