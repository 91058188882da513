package gantry.acceptance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A program that runs beside the test: its output can be read and its stdin written while it does.
public final class Background implements AutoCloseable {
  private final List<String> command;
  private final Process process;
  private final Subprocess.Drain out;
  private final Subprocess.Drain err;

  /// Starts `command`, with `environment` added to ours.
  public Background(List<String> command, Map<String, String> environment) {
    this.command = command;
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command, e);
    }
    out = new Subprocess.Drain(process.getInputStream());
    err = new Subprocess.Drain(process.getErrorStream());
  }

  /// What it wrote to stdout so far.
  public String stdout() {
    return out.text();
  }

  /// What it wrote to stderr so far.
  public String stderr() {
    return err.text();
  }

  /// Its process.
  public ProcessHandle process() {
    return process.toHandle();
  }

  /// Writes to its stdin.
  public Background type(String text) {
    try {
      process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to " + this, e);
    }
  }

  /// Ends its stdin.
  public Background endInput() {
    try {
      process.getOutputStream().close();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close stdin of " + this, e);
    }
  }

  /// Waits until stdout holds `text`.
  public Background awaitOutput(String text) {
    Await.until(
        "'%s' from %s".formatted(text, command), this::toString, () -> out.text().contains(text));
    return this;
  }

  /// Sends it a signal, as `kill -NAME`.
  public Background signal(String name) {
    Subprocess.run(List.of("kill", "-" + name, Long.toString(process.pid()))).expect(0);
    return this;
  }

  /// Waits for its end.
  public Result end() {
    return end(Duration.ofSeconds(30));
  }

  /// The same with a deadline of its own.
  public Result end(Duration deadline) {
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("did not end within %s: %s".formatted(deadline, this));
      }
      return new Result(command, process.exitValue(), out.rest(), err.rest());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + command, e);
    } finally {
      close();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    return "%s\nstdout so far: %s\nstderr so far: %s"
        .formatted(String.join(" ", command), stdout(), stderr());
  }
}
