package gantry.acceptance.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// HTTP/1.1 written by hand over a unix socket: nothing between the test and the bytes.
public final class Http {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path socket;

  /// A client of the engine behind `socket`. Each request has a connection of its own.
  public Http(Path socket) {
    this.socket = socket;
  }

  /// An answer, read to its end; header names in lower case.
  @SuppressWarnings("ArrayRecordComponent") // answers are read, never compared
  public record Answer(int status, Map<String, String> headers, byte[] body) {
    /// The body as text.
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /// The body as JSON.
    public JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + this, e);
      }
    }

    /// The `message` of an error body.
    public String message() {
      return json().path("message").asText();
    }

    /// A header's value, or nothing as an empty string.
    public String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /// This answer, when its status is `expected`.
    public Answer expect(int expected) {
      if (status != expected) {
        throw new AssertionError("expected " + expected + ", got " + this);
      }
      return this;
    }

    @Override
    public String toString() {
      return "%d %s %s".formatted(status, headers, text());
    }
  }

  /// `GET path`.
  public Answer get(String path) {
    return send("GET", path, Map.of(), null);
  }

  /// `POST path` with a JSON body.
  public Answer post(String path, String json) {
    return send(
        "POST",
        path,
        Map.of("Content-Type", "application/json"),
        json.getBytes(StandardCharsets.UTF_8));
  }

  /// `POST path` without a body.
  public Answer post(String path) {
    return send("POST", path, Map.of(), null);
  }

  /// `DELETE path`.
  public Answer delete(String path) {
    return send("DELETE", path, Map.of(), null);
  }

  /// Any request, and its answer to the end.
  public Answer send(
      String method, String path, Map<String, String> headers, byte @Nullable [] body) {
    try (Connection connection = open(method, path, headers, body)) {
      return new Answer(connection.status(), connection.headers(), connection.readAll(method));
    } catch (IOException e) {
      throw new UncheckedIOException("%s %s: %s".formatted(method, path, e), e);
    }
  }

  /// Sends a request and reads the head of its answer; the caller reads on and closes.
  public Connection open(
      String method, String path, Map<String, String> headers, byte @Nullable [] body) {
    StringBuilder head =
        new StringBuilder("%s %s HTTP/1.1\r\nHost: localhost\r\n".formatted(method, path));
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (body != null || (method.equals("POST") && !headers.containsKey("Transfer-Encoding"))) {
      head.append("Content-Length: ").append(body == null ? 0 : body.length).append("\r\n");
    }
    head.append("\r\n");
    Connection connection = connect();
    connection.write(head.toString());
    if (body != null) {
      connection.write(body);
    }
    connection.readHead();
    return connection;
  }

  /// A bare connection, for requests that are no proper HTTP.
  public Connection connect() {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(socket));
      return new Connection(channel);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot connect to " + socket, e);
    }
  }

  /// One connection; not shared between threads, but reading and writing may be on two.
  public static final class Connection implements AutoCloseable {
    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;
    private int status;
    private Map<String, String> headers = Map.of();

    Connection(SocketChannel channel) {
      this.channel = channel;
      in = new BufferedInputStream(Channels.newInputStream(channel));
      out = Channels.newOutputStream(channel);
    }

    /// The answer's status.
    public int status() {
      return status;
    }

    /// The answer's headers, names in lower case.
    public Map<String, String> headers() {
      return headers;
    }

    /// Sends raw bytes.
    public Connection write(byte[] bytes) {
      try {
        out.write(bytes);
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write", e);
      }
    }

    /// Sends raw text.
    public Connection write(String text) {
      return write(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Closes the sending half: the engine reads the end, and may go on answering.
    public Connection halfClose() {
      try {
        channel.shutdownOutput();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot close the sending half", e);
      }
    }

    /// Reads status line and headers.
    public Connection readHead() {
      try {
        String line = readLine();
        String[] parts = line.split(" ", 3);
        if (parts.length < 2) {
          throw new AssertionError("no status line: '" + line + "'");
        }
        status = Integer.parseInt(parts[1]);
        headers = new TreeMap<>();
        for (line = readLine(); !line.isEmpty(); line = readLine()) {
          int colon = line.indexOf(':');
          headers.put(
              line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read the head of an answer", e);
      }
    }

    /// The raw bytes after the head: frames, or a body in its transfer encoding.
    public InputStream raw() {
      return in;
    }

    /// One line of the body as it arrives, chunk by chunk where it is chunked; null at its end.
    public @Nullable String readJsonLine() {
      StringBuilder line = new StringBuilder();
      try {
        while (line.indexOf("\n") < 0) {
          if (headers.getOrDefault("transfer-encoding", "").equals("chunked")) {
            byte[] chunk = readChunk();
            if (chunk.length == 0) {
              return null;
            }
            line.append(new String(chunk, StandardCharsets.UTF_8));
          } else {
            int next = in.read();
            if (next < 0) {
              return null;
            }
            line.append((char) next);
          }
        }
        return line.toString();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read a line", e);
      }
    }

    /// Reads up to `count` bytes, fewer only at the end.
    public byte[] read(int count) {
      try {
        return in.readNBytes(count);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read", e);
      }
    }

    /// Reads until the other side closes.
    public byte[] readToEnd() {
      try {
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read to the end", e);
      }
    }

    byte[] readAll(String method) throws IOException {
      if (method.equals("HEAD") || status == 204 || status == 304) {
        return new byte[0];
      }
      if (headers.getOrDefault("transfer-encoding", "").equals("chunked")) {
        var all = new java.io.ByteArrayOutputStream();
        for (byte[] chunk = readChunk(); chunk.length > 0; chunk = readChunk()) {
          all.writeBytes(chunk);
        }
        return all.toByteArray();
      }
      String length = headers.get("content-length");
      return length == null ? in.readAllBytes() : in.readNBytes(Integer.parseInt(length));
    }

    private byte[] readChunk() throws IOException {
      String size = readLine();
      byte[] chunk = in.readNBytes(Integer.parseInt(size.strip(), 16));
      readLine();
      return chunk;
    }

    private String readLine() throws IOException {
      byte[] line = new byte[16384];
      int length = 0;
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException("the connection ended in the middle of a head");
        }
        line[length++] = (byte) next;
      }
      return new String(Arrays.copyOf(line, length), StandardCharsets.ISO_8859_1).strip();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot close", e);
      }
    }
  }
}
