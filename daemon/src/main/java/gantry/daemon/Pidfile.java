package gantry.daemon;

import gantry.daemon.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// The file that holds the daemon's process id while it runs.
///
/// A file left behind by a process that is gone is taken over.
final class Pidfile implements AutoCloseable {
  private final Path path;

  private Pidfile(Path path) {
    this.path = path;
  }

  static Pidfile create(Path path) throws IOException {
    Optional<Long> other = read(path).filter(Pidfile::alive);
    if (other.isPresent()) {
      throw new ConfigException(
          "process with PID %d is still running: ensure that no other daemon runs, or delete %s"
              .formatted(other.get(), path));
    }
    if (path.getParent() != null) {
      Files.createDirectories(path.getParent());
    }
    Files.writeString(path, Long.toString(ProcessHandle.current().pid()));
    return new Pidfile(path);
  }

  private static Optional<Long> read(Path path) throws IOException {
    try {
      String text = Files.readString(path).strip();
      return text.matches("\\d{1,9}") ? Optional.of(Long.valueOf(text)) : Optional.empty();
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  // Process ids are used again: a process that is no Java is not the daemon that wrote the file.
  private static boolean alive(long pid) {
    if (pid == ProcessHandle.current().pid()) {
      return false;
    }
    try {
      // One that was killed and not yet waited for is a zombie: it has ended.
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      int nameEnd = stat.lastIndexOf(')');
      String name = stat.substring(stat.indexOf('(') + 1, nameEnd);
      boolean ended = stat.startsWith(") Z", nameEnd);
      return !ended && (name.equals("java") || name.startsWith("gantry"));
    } catch (IOException _) {
      // Gone.
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    if (read(path).equals(Optional.of(ProcessHandle.current().pid()))) {
      Files.deleteIfExists(path);
    }
  }
}
