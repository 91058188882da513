package gantry.cli.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// One connection to a daemon, used for one request at a time.
///
/// Reading and writing may happen in two threads, as a taken-over stream needs it; otherwise a
/// connection belongs to one thread. Spec: RFC 9112.
public final class HttpConnection implements AutoCloseable {

  private static final int BUFFER = 32 * 1024;

  private final Wire wire;
  private final ByteBuffer in = ByteBuffer.allocate(BUFFER).limit(0);
  private boolean reusable = true;
  private boolean fresh = true;
  private boolean sentAlongside;

  /// Speaks HTTP on a wire, which is closed with it.
  public HttpConnection(Wire wire) {
    this.wire = wire;
  }

  /// Whether another request may be sent: the last answer was read to its end and the daemon keeps
  /// the connection.
  public boolean reusable() {
    return reusable;
  }

  /// Whether nothing was sent on it yet.
  public boolean fresh() {
    return fresh;
  }

  /// Sends a request and reads the head of its answer.
  ///
  /// @throws EOFException when the daemon closes the connection without an answer
  public Response send(Request request) throws IOException {
    reusable = false;
    fresh = false;
    IOException cut = null;
    try {
      writeHead(request);
      writeBody(request.body());
    } catch (IOException e) {
      cut = e; // a daemon that refuses an upload answers and closes: its answer is worth more than
      // our broken pipe
    }
    try {
      return readResponse(request.method());
    } catch (IOException e) {
      throw cut == null || e instanceof EOFException ? e : cut;
    }
  }

  private void writeHead(Request request) throws IOException {
    StringBuilder head = new StringBuilder(256);
    head.append(request.method())
        .append(' ')
        .append(request.target())
        .append(" HTTP/1.1\r\nHost: gantry\r\nUser-Agent: Gantry-Client (linux)\r\n");
    request
        .headers()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append(lengthHeader(request));
    byte[] text = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
    write(text);
  }

  // No switch over types here and in other places that every command comes by: the class that it is
  // run by is generated anew in each process, which the AOT cache cannot spare us (JDK 25).
  private static String lengthHeader(Request request) {
    if (request.body() instanceof Request.Text(String content)) {
      return "Content-Length: " + content.getBytes(StandardCharsets.UTF_8).length + "\r\n";
    }
    if (request.body() instanceof Request.Streamed || request.body() instanceof Request.Alongside) {
      return "Transfer-Encoding: chunked\r\n";
    }
    boolean expected = request.method().equals("POST") || request.method().equals("PUT");
    return expected ? "Content-Length: 0\r\n" : "";
  }

  private void writeBody(Request.Body body) throws IOException {
    if (body instanceof Request.Text(String content)) {
      write(content.getBytes(StandardCharsets.UTF_8));
    } else if (body instanceof Request.Streamed(Request.Source source)) {
      writeChunks(source);
    } else if (body instanceof Request.Alongside(Request.Source source)) {
      sentAlongside = true;
      Thread.ofPlatform().daemon().name("upload").start(() -> writeAlongside(source));
    }
  }

  private void writeChunks(Request.Source source) throws IOException {
    ChunkedOutput out = new ChunkedOutput();
    source.writeTo(out);
    out.finish();
  }

  private void writeAlongside(Request.Source source) {
    try {
      writeChunks(source);
    } catch (IOException | RuntimeException _) {
      try {
        wire.shutdownOutput(); // the daemon sees a body that was cut, and says so to who reads
      } catch (IOException _) {
        // the connection is gone, as who reads will see
      }
    }
  }

  private Response readResponse(String method) throws IOException {
    String status = readLine();
    while (status.startsWith("HTTP/1.1 1") && !status.startsWith("HTTP/1.1 101")) {
      readHeaders();
      status = readLine();
    }
    if (!status.startsWith("HTTP/1.") || status.length() < 12) {
      throw new IOException("malformed HTTP response \"" + status + "\"");
    }
    int code = Integer.parseInt(status.substring(9, 12));
    Map<String, String> headers = readHeaders();
    return new Response(code, headers, body(method, code, headers));
  }

