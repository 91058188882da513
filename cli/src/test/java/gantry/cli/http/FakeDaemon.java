package gantry.cli.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;

/// Answers HTTP on a unix socket with texts, and remembers what it was asked.
public final class FakeDaemon implements AutoCloseable {

  private final ServerSocketChannel server;
  private final Function<String, String> answers;
  private final Deque<Asked> asked = new ArrayDeque<>();

  /// A request that came in.
  ///
  /// @param bytes of the body, which [#body] has as text
  @SuppressWarnings("ArrayRecordComponent") // nobody compares requests
  public record Asked(String method, String target, byte[] bytes) {
    public String body() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private FakeDaemon(ServerSocketChannel server, Function<String, String> answers) {
    this.server = server;
    this.answers = answers;
  }

  /// Listens until it is closed.
  ///
  /// @param answers from the request's target to the answer's body; a text that begins with
  ///   `HTTP/1.1` is sent as it is
  public static FakeDaemon listen(Path socket, Function<String, String> answers)
      throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    FakeDaemon daemon = new FakeDaemon(server, answers);
    Thread thread = new Thread(daemon::accept, "fake-daemon");
    thread.setDaemon(true);
    thread.start();
    return daemon;
  }

  /// The last request but pings.
  public synchronized Asked last() {
    return asked.getLast();
  }

  public synchronized void forget() {
    asked.clear();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        Thread thread = new Thread(() -> serve(client), "fake-daemon-client");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException _) {
        return; // closed
      }
    }
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int size = Integer.parseInt(line(in), 16);
        size > 0;
        size = Integer.parseInt(line(in), 16)) {
      body.write(in.readNBytes(size));
      String _ = line(in);
    }
    String _ = line(in);
    return body.toByteArray();
  }

  private void serve(SocketChannel client) {
    try (client) {
      InputStream in = new BufferedInputStream(Channels.newInputStream(client));
      for (String request = line(in); !request.isEmpty(); request = line(in)) {
        int length = 0;
        boolean chunked = false;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
          if (header.startsWith("Content-Length: ")) {
            length = Integer.parseInt(header.substring("Content-Length: ".length()));
          }
          chunked |= header.equals("Transfer-Encoding: chunked");
        }
        byte[] body = chunked ? chunks(in) : in.readNBytes(length);
        String[] words = request.split(" ", -1);
        remember(new Asked(words[0], words[1], body));
        client.write(
            ByteBuffer.wrap(answer(words[0], words[1]).getBytes(StandardCharsets.ISO_8859_1)));
      }
    } catch (IOException _) {
      // the client has what it wanted
    }
  }

  private synchronized void remember(Asked request) {
    if (!request.target().equals("/_ping")) {
      asked.add(request);
    }
  }

  private String answer(String method, String target) {
    String body = answers.apply(target);
    if (body.startsWith("HTTP/1.1")) {
      return body;
    }
    String head =
        "HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    return method.equals("HEAD") ? head : head + body;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
