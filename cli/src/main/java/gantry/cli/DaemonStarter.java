package gantry.cli;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.http.Endpoint;
import gantry.cli.http.Wire;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Starts Gantry's own daemon in the background when nobody answers on its socket.
///
/// Only root can run the daemon, so that others are told so. The distribution's launcher is found
/// by `gantry.home`, the system property that it sets.
final class DaemonStarter implements Daemon.Starter {

  private static final long PATIENCE_MILLIS = 20_000;
  private static final long LOOK_MILLIS = 5;
  private static final Path LOG = Path.of("/var/log/gantry.log");

  private final Endpoint endpoint;
  private final PrintStream err;

  private final BooleanSupplier root;

  DaemonStarter(Endpoint endpoint, PrintStream err, BooleanSupplier root) {
    this.endpoint = endpoint;
    this.err = err;
    this.root = root;
  }

  static DaemonStarter of(Endpoint endpoint, PrintStream err) {
    return new DaemonStarter(endpoint, err, DaemonStarter::isRoot);
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
    err.print("gantry: no daemon answers, starting one (its log: " + LOG + ")\n");
    Process daemon =
        new ProcessBuilder(List.of("setsid", launcher.toString(), "daemon"))
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(LOG.toFile()))
            .redirectErrorStream(true)
            .start();
    return await(daemon);
  }

  private boolean await(Process daemon) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    while (System.nanoTime() < deadline) {
      if (answers()) {
        return true;
      }
      if (!daemon.isAlive() && daemon.exitValue() != 0) {
        throw new IOException(
            "the daemon ended at once, with code "
                + daemon.exitValue()
                + "; the reason is in "
                + LOG);
      }
      try {
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    throw new IOException(
        "the daemon was started and does not answer at " + endpoint + " yet; see " + LOG);
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
