package gantry.cli.api;

import gantry.cli.http.Endpoint;
import gantry.cli.http.HttpConnection;
import gantry.cli.http.Request;
import gantry.cli.http.Response;
import gantry.cli.http.TlsException;
import gantry.cli.http.Wire;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/// Calls to a daemon that speaks the Docker Engine API.
///
/// Connections are opened as they are needed and kept for the next call; a body that is still being
/// read keeps its own. Calls may come from several threads. Paths are without the version, which is
/// agreed upon once, with the first call.
public final class Daemon implements AutoCloseable {

  /// The newest version of the API that this client knows the shapes of.
  public static final String NEWEST = "1.51";

  private static final int MOVED = 301;

  private final Endpoint endpoint;
  private final Starter starter;
  private final Map<String, String> extraHeaders;
  private final Deque<HttpConnection> idle = new ArrayDeque<>();
  private String version;
  private boolean agreed;

  /// Starts a daemon that does not answer; returns whether one may be there now.
  @FunctionalInterface
  public interface Starter {
    boolean start() throws IOException;
  }

  /// @param pinnedVersion the version to use unasked; empty to agree on one
  public Daemon(
      Endpoint endpoint, String pinnedVersion, Map<String, String> extraHeaders, Starter starter) {
    this.endpoint = endpoint;
    this.starter = starter;
    this.extraHeaders = extraHeaders;
    this.version = pinnedVersion.isEmpty() ? NEWEST : pinnedVersion;
    this.agreed = !pinnedVersion.isEmpty();
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /// The version of the API that the calls use; asks the daemon when that is not known yet.
  public synchronized String version() throws IOException {
    agree();
    return version;
  }

  /// Whether the agreed version is at least `least`, e.g. `1.44`.
  public boolean atLeast(String least) throws IOException {
    return compare(version(), least) >= 0;
  }

  static int compare(String left, String right) {
    String[] a = left.split("\\.", -1);
    String[] b = right.split("\\.", -1);
    for (int i = 0; i < Math.max(a.length, b.length); i++) {
      int difference =
          Integer.compare(
              i < a.length ? Integer.parseInt(a[i]) : 0, i < b.length ? Integer.parseInt(b[i]) : 0);
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }

  private synchronized void agree() throws IOException {
    if (agreed) {
      return;
    }
    try (Response ping = exchange(Request.of("HEAD", "/_ping"))) {
      String offered = ping.header("api-version");
      if (!offered.isEmpty() && compare(offered, version) < 0) {
        version = offered;
      }
    }
    agreed = true;
  }

  /// `GET`, answered with a JSON object.
  public JsonObject get(Object path) throws IOException {
    return Json.parseObject(open("GET", path).bytes());
  }

  /// `GET`, answered with a list of JSON objects.
  public List<JsonObject> getList(Object path) throws IOException {
    return JsonObject.create().put("list", Json.parse(open("GET", path).bytes())).objects("list");
  }

  /// `GET`; the answer's bytes as they are.
  public byte[] getBytes(Object path) throws IOException {
    return open("GET", path).bytes();
  }

  /// A call without a body whose answer is left to the caller to read and close.
  public Response open(String method, Object path) throws IOException {
    return open(request(method, path));
  }

  /// `POST` without a body; the answer as a JSON object, empty when there is none.
  public JsonObject post(Object path) throws IOException {
    return read(open("POST", path));
  }

  /// `POST` of a JSON value; the answer as a JSON object, empty when there is none.
  public JsonObject post(Object path, Object body) throws IOException {
    return read(open(withJson(request("POST", path), body)));
  }

  /// `DELETE`.
  public void delete(Object path) throws IOException {
    open("DELETE", path).bytes();
  }

  private static JsonObject read(Response response) throws IOException {
    byte[] body = response.bytes();
    return body.length == 0 ? JsonObject.EMPTY : Json.parseObject(body);
  }

  /// A request below the agreed version, to be completed and given to [#open(Request)].
  public Request request(String method, Object path) throws IOException {
    Request request = Request.of(method, "/v" + version() + path);
    for (Map.Entry<String, String> header : extraHeaders.entrySet()) {
      request = request.header(header.getKey(), header.getValue());
    }
    return request;
  }

  /// A request outside the versioned API.
  public Response openUnversioned(Request request) throws IOException {
    return checked(exchange(request));
  }

  /// The request with a JSON body.
  public static Request withJson(Request request, Object body) {
    return request.body(
        "application/json", new Request.Text(Json.write(body, Json.Escaping.PLAIN)));
  }

  /// Sends a request; the answer is left to the caller to read and close.
  ///
  /// @throws DaemonException when the status is 400 or above, or nobody answers
  public Response open(Request request) throws IOException {
    Response response = checked(exchange(request));
    String location = response.header("location");
    if (response.status() != MOVED || !isSafe(request) || !location.startsWith("/")) {
      return response;
    }
    response.close(); // a path with "//" or "/./" in it, as of a container called "/name"
    return checked(exchange(request.at(location)));
  }

  private static Response checked(Response response) throws IOException {
    if (response.status() < 400) {
      return response;
    }
    throw new DaemonException(
        response.status(), "Error response from daemon: " + errorMessage(response));
  }

  private static String errorMessage(Response response) throws IOException {
    String body = new String(response.bytes(), StandardCharsets.UTF_8).strip();
    if (response.header("content-type").equals("application/json")) {
      String message = Json.parse(body) instanceof JsonObject object ? object.text("message") : "";
      return message.strip();
    }
    return body.isEmpty()
        ? "the daemon answered with status " + response.status() + " and no message"
        : body;
  }

  private Response exchange(Request request) throws IOException {
    HttpConnection connection = acquire();
    boolean fresh = connection.fresh();
    Response response;
    try {
      response = connection.send(request);
    } catch (EOFException e) {
      connection.close();
      if (fresh || !isSafe(request)) {
        throw e; // a daemon that ended may have done it: a second container is worse than an error
      }
      connection = connect(); // the daemon had closed a connection that we kept for the next call
      response = connection.send(request);
    }
    return new Response(
        response.status(), response.headers(), new Returning(connection, response.body()));
  }

  /// Whether the request may be sent twice (RFC 9110, 9.2.1).
  private static boolean isSafe(Request request) {
    return request.method().equals("GET") || request.method().equals("HEAD");
  }

  private HttpConnection acquire() throws IOException {
    synchronized (idle) {
      HttpConnection kept = idle.poll();
      if (kept != null) {
        return kept;
      }
    }
    return connect();
  }

  private HttpConnection connect() throws IOException {
    return new HttpConnection(dial());
  }

  /// A connection of its own, on which nothing was sent; the caller closes it.
  ///
  /// @throws DaemonException when nobody answers
  public Wire dial() throws IOException {
    try {
      return endpoint.connect();
    } catch (TlsException e) {
      throw new DaemonException(DaemonException.UNREACHABLE, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("ermission denied")) {
        throw new DaemonException(
            DaemonException.UNREACHABLE,
            "permission denied while trying to connect to the gantry API at " + endpoint);
      }
      if (starter.start()) {
        return endpoint.connect();
      }
      throw unreachable();
    }
  }

  private DaemonException unreachable() {
    return new DaemonException(
        DaemonException.UNREACHABLE,
        "Cannot connect to the Gantry daemon at " + endpoint + ". Is the gantry daemon running?");
  }

  /// Sends a request that takes its connection over.
  ///
  /// @throws DaemonException when the daemon does not answer with 101
  public Hijacked hijack(Request request) throws IOException {
    HttpConnection connection = connect();
    try {
      Response response =
          connection.send(request.header("Connection", "Upgrade").header("Upgrade", "tcp"));
      checked(response);
      if (response.status() != 101) {
        throw new DaemonException(
            response.status(), "unable to upgrade to tcp, received " + response.status());
      }
      return new Hijacked(connection, response);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /// A connection that was taken over: bytes both ways.
  ///
  /// @param connection the caller closes it
  public record Hijacked(HttpConnection connection, Response response) implements AutoCloseable {
    public InputStream in() {
      return response.body();
    }

    /// Closing it tells the daemon that no more input comes; output goes on.
    public OutputStream out() {
      return connection.rawOutput();
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (idle) {
      for (HttpConnection connection : idle) {
        connection.close();
      }
      idle.clear();
    }
  }

  /// A body that gives its connection back when it was read to the end.
  private final class Returning extends InputStream {
    private final HttpConnection connection;
    private final InputStream body;
    private boolean returned;

    Returning(HttpConnection connection, InputStream body) {
      this.connection = connection;
      this.body = body;
      release();
    }

    @Override
    public int read() throws IOException {
      int b = body.read();
      release();
      return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = body.read(target, offset, length);
      release();
      return count;
    }

    private void release() {
      if (!returned && connection.reusable()) {
        returned = true;
        synchronized (idle) {
          idle.push(connection);
        }
      }
    }

    @Override
    public void close() throws IOException {
      if (!returned) {
        body.close();
        connection.close();
        returned = true;
      }
    }
  }
}
