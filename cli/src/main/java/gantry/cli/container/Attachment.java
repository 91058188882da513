package gantry.cli.container;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Session;
import gantry.cli.http.Response;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.stream.AttachedStreams;
import gantry.cli.stream.DetachKeys;
import gantry.cli.terminal.LinuxTerminal;
import gantry.cli.terminal.Signals;
import gantry.cli.terminal.StandardStream;
import gantry.cli.terminal.Terminal;
import java.io.IOException;
import java.util.Optional;

/// The parts of an attached session, as `run`, `start`, `attach` and `exec` put them together.
final class Attachment {

  private static final int RESIZE_TRIES = 10;

  private Attachment() {}

  /// Refuses a terminal session when standard input is no terminal.
  static void checkTerminal(boolean stdin, boolean terminal) {
    if (stdin && terminal && !StandardStream.IN.isTerminal()) {
      throw new CliException("the input device is not a TTY");
    }
  }

  /// The detach keys: the flag's, else the user's setting, else Docker's.
  static String detachKeys(Session session, String flag) throws IOException {
    return flag.isEmpty() ? session.config().values().text("detachKeys") : flag;
  }

  static DetachKeys parseKeys(String keys) {
    try {
      return DetachKeys.parse(keys);
    } catch (IllegalArgumentException e) {
      throw new CliException("invalid detach keys (" + keys + "): " + e.getMessage());
    }
  }

  /// What of a container is attached.
  record Ends(boolean stdin, boolean stdout, boolean stderr) {
    boolean any() {
      return stdin || stdout || stderr;
    }
  }

  /// Attaches to a container and begins to copy.
  static AttachedStreams attach(
      Session session, String container, Ends ends, boolean terminal, String keys)
      throws IOException {
    Query query =
        Query.of("/containers/" + Query.segment(container) + "/attach")
            .optional("detachKeys", keys)
            .flag("stderr", ends.stderr())
            .flag("stdin", ends.stdin())
            .flag("stdout", ends.stdout())
            .add("stream", "1");
    DetachKeys detach = parseKeys(keys);
    Daemon daemon = session.daemon();
    Daemon.Hijacked connection = daemon.hijack(daemon.request("POST", query));
    return AttachedStreams.start(
        session,
        connection,
        new AttachedStreams.Wiring(terminal, ends.stdin(), ends.stdout() || ends.stderr(), detach));
  }

  /// A wait that the daemon has registered: nothing that happens from now on is missed.
  static final class Wait {
    private final Response response;

    private Wait(Response response) {
      this.response = response;
    }

    static Wait begin(Session session, String container, String condition) throws IOException {
      Query query =
          Query.of("/containers/" + Query.segment(container) + "/wait")
              .optional("condition", condition);
      return new Wait(session.daemon().open("POST", query));
    }

    /// The exit code, when there is one.
    int await() throws IOException {
      JsonObject result = Json.parseObject(response.bytes());
      String error = result.object("Error").text("message");
      if (error.isEmpty()) {
        error = result.object("Error").text("Message");
      }
      if (!error.isEmpty()) {
        throw new CliException("error waiting for container: " + error, 125);
      }
      return (int) result.number("StatusCode");
    }
  }

  /// Hands signals that reach us on to the container, for as long as this process lives.
  static void proxySignals(Session session, String container) {
    Signals.handleAll(
        signal -> {
          try {
            session
                .daemon()
                .post(
                    Query.of("/containers/" + Query.segment(container) + "/kill")
                        .add("signal", signal));
          } catch (IOException | DaemonException _) {
            // it has ended meanwhile: the signal's purpose is met
          }
        });
  }

  /// Gives the far terminal our size now, and again whenever ours changes.
  ///
  /// @param path of the object to resize, e.g. `/containers/x`
  static void followSize(Session session, String path) {
    Thread first = new Thread(() -> resizeAtStart(session, path), "resize");
    first.setDaemon(true);
    first.start();
    Signals.handle("WINCH", () -> resize(session, path));
  }

  /// The process may be about to start only: tries again a few times, with growing pauses.
  private static void resizeAtStart(Session session, String path) {
    for (int attempt = 0; attempt < RESIZE_TRIES && !resize(session, path); attempt++) {
      try {
        Thread.sleep((attempt + 1) * 10L);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static boolean resize(Session session, String path) {
    Optional<Terminal.Size> size = new LinuxTerminal().size();
    return size.isEmpty() || resize(session, path, size.get().rows(), size.get().columns());
  }

  static boolean resize(Session session, String path, int rows, int columns) {
    try {
      session
          .daemon()
          .post(
              Query.of(path + "/resize")
                  .add("h", Integer.toString(rows))
                  .add("w", Integer.toString(columns)));
      return true;
    } catch (IOException | DaemonException _) {
      return false; // not started yet, or ended
    }
  }
}