  private InputStream body(String method, int code, Map<String, String> headers) {
    boolean keepAlive =
        !sentAlongside && !headers.getOrDefault("connection", "").equalsIgnoreCase("close");
    if (code == 101) {
      return new UntilClose();
    }
    if (method.equals("HEAD") || code == 204 || code == 304) {
      reusable = keepAlive;
      return InputStream.nullInputStream();
    }
    if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
      return new ChunkedInput(keepAlive);
    }
    String length = headers.get("content-length");
    return length == null ? new UntilClose() : new FixedInput(Long.parseLong(length), keepAlive);
  }

  private Map<String, String> readHeaders() throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return headers;
  }

  private String readLine() throws IOException {
    byte[] line = new byte[128];
    int length = 0;
    for (int b = readByte(); b != '\n'; b = readByte()) {
      if (length == line.length) {
        if (length > 64 * 1024) {
          throw new IOException("a header line is longer than 64 KiB");
        }
        line = Arrays.copyOf(line, length * 2);
      }
      line[length++] = (byte) b;
    }
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    return new String(line, 0, length, StandardCharsets.UTF_8);
  }

  private int readByte() throws IOException {
    if (!in.hasRemaining() && !fill()) {
      throw new EOFException("unexpected EOF: the daemon closed the connection");
    }
    return in.get();
  }

  private boolean fill() throws IOException {
    in.clear();
    int count;
    try {
      count = wire.read(in);
    } finally {
      in.flip();
    }
    return count > 0;
  }

  /// Reads what is there, at least one byte; -1 at the end.
  private int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!in.hasRemaining()) {
      if (length >= BUFFER) {
        return wire.read(ByteBuffer.wrap(target, offset, length));
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, in.remaining());
    in.get(target, offset, count);
    return count;
  }

  private void write(byte[] bytes) throws IOException {
    write(bytes, 0, bytes.length);
  }

  private void write(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    try {
      while (buffer.hasRemaining()) {
        wire.write(buffer);
      }
    } catch (IOException e) { // a bare "Broken pipe" is what our own output says when it is closed
      throw new IOException(
          "error during connect: cannot send to the daemon: " + e.getMessage(), e);
    }
  }

  /// The write side of a connection that was taken over; closing it ends our direction only.
  public OutputStream rawOutput() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        HttpConnection.this.write(bytes, offset, length);
      }

      @Override
      public void close() throws IOException {
        wire.shutdownOutput();
      }
    };
  }

  @Override
  public void close() throws IOException {
    reusable = false;
    wire.close();
  }

  /// A body that ends with the connection; also the stream of a connection that was taken over.
  private final class UntilClose extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return HttpConnection.this.read(target, offset, length);
    }

    @Override
    public void close() throws IOException {
      HttpConnection.this.close();
    }
  }

  private final class FixedInput extends InputStream {
    private final boolean keepAlive;
    private long left;

    FixedInput(long length, boolean keepAlive) {
      this.left = length;
      this.keepAlive = keepAlive;
      reusable = length == 0 && keepAlive;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = HttpConnection.this.read(target, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException(
            "unexpected EOF: " + left + " bytes of the daemon's answer are missing");
      }
      left -= count;
      reusable = left == 0 && keepAlive;
      return count;
    }

    @Override
    public void close() throws IOException {
      if (left > 0) {
        HttpConnection.this.close();
      }
    }
  }

  private final class ChunkedInput extends InputStream {
    private final boolean keepAlive;
    private long left;
    private boolean started;
    private boolean ended;

    ChunkedInput(boolean keepAlive) {
      this.keepAlive = keepAlive;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0 && !ended) {
        nextChunk();
      }
      if (ended) {
        return -1;
      }
      int count = HttpConnection.this.read(target, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException("unexpected EOF in a chunk of the daemon's answer");
      }
      left -= count;
      return count;
    }

    private void nextChunk() throws IOException {
      if (started) {
        readLine();
      }
      started = true;
      String size = readLine();
      int extension = size.indexOf(';');
      try {
        left = Long.parseLong((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("malformed chunk size \"" + size + "\" in the daemon's answer", e);
      }
      if (left == 0) {
        readHeaders();
        ended = true;
        reusable = keepAlive;
      }
    }

    @Override
    public void close() throws IOException {
      if (!ended) {
        HttpConnection.this.close();
      }
    }
  }

  /// Sends a body in chunks of at most 32 KiB.
  private final class ChunkedOutput extends OutputStream {
    private final byte[] buffer = new byte[BUFFER];
    private int filled;

    @Override
    public void write(int b) throws IOException {
      if (filled == buffer.length) {
        flush();
      }
      buffer[filled++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length >= buffer.length) {
        flush();
        chunk(bytes, offset, length);
        return;
      }
      if (length > buffer.length - filled) {
        flush();
      }
      System.arraycopy(bytes, offset, buffer, filled, length);
      filled += length;
    }

    @Override
    public void flush() throws IOException {
      if (filled > 0) {
        chunk(buffer, 0, filled);
        filled = 0;
      }
    }

    private void chunk(byte[] bytes, int offset, int length) throws IOException {
      text(Integer.toHexString(length) + "\r\n");
      HttpConnection.this.write(bytes, offset, length);
      text("\r\n");
    }

    void finish() throws IOException {
      flush();
      text("0\r\n\r\n");
    }

    private void text(String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      HttpConnection.this.write(bytes, 0, bytes.length);
    }
  }
}
