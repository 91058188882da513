package gantry.cli.system;

import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.http.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/// `system dial-stdio`: the daemon's connection on stdin and stdout, for a client that reached this
/// machine by ssh.
public final class DialStdioCommand {
  private static final int CHUNK = 32 * 1024;

  public static final Command COMMAND =
      Command.of(
          "",
          "Proxy the stdio stream to the daemon connection. Should not be invoked manually.",
          Arity.NONE,
          List.of(),
          DialStdioCommand::run);

  private DialStdioCommand() {}

  /// Ends with what the daemon sends; the end of stdin is only passed on.
  private static int run(Session session, Invocation invocation) throws IOException {
    try (Wire wire = session.daemon().dial()) {
      Thread sender = new Thread(() -> send(session.streams().in(), wire), "dial-stdio");
      sender.setDaemon(true); // it may wait for input that never comes
      sender.start();
      OutputStream out = session.streams().rawOut();
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
      while (wire.read(buffer) >= 0) {
        out.write(buffer.array(), 0, buffer.position());
        out.flush();
        buffer.clear();
      }
      return 0;
    }
  }

  private static void send(InputStream in, Wire wire) {
    byte[] bytes = new byte[CHUNK];
    try {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
        while (buffer.hasRemaining()) {
          wire.write(buffer);
        }
      }
      wire.shutdownOutput();
    } catch (IOException _) {
      // One of the two has gone; the other side's end tells.
    }
  }
}
