package gantry.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Lines of a response's head that never change, written once for all responses.
public final class HeaderLines {
  private final byte[] bytes;

  private HeaderLines(byte[] bytes) {
    this.bytes = bytes;
  }

  /// Names and values in plain ASCII, in the order of the map.
  public static HeaderLines of(Map<String, String> headers) {
    StringBuilder lines = new StringBuilder();
    headers.forEach((name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
    return new HeaderLines(lines.toString().getBytes(StandardCharsets.US_ASCII));
  }

  void writeTo(ByteArrayOutputStream head) {
    head.writeBytes(bytes);
  }
}
