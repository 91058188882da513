package gantry.cli.stream;

import gantry.cli.api.Daemon.Hijacked;
import gantry.cli.command.Session;
import gantry.cli.terminal.LinuxTerminal;
import gantry.cli.terminal.Terminal.RawMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// One attached session: the user's input goes to the container, its output comes back.
///
/// Output is copied by one thread, input by another, which nobody waits for once the output has
/// ended: it may sit in a read of the terminal for ever. The end of input closes our direction of
/// the connection and leaves the other open.
public final class AttachedStreams {

  /// How a session ended.
  public enum Ending {
    /// The container, or the command in it, closed its output.
    OUTPUT_ENDED,
    /// The user typed the detach keys.
    DETACHED
  }

  /// What is attached.
  ///
  /// @param terminal whether the container's side is a terminal: bytes come as they are, detach
  ///   keys are looked for
  /// @param input whether standard input is sent
  public record Wiring(boolean terminal, boolean input, boolean output, DetachKeys detachKeys) {}

  private final Session session;
  private final Hijacked connection;
  private final Wiring wiring;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile Ending ending = Ending.OUTPUT_ENDED;
  private Optional<RawMode> raw = Optional.empty();
  private volatile Optional<IOException> failure = Optional.empty();

  private AttachedStreams(Session session, Hijacked connection, Wiring wiring) {
    this.session = session;
    this.connection = connection;
    this.wiring = wiring;
  }

  /// Begins to copy in the background.
  public static AttachedStreams start(Session session, Hijacked connection, Wiring wiring)
      throws IOException {
    AttachedStreams streams = new AttachedStreams(session, connection, wiring);
    streams.begin();
    return streams;
  }

  private void begin() throws IOException {
    session.out().flush();
    if (wiring.terminal() && wiring.input()) {
      raw = Optional.of(new LinuxTerminal().enterRaw());
      Runtime.getRuntime().addShutdownHook(new Thread(this::leaveRaw));
    }
    spawn("attach-input", this::copyInput);
    if (wiring.output()) {
      spawn("attach-output", this::copyOutput);
    }
  }

  private static void spawn(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /// Waits for the session's end; the terminal is itself again when this returns.
  ///
  /// @throws IOException when the output broke off
  public Ending await() throws IOException {
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      leaveRaw();
    }
    Optional<IOException> broken = failure;
    if (broken.isPresent()) {
      throw broken.get();
    }
    return ending;
  }

  /// Ends the session from our side, because what was to be attached to never came to be.
  public void abandon() {
    done.countDown();
    leaveRaw();
    try {
      connection.close();
    } catch (IOException _) {
      // it was going to be closed
    }
  }

  private void leaveRaw() {
    raw.ifPresent(RawMode::close);
  }

  private void copyOutput() {
    Session.Streams streams = session.streams();
    try {
      InputStream in = connection.in();
      if (wiring.terminal()) {
        Frames.copyRaw(in, streams.rawOut());
      } else {
        Frames.demultiplex(in, streams.rawOut(), streams.rawErr());
      }
    } catch (IOException e) {
      if (done.getCount() > 0) {
        failure = Optional.of(e);
      }
    } finally {
      done.countDown();
    }
  }

  private void copyInput() {
    try (OutputStream out = connection.out()) {
      if (wiring.input()) {
        copyTyped(session.streams().in(), out);
      }
    } catch (IOException _) {
      // the container's side is closed: what is typed now has no reader
    } finally {
      if (!wiring.output()) {
        done.countDown();
      }
    }
  }

  private void copyTyped(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[16 * 1024];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      if (!wiring.terminal()) {
        out.write(buffer, 0, count);
        continue;
      }
      DetachKeys.Typed typed = wiring.detachKeys().feed(buffer, count);
      byte[] bytes = new byte[typed.passOn().size()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = typed.passOn().get(i);
      }
      out.write(bytes);
      if (typed.detached()) {
        ending = Ending.DETACHED;
        done.countDown();
        connection.close();
        return;
      }
    }
  }
}
