package gantry.cli;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.http.Endpoint;
import gantry.cli.http.Wire;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// Starts Gantry's own daemon in the background when nobody answers on its socket: as systemd's
/// service where that is installed, else as a process of its own.
///
/// Only root can run the daemon, so that others are told so. The distribution's launcher is found
/// by `gantry.home`, the system property that it sets. Of several clients that find no daemon at
/// the same time one starts it.
final class DaemonStarter implements Daemon.Starter {
  private static final Path LOCK = Path.of("/run/gantry-start.lock");
  private static final Path LOG = Path.of("/var/log/gantry.log");
  private static final String UNIT = "gantry.service";
  private static final List<String> UNIT_FOLDERS = // systemd.unit(5)
      List.of(
          "/etc/systemd/system",
          "/run/systemd/system",
          "/usr/local/lib/systemd/system",
          "/usr/lib/systemd/system",
          "/lib/systemd/system");
  private static final int TAIL_BYTES = 4096;
  private static final int TAIL_LINES = 10;

  private final Endpoint endpoint;
  private final PrintStream err;
  private final BooleanSupplier root;
  private final Path log;
  private final Waiting waiting;

  /// @param quiet how long nothing is said about waiting
  /// @param patience how long a daemon that lives may take before it answers
  record Waiting(Duration quiet, Duration patience) {}

  /// @param root whether this user may run the daemon
  /// @param log what the started command prints is added to it
  DaemonStarter(
      Endpoint endpoint, PrintStream err, BooleanSupplier root, Path log, Waiting waiting) {
    this.endpoint = endpoint;
    this.err = err;
    this.root = root;
    this.log = log;
    this.waiting = waiting;
  }

  static DaemonStarter of(Endpoint endpoint, PrintStream err) {
    // It listens after a second; a machine that is busy, or emulated, takes its time.
    Waiting waiting = new Waiting(Duration.ofSeconds(5), Duration.ofMinutes(3));
    return new DaemonStarter(endpoint, err, DaemonStarter::isRoot, LOG, waiting);
  }

  @Override
  public boolean start() throws IOException {
    if (!root.getAsBoolean()) {
      throw new DaemonException(
          DaemonException.UNREACHABLE,
          "no daemon answers at "
              + endpoint
              + ", and only root may start one: run \"sudo gantry daemon\", or this command with sudo");
    }
    Path launcher = Path.of(System.getProperty("gantry.home", ""), "bin", "gantry");
    if (!Files.isExecutable(launcher)) {
      return false;
    }
    try (FileChannel file =
            FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = file.lock()) {
      return answers() || (isService() ? startService() : startProcess(launcher));
    }
  }

  // A second daemon beside a service that is just restarting would be in its way.
  private static boolean isService() {
    return Files.isDirectory(Path.of("/run/systemd/system")) // sd_booted(3)
        && UNIT_FOLDERS.stream().anyMatch(folder -> Files.exists(Path.of(folder, UNIT)));
  }

  private boolean startService() throws IOException {
    err.print("gantry: no daemon answers, starting " + UNIT + " (its log: journalctl -u gantry)\n");
    return start(List.of("systemctl", "start", UNIT));
  }

  private boolean startProcess(Path launcher) throws IOException {
    err.print("gantry: no daemon answers, starting one (its log: " + log + ")\n");
    return start(List.of("setsid", launcher.toString(), "daemon"));
  }

  /// Runs the command that is the daemon, or starts it, and waits until the daemon answers.
  ///
  /// @throws IOException with the end of its log if the command ends and nobody answers
  boolean start(List<String> command) throws IOException {
    long logged = Files.exists(log) ? Files.size(log) : 0;
    Process process =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true)
            .start();
    return await(process, logged);
  }

  private boolean await(Process process, long logged) throws IOException {
    long started = System.nanoTime();
    boolean told = false;
    while (!answers()) {
      Duration waited = Duration.ofNanos(System.nanoTime() - started);
      if (!process.isAlive() && !answers()) {
        throw new IOException(
            "the daemon ended with code %d before it answered%s"
                .formatted(process.exitValue(), tail(logged)));
      }
      if (waited.compareTo(waiting.patience) > 0) {
        throw new IOException(
            "the daemon was started and does not answer at %s after %d s; it is still at it, see %s"
                .formatted(endpoint, waited.toSeconds(), log));
      }
      if (!told && waited.compareTo(waiting.quiet) > 0) {
        told = true;
        err.print("gantry: still waiting for the daemon to answer\n");
      }
      try {
        Thread.sleep(Math.clamp(waited.toMillis() / 20, 5, 100));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /// The last lines that were logged after the first `start` bytes.
  private String tail(long start) throws IOException {
    try (SeekableByteChannel file = Files.newByteChannel(log)) {
      file.position(Math.max(start, file.size() - TAIL_BYTES));
      ByteBuffer bytes = ByteBuffer.allocate(TAIL_BYTES);
      while (bytes.hasRemaining() && file.read(bytes) >= 0) {}
      String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
      List<String> lines = text.strip().lines().toList();
      Stream<String> last = lines.stream().skip(Math.max(lines.size() - TAIL_LINES, 0));
      return lines.isEmpty() ? "" : ":\n" + String.join("\n", last.toList());
    }
  }

  private boolean answers() {
    try (Wire wire = endpoint.connect()) {
      return wire.isOpen();
    } catch (IOException _) {
      return false; // not listening yet
    }
  }

  private static boolean isRoot() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
