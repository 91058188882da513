package gantry.cli;

import gantry.cli.api.Daemon;
import gantry.cli.http.Endpoint;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Starts Gantry's own daemon in the background when nobody answers on its socket.
///
/// Only root can run the daemon, so that for others nothing is tried.
final class DaemonStarter implements Daemon.Starter {

  private static final long PATIENCE_MILLIS = 15_000;
  private static final Path LOG = Path.of("/var/log/gantry.log");

  private final Endpoint endpoint;
  private final PrintStream err;

  DaemonStarter(Endpoint endpoint, PrintStream err) {
    this.endpoint = endpoint;
    this.err = err;
  }

  @Override
  public boolean start() throws IOException {
    String launcher = System.getProperty("gantry.launcher", "");
    if (launcher.isEmpty() || !isRoot()) {
      return false;
    }
    err.print("gantry: starting the daemon (log: " + LOG + ")\n");
    Process daemon =
        new ProcessBuilder(List.of("setsid", launcher, "daemon"))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
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
            "the daemon ended at once with code "
                + daemon.exitValue()
                + "; the reason is in "
                + LOG);
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    throw new IOException(
        "the daemon was started and does not answer at " + endpoint + " yet; see " + LOG);
  }

  private boolean answers() {
    try (SocketChannel channel = endpoint.connect()) {
      return channel.isConnected();
    } catch (IOException _) {
      return false; // not listening yet
    }
  }

  private static boolean isRoot() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
  }
}
