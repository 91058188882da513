package gantry.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// A client that sends bytes as the test has them, and takes responses apart by hand.
public final class RawClient implements AutoCloseable {
  private final SocketChannel channel;
  private final ByteBuffer in = ByteBuffer.allocate(64 << 10).flip();

  private RawClient(SocketChannel channel) {
    this.channel = channel;
  }

  public static RawClient connect(Path socket) {
    try {
      return new RawClient(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// One response; header names in lower case, a chunked body put together.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares responses
  public record Response(int status, String line, Map<String, String> headers, byte[] bytes) {
    public String body() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    public String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }
  }

  public RawClient send(String text) {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  public RawClient send(byte[] bytes) {
    try {
      ByteBuffer out = ByteBuffer.wrap(bytes);
      while (out.hasRemaining()) {
        channel.write(out);
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Response get(String path) {
    return request("GET", path);
  }

  public Response request(String method, String path) {
    send(method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return response(method.equals("HEAD"));
  }

  public Response json(String method, String path, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    send(
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
            + bytes.length
            + "\r\n\r\n");
    return send(bytes).response(false);
  }

  public Response response() {
    return response(false);
  }

  public Response response(boolean headOnly) {
    Response head = head();
    int status = head.status();
    if (headOnly || status == 204 || status == 304 || status < 200) {
      return head;
    }
    byte[] body;
    if (head.header("transfer-encoding").equals("chunked")) {
      body = chunked();
    } else if (head.headers().containsKey("content-length")) {
      body = read(Integer.parseInt(head.header("content-length")));
    } else {
      body = rest();
    }
    return new Response(status, head.line(), head.headers(), body);
  }

  /// The head of a response alone.
  public Response head() {
    String status = line();
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Response(Integer.parseInt(status.split(" ", 3)[1]), status, headers, new byte[0]);
  }

  /// One chunk's bytes; empty for the last.
  public byte[] chunk() {
    int length = Integer.parseInt(line(), 16);
    byte[] bytes = read(length);
    line();
    return bytes;
  }

  private byte[] chunked() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
      all.writeBytes(chunk);
    }
    return all.toByteArray();
  }

  public String line() {
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = read();
      if (b < 0) {
        throw new UncheckedIOException(new IOException("the server closed, after: " + line));
      }
      if (b == '\n') {
        return line.toString();
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
  }

  public byte[] read(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      int b = read();
      if (b < 0) {
        throw new UncheckedIOException(new IOException("the server closed at byte " + i));
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }

  /// Everything until the server closes.
  public byte[] rest() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int b = read(); b >= 0; b = read()) {
      all.write(b);
    }
    return all.toByteArray();
  }

  /// The next byte; -1 at the end.
  public int read() {
    try {
      if (!in.hasRemaining()) {
        in.clear();
        int n = channel.read(in);
        in.flip();
        if (n < 0) {
          return -1;
        }
      }
      return in.get() & 0xff;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public RawClient shutdownOutput() {
    try {
      channel.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
