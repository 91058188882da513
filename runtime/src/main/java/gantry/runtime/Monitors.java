package gantry.runtime;

import gantry.linux.process.PidFd;
import gantry.linux.process.ProcessStat;
import gantry.linux.process.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The monitors of processes whose start nobody wrote down, because the engine was killed between
/// the start and the writing.
///
/// Such a monitor would keep its process's output for a reader who never comes. It is known by the
/// exit record that it holds open, which lies in the directory of its launch.
public final class Monitors {
  private static final String COMMAND = "gantry-monitor\n";

  private Monitors() {}

  /// Ends each monitor whose exit record is in a directory beneath `directory` that is not named in
  /// `keep`. What it monitored is left to whoever removes its cgroup.
  public static void sweep(Path directory, Set<String> keep) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      processes
          .filter(process -> Character.isDigit(name(process).charAt(0)))
          .filter(Monitors::monitor)
          .filter(process -> launch(process, directory).filter(l -> !keep.contains(l)).isPresent())
          .forEach(process -> end(Integer.parseInt(name(process))));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list /proc", e);
    }
  }

  private static boolean monitor(Path process) {
    try {
      return Files.readString(process.resolve("comm")).equals(COMMAND);
    } catch (IOException _) { // it has ended
      return false;
    }
  }

  /// The name of the launch beneath `directory` whose exit record the process has open.
  private static Optional<String> launch(Path process, Path directory) {
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      return descriptors
          .flatMap(descriptor -> target(descriptor).stream())
          .filter(file -> file.startsWith(directory) && !file.equals(directory))
          .map(file -> directory.relativize(file).getName(0).toString())
          .findFirst();
    } catch (IOException | UncheckedIOException _) { // it has ended
      return Optional.empty();
    }
  }

  private static Optional<Path> target(Path descriptor) {
    try {
      return Optional.of(Files.readSymbolicLink(descriptor));
    } catch (IOException _) { // closed meanwhile
      return Optional.empty();
    }
  }

  private static void end(int pid) {
    ProcessStat.of(pid)
        .flatMap(stat -> PidFd.open(pid, stat.startTicks()))
        .ifPresent(
            monitor -> {
              try (monitor) {
                monitor.signal(Signal.KILL);
              }
            });
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
