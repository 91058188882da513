package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.linux.process.IdMap;
import gantry.linux.process.IdMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads the ids that belong to a user beside his own: `/etc/subuid` and `/etc/subgid`, whose lines
/// are `name:first:count`. See subuid(5). For Docker's own user `dockremap` a line is added where
/// there is none, since that user is nobody but the owner of these ids.
final class SubordinateIds {
  private static final String DEFAULT_USER = "dockremap";
  private static final long ID_END = 0xffff_ffffL;
  private static final long FIRST_ID = 100_000; // SUB_UID_MIN of login.defs(5)
  private static final long COUNT = 65_536;

  private final Path etc;

  SubordinateIds(Path etc) {
    this.etc = etc;
  }

  /// The maps of containers' user namespaces: all ids of the user, one range after the other, begin
  /// with root.
  ///
  /// @param text `default`, `user` or `user:group`, by name or number
  /// @throws EngineException `INVALID_ARGUMENT`, saying which file lacks what
  IdMaps maps(String text) {
    int colon = text.indexOf(':');
    String user = colon < 0 ? text : text.substring(0, colon);
    String group = colon < 0 ? text : text.substring(colon + 1);
    if (user.isEmpty() || group.isEmpty() || group.indexOf(':') >= 0) {
      throw invalid(
          "invalid userns-remap '%s': expected default, USER or USER:GROUP".formatted(text));
    }
    if (text.equals("default")) {
      user = DEFAULT_USER;
      group = DEFAULT_USER;
      reserve("subuid");
      reserve("subgid");
    }
    return new IdMaps(map("subuid", "passwd", user), map("subgid", "group", group));
  }

  /// Adds ids for the default user that are nobody else's: one write at the end of the file.
  private void reserve(String file) {
    Path path = etc.resolve(file);
    try {
      String text = Files.exists(path) ? Files.readString(path) : "";
      if (text.lines().anyMatch(line -> line.startsWith(DEFAULT_USER + ":"))) {
        return;
      }
      String line =
          "%s%s:%d:%d\n"
              .formatted(
                  text.isEmpty() || text.endsWith("\n") ? "" : "\n",
                  DEFAULT_USER,
                  free(text, file),
                  COUNT);
      Files.writeString(
          path,
          line,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND,
          StandardOpenOption.SYNC);
    } catch (IOException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "userns-remap: cannot add ids for '%s' to %s: %s"
              .formatted(DEFAULT_USER, path, e.getMessage()),
          e);
    }
  }

  /// The first id behind all that somebody has.
  private long free(String text, String file) {
    long free = FIRST_ID;
    for (String line : text.lines().toList()) {
      String[] fields = line.split(":", -1);
      if (fields.length == 3) {
        free = Math.max(free, number(fields[1], file, line) + number(fields[2], file, line));
      }
    }
    if (free + COUNT > ID_END) {
      throw invalid("userns-remap: %s has no ids left".formatted(etc.resolve(file)));
    }
    return free;
  }

  private IdMap map(String file, String accounts, String name) {
    Optional<String> account = account(accounts, name);
    List<IdMap.Range> ranges = new ArrayList<>();
    long inside = 0;
    for (String line : lines(file)) {
      String[] fields = line.split(":", -1);
      if (fields.length != 3
          || !(fields[0].equals(name) || account.filter(fields[0]::equals).isPresent())) {
        continue;
      }
      long first = number(fields[1], file, line);
      long count = number(fields[2], file, line);
      if (count == 0 || first + count > ID_END) {
        throw invalid("invalid line '%s' in %s".formatted(line, etc.resolve(file)));
      }
      ranges.add(new IdMap.Range(inside, first, count));
      inside += count;
    }
    if (ranges.isEmpty()) {
      throw invalid(
          "userns-remap: %s has no ids for '%s'; add a line such as %s:231072:65536"
              .formatted(etc.resolve(file), name, name));
    }
    return new IdMap(ranges);
  }

  /// The other way to name who is meant: the name for a number, the number for a name.
  private Optional<String> account(String file, String name) {
    for (String line : lines(file)) {
      String[] fields = line.split(":", -1);
      if (fields.length > 2 && fields[0].equals(name)) {
        return Optional.of(fields[2]);
      }
      if (fields.length > 2 && fields[2].equals(name)) {
        return Optional.of(fields[0]);
      }
    }
    return Optional.empty();
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(etc.resolve(file));
    } catch (IOException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "userns-remap: cannot read %s: %s".formatted(etc.resolve(file), e.getMessage()),
          e);
    }
  }

  private long number(String text, String file, String line) {
    if (!text.matches("[0-9]{1,10}")) {
      throw invalid("invalid line '%s' in %s".formatted(line, etc.resolve(file)));
    }
    return Long.parseLong(text);
  }

  private static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }
}
