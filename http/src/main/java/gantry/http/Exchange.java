package gantry.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request and its response.
///
/// A response is one of: [#send], a whole body at once; [#sendFile], a part of a file; [#stream], a
/// body of unknown length; [#takeOver], a raw connection. Used by one thread, but for
/// [#whenClientGoes].
public final class Exchange {
  /// The length of a body that is sent in chunks.
  public static final long UNKNOWN_LENGTH = -1;

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Connection connection;
  private final HttpRequest request;
  private final Inbox inbox;
  private final String path;
  private final Query query;
  private final long bodyLength;
  private final List<String> extraHeaders = new ArrayList<>(4);
  private @Nullable HeaderLines extraLines;
  private final Object departure = new Object();
  // Both guarded by departure.
  private boolean gone;
  private @Nullable Runnable onGone;
  private boolean continueExpected;
  private boolean committed;
  private boolean aborted;
  private @Nullable Outbox outbox;

  Exchange(Connection connection, HttpRequest request, Inbox inbox) {
    this.connection = connection;
    this.request = request;
    this.inbox = inbox;
    String target = originForm(request.uri());
    int mark = target.indexOf('?');
    this.path = Query.decode(mark < 0 ? target : target.substring(0, mark), false);
    this.query = Query.parse(mark < 0 ? "" : target.substring(mark + 1));
    this.bodyLength = bodyLength(request.headers());
    this.continueExpected =
        "100-continue".equalsIgnoreCase(request.headers().get(HttpHeaderNames.EXPECT))
            && request.protocolVersion().equals(HttpVersion.HTTP_1_1);
  }

  private static long bodyLength(HttpHeaders headers) {
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return UNKNOWN_LENGTH;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    return length == null ? 0 : Long.parseLong(length.strip());
  }

  // `http://host/path?query`, as proxies' clients write it, is the same as `/path?query`.
  private static String originForm(String uri) {
    int scheme = uri.indexOf("://");
    if (uri.startsWith("/") || scheme < 0) {
      return uri;
    }
    int slash = uri.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : uri.substring(slash);
  }

  /// Where the client is: the text of its IP address, or `unix` for a client of a unix socket.
  public String client() {
    return connection.channel().remoteAddress() instanceof InetSocketAddress address
        ? address.getAddress().getHostAddress()
        : "unix";
  }

  /// Whether the connection is encrypted.
  public boolean encrypted() {
    return connection.encrypted();
  }

  public String method() {
    return request.method().name();
  }

  /// The decoded path, without the query.
  public String path() {
    return path;
  }

  public Query query() {
    return query;
  }

  /// The first header of that name, in any case.
  public Optional<String> header(String name) {
    return Optional.ofNullable(request.headers().get(name));
  }

  /// The protocol of the request line, e.g. `HTTP/1.1`.
  public String protocol() {
    return request.protocolVersion().text();
  }

  /// Length of the request's body in bytes; 0 for none, [#UNKNOWN_LENGTH] when it comes in chunks.
  public long bodyLength() {
    return bodyLength;
  }

  /// The request's body; asks a client that waits for leave to send it (`Expect: 100-continue`).
  public InputStream body() {
    if (continueExpected && !committed) {
      connection.send(connection.buffer(CONTINUE.length).writeBytes(CONTINUE));
    }
    continueExpected = false;
    return inbox;
  }

  /// Whether the client still waits for leave to send its body, and so never will.
  boolean bodyWithheld() {
    return continueExpected;
  }

  /// Adds a header to the response that has not begun yet.
  public void setHeader(String name, String value) {
    extraHeaders.add(name);
    extraHeaders.add(value);
  }

  /// Adds headers that are the same each time; a second call replaces the first one's.
  public void setHeaders(HeaderLines lines) {
    extraLines = lines;
  }

  /// Whether the response has begun.
  public boolean committed() {
    return committed;
  }

  /// Sends a response without a body.
  public void send(int status) {
    send(status, "", new byte[0], 0);
  }

  /// Sends a whole response.
  public void send(int status, String contentType, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    send(status, contentType, bytes, bytes.length);
  }

  /// Sends a whole response of `length` bytes.
  public void send(int status, String contentType, byte[] bytes, int length) {
    commit();
    boolean bodiless = status == 204 || status == 304;
    boolean withBody = !bodiless && !request.method().name().equals("HEAD");
    ByteBuf buffer = connection.buffer(512 + (withBody ? length : 0));
    Head head = head(buffer, status, contentType);
    if (!bodiless) {
      head.plainHeader("Content-Length", Integer.toString(length));
    }
    head.end();
    if (withBody) {
      buffer.writeBytes(bytes, 0, length);
    }
    connection.sendLast(buffer);
  }

  /// Sends a part of a file as the body, from the kernel's page cache where there is no TLS
  /// between.
  ///
  /// @param file owned by the exchange from now on, which closes it
  /// @param offsetBytes where the part begins; it must lie within the file, with its whole length
  public void sendFile(
      int status, String contentType, FileChannel file, long offsetBytes, long lengthBytes) {
    commit();
    ByteBuf buffer = connection.buffer(512);
    Head head = head(buffer, status, contentType);
    head.plainHeader("Content-Length", Long.toString(lengthBytes));
    head.end();
    if (request.method().name().equals("HEAD") || lengthBytes == 0) {
      closeQuietly(file);
      connection.sendLast(buffer);
    } else {
      connection.sendFile(buffer, file, offsetBytes, lengthBytes);
    }
  }

