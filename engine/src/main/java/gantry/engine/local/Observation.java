package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.container.ProcessTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a container's processes are, as `ps` on the host shows them.
final class Observation {
  private final Rooms rooms;

  Observation(Rooms rooms) {
    this.rooms = rooms;
  }

  /// Runs `ps` with the user's arguments, and keeps the lines of the container's processes.
  ProcessTable top(Container container, List<String> psArguments) {
    ContainerView view = container.view();
    ActiveRun run = Lifecycle.running(container);
    Set<Integer> pids = new HashSet<>(rooms.groups().processes(run.process().record().cgroup()));
    List<String> command = new ArrayList<>(List.of("ps"));
    command.addAll(psArguments.isEmpty() ? List.of("-ef") : psArguments);
    List<String> lines = run(command, view);
    if (lines.isEmpty()) {
      throw new EngineException(ErrorKind.INTERNAL, "Error running ps: it printed nothing");
    }
    List<String> titles = List.of(lines.getFirst().strip().split("\\s+", -1));
    int pidColumn = titles.indexOf("PID");
    if (pidColumn < 0) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, "Couldn't find PID field in ps output");
    }
    List<List<String>> rows = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      List<String> fields = List.of(line.strip().split("\\s+", titles.size()));
      if (fields.size() > pidColumn && pids.contains(number(fields.get(pidColumn)))) {
        rows.add(fields);
      }
    }
    return new ProcessTable(titles, rows);
  }

  private static List<String> run(List<String> command, ContainerView view) {
    try {
      Process ps = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.PIPE).start();
      ps.getOutputStream().close();
      String output = new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String errors = new String(ps.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      if (ps.waitFor() != 0 && output.isBlank()) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT, "Error running ps: " + errors.strip());
      }
      return output.lines().toList();
    } catch (IOException _) { // no ps on this host: our own, which knows the default form
      return ProcessLines.ofMachine(view);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(ErrorKind.UNAVAILABLE, "interrupted while ps ran", e);
    }
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException _) { // a line of threads without a pid
      return -1;
    }
  }

  /// Whether the pid's directory is there.
  static boolean alive(int pid) {
    return Files.exists(Path.of("/proc", Integer.toString(pid)));
  }
}
