package gantry.cli.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/// One HTTP request.
///
/// @param target the path and query, as they go on the request line
public record Request(String method, String target, Map<String, String> headers, Body body) {

  /// What follows the headers.
  public sealed interface Body {}

  /// Nothing; sent as `Content-Length: 0` where the method expects a body.
  public record NoBody() implements Body {}

  /// A whole text, sent as UTF-8.
  public record Text(String content) implements Body {}

  /// A stream of unknown length, sent in chunks.
  public record Streamed(Source source) implements Body {}

  /// A stream of unknown length, sent in chunks by a thread of its own while the answer is read:
  /// for a daemon that begins to answer before it has read everything.
  public record Alongside(Source source) implements Body {}

  /// Writes a body.
  @FunctionalInterface
  public interface Source {
    void writeTo(OutputStream out) throws IOException;
  }

  /// A request without a body.
  public static Request of(String method, String target) {
    return new Request(method, target, Map.of(), new NoBody());
  }

  /// The same request of another target.
  public Request at(String elsewhere) {
    return new Request(method, elsewhere, headers, body);
  }

  /// The same request with a further header.
  public Request header(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Request(method, target, more, body);
  }

  /// The same request with a body of a media type.
  public Request body(String mediaType, Body content) {
    return new Request(method, target, headers, content).header("Content-Type", mediaType);
  }
}
