package gantry.acceptance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Gantry's daemon out of the built distribution, on folders, a cgroup and a network namespace of
/// its own, so that several run side by side and what one leaves behind is told apart from the rest
/// of the machine.
public final class GantryDaemon implements Engine {
  private final Path folder;
  private final List<String> options;
  private Optional<Process> process = Optional.empty();

  private GantryDaemon(Path folder, List<String> options) {
    this.folder = folder;
    this.options = options;
  }

  /// Starts a daemon on fresh folders, with further command line options.
  public static GantryDaemon start(String... options) {
    GantryDaemon daemon = new GantryDaemon(scratch(), List.of(options));
    // A run that is interrupted must not leave a daemon behind.
    Runtime.getRuntime().addShutdownHook(new Thread(daemon::close));
    try {
      daemon.namespace();
      daemon.launch();
      return daemon;
    } catch (RuntimeException | Error e) {
      daemon.close();
      throw e;
    }
  }

  private static Path scratch() {
    try {
      return Files.createTempDirectory("gantry-e2e-");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a scratch folder", e);
    }
  }

  /// Starts the daemon again on the same folders and waits until it answers.
  public void launch() {
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + id()));
    command.add(Checkout.distribution().resolve("bin/gantry").toString());
    command.addAll(
        List.of(
            "daemon",
            "-H",
            host(),
            "--data-root",
            data().toString(),
            "--exec-root",
            exec().toString()));
    command.addAll(List.of("--pidfile", folder.resolve("pid").toString(), "--cgroup-parent", id()));
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()));
    try {
      Files.deleteIfExists(socket());
      Process started = builder.start();
      process = Optional.of(started);
      started.getOutputStream().close();
      Await.until(
          "the daemon's answer",
          Duration.ofSeconds(30),
          this::log,
          () -> answers() || !started.isAlive());
      if (!started.isAlive()) {
        throw new AssertionError("the daemon ended with " + started.exitValue() + ": " + log());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command, e);
    }
  }

  /// Kills it: SIGKILL, no goodbye.
  public void kill() {
    end(running().toHandle()::destroyForcibly, "SIGKILL");
  }

  /// Asks it to end: SIGTERM.
  public void stop() {
    end(running().toHandle()::destroy, "SIGTERM");
  }

  private void end(Runnable signal, String name) {
    signal.run();
    try {
      if (!running().waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the daemon lives on after " + name + ": " + log());
      }
      process = Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while the daemon ended", e);
    }
  }

  private Process running() {
    return process.orElseThrow(() -> new IllegalStateException("the daemon does not run"));
  }

  private boolean answers() {
    if (!Files.exists(socket())) {
      return false;
    }
    try {
      return new Http(socket()).get("/_ping").status() == 200;
    } catch (UncheckedIOException _) { // not listening yet
      return false;
    }
  }

  @Override
  public boolean docker() {
    return false;
  }

  @Override
  public Path socket() {
    return folder.resolve("gantry.sock");
  }

  @Override
  public long pid() {
    return running().pid();
  }

  /// The folder of everything this daemon keeps.
  public Path folder() {
    return folder;
  }

  /// Its data root.
  public Path data() {
    return folder.resolve("data");
  }

  /// Its exec root.
  public Path exec() {
    return folder.resolve("exec");
  }

  /// Its cgroup's and its network namespace's name.
  public String id() {
    return folder.getFileName().toString();
  }

  @Override
  public String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return "no log: " + e;
    }
  }

  private void namespace() {
    Subprocess.run(List.of("ip", "netns", "add", id())).expect(0);
    Subprocess.run(List.of("ip", "-n", id(), "link", "set", "lo", "up")).expect(0);
  }

  /// Also called when it is closed already, or never ran.
  @Override
  public synchronized void close() {
    if (!Files.exists(folder)) {
      return;
    }
    try {
      if (process.filter(Process::isAlive).isPresent()) {
        removeContainers();
        stop();
      }
    } finally {
      // What a daemon that hangs left to others.
      process.ifPresent(Process::destroyForcibly);
      killContainers();
      Subprocess.run(List.of("ip", "netns", "del", id()));
      Subprocess.run(List.of("rm", "-rf", "--one-file-system", folder.toString()));
      Subprocess.run(
          List.of(
              "find",
              "/sys/fs/cgroup",
              "-depth",
              "-type",
              "d",
              "-path",
              "*/" + id() + "*",
              "-exec",
              "rmdir",
              "{}",
              "+"));
    }
  }

  /// Removes every container, running or not.
  public void removeContainers() {
    Http http = new Http(socket());
    for (var container : http.get("/containers/json?all=1").expect(200).json()) {
      http.delete("/containers/" + container.get("Id").asText() + "?force=1&v=1");
    }
  }

  private void killContainers() {
    Subprocess.run(
        List.of(
            "sh",
            "-c",
            "cat /sys/fs/cgroup/*/"
                + id()
                + "/*/cgroup.procs /sys/fs/cgroup/"
                + id()
                + "/*/cgroup.procs 2>/dev/null | xargs -r kill -9"));
  }
}