  private static void closeQuietly(FileChannel file) {
    try {
      file.close();
    } catch (IOException _) {
      // it was only read from
    }
  }

  /// Begins a response of unknown length. The head leaves with the first flush or when a buffer is
  /// full; closing the stream, or returning from the handler, ends the body.
  public OutputStream stream(int status, String contentType) {
    commit();
    boolean chunked = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
    ByteBuf buffer = connection.buffer(512);
    Head head = head(buffer, status, contentType);
    if (chunked) {
      head.plainHeader("Transfer-Encoding", "chunked");
    }
    head.end();
    return begin(buffer, chunked ? Outbox.Framing.CHUNKED : Outbox.Framing.RAW);
  }

  private OutputStream begin(ByteBuf head, Outbox.Framing framing) {
    if (request.method().name().equals("HEAD")) {
      connection.sendLast(head);
      return OutputStream.nullOutputStream();
    }
    Outbox stream = new Outbox(connection.channel(), framing, head, connection::responseEnded);
    outbox = stream;
    connection.writing(stream);
    return stream;
  }

  /// A status with its words: `404 Not Found`.
  public static String statusLine(int status) {
    return Head.statusLine(status);
  }

  /// Takes the connection over, once the request's body has been read to its end; no more HTTP on
  /// it after that.
  ///
  /// @param status of the last response, e.g. `101 UPGRADED`
  /// @param headers of the last response
  /// @param ordinaryHeaders whether the headers that every response has are sent too
  public RawStream takeOver(String status, Map<String, String> headers, boolean ordinaryHeaders)
      throws IOException {
    InputStream body = body();
    byte[] sink = new byte[4096];
    while (body.read(sink) >= 0) {
      // What a client sends as the body of such a request has no meaning.
    }
    commit();
    ByteBuf buffer = connection.buffer(512);
    Head head =
        ordinaryHeaders
            ? Head.ordinary(buffer, status, connection.ordinaryHeaders())
            : Head.bare(buffer, status);
    headers.forEach(head::header);
    head.end();
    Inbox raw = connection.newInbox();
    Outbox stream =
        new Outbox(connection.channel(), Outbox.Framing.RAW, buffer, connection::responseEnded);
    outbox = stream;
    connection.takeOver(raw, stream);
    stream.flush();
    return new RawStream(connection, raw, stream);
  }

  private Head head(ByteBuf buffer, int status, String contentType) {
    Head head = Head.ordinary(buffer, Head.statusLine(status), connection.ordinaryHeaders());
    if (!contentType.isEmpty()) {
      head.plainHeader("Content-Type", contentType);
    }
    addExtraHeaders(head);
    if (connection.closesAfterResponse(this)) {
      head.plainHeader("Connection", "close");
    } else if (request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
      head.plainHeader("Connection", "keep-alive"); // of 1.0 a kept connection is to be told
    }
    return head;
  }

  private void addExtraHeaders(Head head) {
    if (extraLines != null) {
      head.lines(extraLines);
    }
    for (int i = 0; i < extraHeaders.size(); i += 2) {
      head.header(extraHeaders.get(i), extraHeaders.get(i + 1));
    }
  }

  private void commit() {
    if (committed) {
      throw new IllegalStateException(
          "the response to " + method() + " " + path + " has begun already");
    }
    committed = true;
  }

  /// Whether the client wants the connection kept for further requests.
  boolean keepAlive() {
    return HttpUtil.isKeepAlive(request);
  }

  Inbox inbox() {
    return inbox;
  }

  Optional<Outbox> outbox() {
    return Optional.ofNullable(outbox);
  }

  /// Runs `action` on the event loop when the client goes away before the response has ended; at
  /// once if it has gone. One action at a time: a later one replaces an earlier one. Must not
  /// block.
  public void whenClientGoes(Runnable action) {
    connection.watch();
    synchronized (departure) {
      if (!gone) {
        onGone = action;
        return;
      }
    }
    action.run();
  }

  /// Interrupts the calling thread when the client goes away before [Watch#close].
  public Watch interruptWhenClientGoes() {
    Thread thread = Thread.currentThread();
    whenClientGoes(thread::interrupt);
    return () -> {
      synchronized (departure) {
        onGone = null;
      }
    };
  }

  /// A time in which the departure of the client matters.
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /// Ends the response once the handler has returned.
  void end() {
    if (aborted) {
      return;
    }
    if (outbox != null) {
      outbox.finish();
    } else if (!committed) {
      send(500);
    }
  }

  /// Breaks the connection off: what was sent is not the whole.
  void abort() {
    aborted = true;
    connection.abort();
  }

  void clientGone() {
    Runnable action;
    synchronized (departure) {
      gone = true;
      action = onGone;
      onGone = null;
    }
    if (action != null) {
      action.run();
    }
  }

  /// The process that opened the connection, where the kernel tells: on a unix socket, and if the
  /// process is still there. The caller closes it.
  public Optional<Peer> peer() {
    return connection.peer();
  }

  /// For log messages.
  @Override
  public String toString() {
    return method() + " " + path;
  }
}
