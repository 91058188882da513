package gantry.daemon;

import gantry.daemon.config.ConfigException;
import gantry.daemon.config.DaemonConfig;
import gantry.daemon.log.StderrLogs;
import gantry.engine.Engine;
import gantry.engine.event.Event;
import gantry.linux.crypto.OpenSslProvider;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `gantry daemon`: the process that runs containers, in the foreground.
public final class Main {
  static {
    // This process's own choice, before the first logger: a program that has the daemon in its own
    // virtual machine logs as it likes.
    System.setProperty(LoggerFactory.PROVIDER_PROPERTY_KEY, StderrLogs.class.getName());
    System.setProperty("slf4j.internal.verbosity", "WARN"); // it would tell of that choice
  }

  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments)));
  }

  private static int run(List<String> arguments) {
    try {
      return switch (DaemonConfig.parse(arguments)) {
        case DaemonConfig.Request.ShowHelp(String text) -> print(text);
        case DaemonConfig.Request.ShowVersion _ -> print("Gantry version 0.1.0\n");
        case DaemonConfig.Request.Validate _ -> print("configuration OK\n");
        case DaemonConfig.Request.Serve(DaemonConfig config) -> serve(config, arguments);
      };
    } catch (ConfigException | IOException e) {
      System.err.println("failed to start daemon: " + e.getMessage());
      return 1;
    }
  }

  private static int print(String text) {
    System.out.print(text);
    return 0;
  }

  private static int serve(DaemonConfig config, List<String> arguments) throws IOException {
    StderrLogs.setLevel(config.logLevel());
    OpenSslProvider.install();
    for (String key : config.unusedKeys()) {
      LOG.warn("{}: '{}' has no effect: gantry does not use it", config.configFile(), key);
    }
    CountDownLatch stop = new CountDownLatch(1);
    Systemd systemd = new Systemd(System.getenv());
    try (Pidfile _ = Pidfile.create(config.pidfile());
        Daemon daemon = Daemon.start(config, Engine::open, systemd)) {
      Signals.on("TERM", stop::countDown);
      Signals.on("INT", stop::countDown);
      Engine engine = daemon.awaitEngine();
      Signals.on("HUP", () -> reload(engine, arguments, systemd));
      systemd.ready();
      LOG.info("Daemon has completed initialization");
      try (Rehearsal _ = Rehearsal.begin(config.engine(), daemon::lastRequestNanos)) {
        stop.await();
        LOG.info("stopping");
      }
      systemd.stopping();
      return 0;
    } catch (CompletionException e) {
      LOG.error("failed to start daemon: {}", Daemon.reason(e).getMessage());
      LOG.debug("the engine was not opened", e);
      return 1;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  /// Reads the configuration again and takes over what can be changed while the engine runs: what
  /// is logged.
  private static void reload(Engine engine, List<String> arguments, Systemd systemd) {
    systemd.reloading();
    try {
      if (DaemonConfig.parse(arguments)
          instanceof DaemonConfig.Request.Serve(DaemonConfig config)) {
        StderrLogs.setLevel(config.logLevel());
        LOG.info("reloaded {}: log-level={}", config.configFile(), config.logLevel());
        engine.events().publish(reloaded(engine, config));
      }
    } catch (ConfigException e) {
      LOG.error("configuration is left as it was: {}", e.getMessage());
    } finally {
      systemd.ready();
    }
  }

  private static Event reloaded(Engine engine, DaemonConfig config) {
    Map<String, String> attributes =
        Map.of(
            "name",
            engine.system().machine().hostname(),
            "log-level",
            config.logLevel(),
            "live-restore",
            Boolean.toString(engine.config().liveRestore()));
    return new Event("daemon", "reload", engine.system().id(), attributes, Instant.now());
  }
}
