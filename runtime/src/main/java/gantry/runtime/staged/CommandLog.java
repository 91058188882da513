package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.oci.Json;
import gantry.runtime.Exit;
import gantry.runtime.LaunchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/// What an OCI runtime's command says about a failure: lines of JSON in its log.
final class CommandLog {
  private CommandLog() {}

  static LaunchException failure(String runtime, Path log, Exit exit) {
    String message = lastError(log).orElse("it ended with code " + exit.code());
    return new LaunchException(
        kind(message),
        "%s: unable to start container process: %s".formatted(runtime, message),
        Errno.UNKNOWN);
  }

  static LaunchException.Kind kind(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    if ((text.contains("executable file") && text.contains("not found"))
        || text.contains("no such file or directory")) {
      return LaunchException.Kind.COMMAND_NOT_FOUND;
    }
    return text.contains("permission denied")
            || text.contains("is a directory")
            || text.contains("exec format error")
        ? LaunchException.Kind.COMMAND_NOT_EXECUTABLE
        : LaunchException.Kind.CONFIG;
  }

  private static Optional<String> lastError(Path log) {
    try {
      return Files.readAllLines(log).stream()
          .filter(line -> line.contains("\"error\"") || line.contains("\"fatal\""))
          .reduce((_, last) -> last)
          .map(CommandLog::message);
    } catch (NoSuchFileException _) { // it has ended before it could write
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
  }

  private static String message(String line) {
    try {
      return Json.mapper().readTree(line).path("msg").asText(line);
    } catch (IOException _) { // no JSON: show it as it is
      return line;
    }
  }
}
