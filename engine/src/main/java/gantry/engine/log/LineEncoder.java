package gantry.engine.log;

import gantry.engine.container.OutputSink.Stream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// Turns a program's output into lines of a `json-file` log:
/// `{"log":"text\n","stream":"stdout","time":"2026-11-22T15:14:04.1Z"}`, or of a `local` one:
/// `o18a1c0de5f00d123text`. There the first letter is the stream, a capital if no line end followed
/// the text; then come 16 hexadecimal digits, nanoseconds since 1970, and the text as it is.
///
/// A line longer than 16 KiB is stored in pieces of which only the last ends with `\n`; so is what
/// stands at the end of the output without a line end. Everything of one call has one time.
final class LineEncoder {
  /// Longest text of one stored line, as in Docker.
  static final int PIECE = 16 * 1024;

  private static final byte[] HEAD = ascii("{\"log\":\"");
  private static final byte[] STDOUT = ascii("\",\"stream\":\"stdout\"");
  private static final byte[] STDERR = ascii("\",\"stream\":\"stderr\"");
  private static final byte[] TIME = ascii(",\"time\":\"");

  private final byte[] attributes;
  private final LogOptions.Form form;

  /// @param attributes JSON object that goes into every line as `attrs`; empty for none; of the
  ///   JSON form alone
  LineEncoder(LogOptions.Form form, String attributes) {
    this.form = form;
    this.attributes =
        attributes.isEmpty()
            ? new byte[0]
            : (",\"attrs\":" + attributes).getBytes(StandardCharsets.UTF_8);
  }

  /// Appends the lines of `source[from, to)` to `out` until that is `limit` long, and returns where
  /// the first byte is that was not taken: because of the limit, or because it has to wait for the
  /// rest of its line. With `last` nothing waits.
  int encode(
      Stream stream,
      byte[] source,
      int from,
      int to,
      boolean last,
      Instant time,
      long limit,
      ByteArray out) {
    byte[] tail = form == LogOptions.Form.JSON ? tail(stream, time) : hex(time);
    int at = from;
    while (at < to && out.length < limit) {
      int newline = indexOfNewline(source, at, Math.min(to, at + PIECE));
      int end;
      if (newline >= 0) {
        end = newline + 1;
      } else if (to - at >= PIECE) {
        end = JsonText.characterBoundary(source, at, at + PIECE);
      } else if (last) {
        end = to;
      } else {
        return at;
      }
      if (form == LogOptions.Form.JSON) {
        out.append(HEAD);
        JsonText.escape(source, at, end, out);
        out.append(tail);
      } else {
        compact(stream, source, at, end, tail, out);
      }
      at = end;
    }
    return at;
  }

  private static void compact(
      Stream stream, byte[] source, int from, int to, byte[] time, ByteArray out) {
    boolean complete = source[to - 1] == '\n';
    byte letter = (byte) (stream == Stream.STDOUT ? 'o' : 'e');
    out.append(complete ? letter : (byte) (letter - 'a' + 'A'));
    out.append(time);
    out.append(source, from, to - from);
    if (!complete) {
      out.append((byte) '\n');
    }
  }

  private static byte[] hex(Instant time) {
    return ascii("%016x".formatted(Timestamps.nanos(time)));
  }

  private byte[] tail(Stream stream, Instant time) {
    ByteArray tail = new ByteArray(96 + attributes.length);
    tail.append(stream == Stream.STDOUT ? STDOUT : STDERR);
    tail.append(attributes);
    tail.append(TIME);
    tail.append(Timestamps.trimmed(time));
    tail.append((byte) '"');
    tail.append((byte) '}');
    tail.append((byte) '\n');
    return java.util.Arrays.copyOf(tail.array, tail.length);
  }

  private static int indexOfNewline(byte[] source, int from, int to) {
    for (int i = from; i < to; i++) {
      if (source[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
