package gantry.cli.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/// The head of an answer, and its body as it arrives.
///
/// @param headers by lower-case name
/// @param body to be read to its end or closed; closing it early gives the connection up
public record Response(int status, Map<String, String> headers, InputStream body)
    implements AutoCloseable {

  /// A header's value, or the empty text.
  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /// The whole body.
  public byte[] bytes() throws IOException {
    try (InputStream in = body) {
      return in.readAllBytes();
    }
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
