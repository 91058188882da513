package gantry.engine.local;

import gantry.engine.container.ContainerView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The lines of `ps -ef`, read from /proc, for hosts that have no `ps`.
final class ProcessLines {
  private ProcessLines() {}

  static List<String> ofMachine(ContainerView view) {
    List<String> lines = new ArrayList<>(List.of("UID PID PPID C STIME TTY TIME CMD"));
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      processes
          .filter(path -> path.getFileName().toString().chars().allMatch(c -> c >= '0' && c <= '9'))
          .forEach(path -> add(path, lines));
    } catch (IOException e) {
      throw Failures.of("cannot list the processes of container " + view.name(), e);
    }
    return lines;
  }

  private static void add(Path process, List<String> lines) {
    try {
      String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      String command =
          Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
              .replace('\0', ' ')
              .strip();
      String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      String owner = Files.getAttribute(process, "unix:uid").toString();
      long seconds = (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100;
      lines.add(
          "%s %s %s 0 ? ? %02d:%02d:%02d %s"
              .formatted(
                  owner,
                  process.getFileName(),
                  fields[1],
                  seconds / 3600,
                  seconds / 60 % 60,
                  seconds % 60,
                  command.isEmpty() ? "[" + name + "]" : command));
    } catch (IOException _) { // it ended meanwhile
    }
  }
}
