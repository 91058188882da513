package gantry.acceptance.harness;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// How a program ended and what it wrote.
@SuppressWarnings("ArrayRecordComponent") // results are read, never compared
public record Result(List<String> command, int exit, byte[] stdoutBytes, byte[] stderrBytes) {
  /// What it wrote to stdout.
  public String stdout() {
    return new String(stdoutBytes, StandardCharsets.UTF_8);
  }

  /// What it wrote to stderr.
  public String stderr() {
    return new String(stderrBytes, StandardCharsets.UTF_8);
  }

  /// Stdout without the white space around it.
  public String text() {
    return stdout().strip();
  }

  /// The lines of stdout.
  public List<String> lines() {
    return stdout().lines().toList();
  }

  /// This result, when it ended with `code`.
  public Result expect(int code) {
    if (exit != code) {
      throw new AssertionError(this + "\nexpected exit code " + code);
    }
    return this;
  }

  @Override
  public String toString() {
    return "%s\nexit code %d\nstdout: %s\nstderr: %s"
        .formatted(String.join(" ", command), exit, stdout(), stderr());
  }
}
