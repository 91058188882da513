package gantry.acceptance.harness;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A program run to its end, with a deadline.
public final class Subprocess {
  /// How long any program of a test may take.
  public static final Duration DEADLINE = Duration.ofSeconds(60);

  private Subprocess() {}

  /// Runs `command` with nothing on its stdin.
  public static Result run(List<String> command) {
    return run(command, Map.of(), new byte[0]);
  }

  /// Runs `command` with `stdin`, and `environment` added to ours.
  public static Result run(List<String> command, Map<String, String> environment, byte[] stdin) {
    return run(command, environment, stdin, DEADLINE);
  }

  /// The same with a deadline of its own.
  public static Result run(
      List<String> command, Map<String, String> environment, byte[] stdin, Duration deadline) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      Drain out = new Drain(process.getInputStream());
      Drain err = new Drain(process.getErrorStream());
      Thread.startVirtualThread(() -> feed(process, stdin));
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            "%s did not end within %s; stdout: %s stderr: %s"
                .formatted(command, deadline, out.text(), err.text()));
      }
      return new Result(command, process.exitValue(), out.rest(), err.rest());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while running " + command, e);
    }
  }

  private static void feed(Process process, byte[] stdin) {
    try (var to = process.getOutputStream()) {
      to.write(stdin);
    } catch (IOException _) {
      // The program ended without reading all of it: its exit code tells.
    }
  }

  /// Collects a stream on a thread of its own.
  static final class Drain {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Thread thread;

    Drain(InputStream from) {
      thread = Thread.startVirtualThread(() -> copy(from));
    }

    private void copy(InputStream from) {
      byte[] buffer = new byte[8192];
      try {
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
          synchronized (bytes) {
            bytes.write(buffer, 0, n);
          }
        }
      } catch (IOException _) {
        // Closed by a program that was killed: what came until then counts.
      }
    }

    /// What came so far.
    String text() {
      synchronized (bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
      }
    }

    /// All of it, once the writing side is closed.
    byte[] rest() throws InterruptedException {
      // A background child may hold the pipe open after the program's end: its output is not waited
      // for.
      thread.join(Duration.ofSeconds(5));
      synchronized (bytes) {
        return bytes.toByteArray();
      }
    }
  }
}
