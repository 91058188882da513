package gantry.engine.log;

import gantry.engine.container.OutputSink.Stream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads one stored line of a `json-file` or `local` log at a time, told apart by the first byte;
/// the fields hold the last one read.
///
/// Lines in the form that [LineEncoder] and Docker write are read without a JSON parser; keys in
/// another order or unknown ones are found too. What is not such an object is refused.
final class LineDecoder {
  private static final byte[] HEAD = "{\"log\":\"".getBytes(StandardCharsets.US_ASCII);

  /// Of the last line.
  Stream stream = Stream.STDOUT;

  /// Where its time stands in the source: `[timeFrom, timeTo)`; equal when it has none.
  int timeFrom;

  int timeTo;

  /// Where its attributes, a JSON object, stand in the source; equal when it has none.
  int attributesFrom;

  int attributesTo;

  private byte[] tail =
      new byte[0]; // what stood behind the text of the last line, line end included
  private int timeInTail;

  /// Reads the line that begins at `from`, if all of it but its text is as in the last line, as it
  /// is within what one write brought: its time and attributes need not be looked at again. Appends
  /// the text to `out` and returns where the next line begins; -1 for another line, `out` is as
  /// before.
  int decodeAlike(byte[] source, int from, int to, ByteArray out) {
    if (tail.length == 0 || !startsWith(source, from, to, HEAD)) {
      return -1;
    }
    int before = out.length;
    int quote = JsonText.unescape(source, from + HEAD.length, to, out);
    int end = quote + 1 + tail.length;
    if (quote < 0 || end > to || !Arrays.equals(source, quote + 1, end, tail, 0, tail.length)) {
      out.length = before;
      return -1;
    }
    int moved = quote + 1 + timeInTail - timeFrom;
    timeFrom += moved;
    timeTo += moved;
    attributesFrom += moved;
    attributesTo += moved;
    return end;
  }

  /// Keeps what stands between `from` and `to`, the line end, for [#decodeAlike].
  private void remember(byte[] source, int from, int to) {
    boolean whole = to < source.length && source[to] == '\n';
    tail = whole ? Arrays.copyOfRange(source, from, to + 1) : new byte[0];
    timeInTail = timeFrom - from;
  }

  /// Reads the line `source[from, to)`, without its line end, and appends its text to `out`. False
  /// for what is no line of a log; `out` is then as before.
  boolean decode(byte[] source, int from, int to, ByteArray out) {
    if (from < to && source[from] != '{') {
      return decodeCompact(source, from, to, out);
    }
    int before = out.length;
    stream = Stream.STDOUT;
    timeFrom = timeTo = attributesFrom = attributesTo = from;
    if (startsWith(source, from, to, HEAD)) {
      int quote = JsonText.unescape(source, from + HEAD.length, to, out);
      if (quote >= 0 && members(source, quote + 1, to, null)) {
        remember(source, quote + 1, to);
        return true;
      }
    } else if (from < to && source[from] == '{') {
      int at = skipSpace(source, from + 1, to);
      if (at < to && members(source, at, to, out)) {
        return true;
      }
    }
    out.length = before;
    return false;
  }

  private boolean decodeCompact(byte[] source, int from, int to, ByteArray out) {
    boolean known =
        to - from > Timestamps.HEX_WIDTH
            && "oeOE".indexOf(source[from]) >= 0
            && Timestamps.parse(source, from + 1, from + 1 + Timestamps.HEX_WIDTH)
                != Long.MIN_VALUE;
    if (!known) {
      return false;
    }
    tail = new byte[0];
    stream = (source[from] | 0x20) == 'o' ? Stream.STDOUT : Stream.STDERR;
    timeFrom = from + 1;
    timeTo = timeFrom + Timestamps.HEX_WIDTH;
    attributesFrom = attributesTo = from;
    out.append(source, timeTo, to - timeTo);
    if (source[from] >= 'a') {
      out.append((byte) '\n');
    }
    return true;
  }

  /// Reads `,"key":value` until the closing brace; with `out` the `log` member is among them, and a
  /// comma before the first one is not needed.
  private boolean members(
      byte[] source, int from, int to, @org.jspecify.annotations.Nullable ByteArray out) {
    int at = skipSpace(source, from, to);
    boolean first = out != null;
    while (at < to) {
      if (source[at] == '}') {
        return skipSpace(source, at + 1, to) == to;
      }
      if (!first) {
        if (source[at] != ',') {
          return false;
        }
        at = skipSpace(source, at + 1, to);
      }
      first = false;
      int keyEnd = stringEnd(source, at, to);
      if (keyEnd < 0) {
        return false;
      }
      int colon = skipSpace(source, keyEnd, to);
      if (colon >= to || source[colon] != ':') {
        return false;
      }
      int value = skipSpace(source, colon + 1, to);
      int valueEnd = valueEnd(source, value, to);
      if (valueEnd < 0 || !member(source, at + 1, keyEnd - 1, value, valueEnd, out)) {
        return false;
      }
      at = skipSpace(source, valueEnd, to);
    }
    return false;
  }

  private boolean member(
      byte[] source,
      int keyFrom,
      int keyTo,
      int from,
      int to,
      @org.jspecify.annotations.Nullable ByteArray out) {
    boolean text = source[from] == '"';
    if (is(source, keyFrom, keyTo, "stream")) {
      stream = text && to - from == 8 && source[from + 4] == 'e' ? Stream.STDERR : Stream.STDOUT;
    } else if (is(source, keyFrom, keyTo, "time") && text) {
      timeFrom = from + 1;
      timeTo = to - 1;
    } else if (is(source, keyFrom, keyTo, "attrs") && source[from] == '{') {
      attributesFrom = from;
      attributesTo = to;
    } else if (out != null && is(source, keyFrom, keyTo, "log") && text) {
      return JsonText.unescape(source, from + 1, to, out) >= 0;
    }
    return true;
  }

  /// The index behind the string that begins at `at`, or -1.
  private static int stringEnd(byte[] source, int at, int to) {
    if (at >= to || source[at] != '"') {
      return -1;
    }
    for (int i = at + 1; i < to; i++) {
      if (source[i] == '\\') {
        i++;
      } else if (source[i] == '"') {
        return i + 1;
      }
    }
    return -1;
  }

  /// The index behind the value that begins at `at`, or -1. Brackets are counted, not matched: the
  /// value of a key that we do not know is passed over, not judged.
  private int valueEnd(byte[] source, int at, int to) {
    if (at >= to) {
      return -1;
    }
    if (source[at] == '"') {
      return stringEnd(source, at, to);
    }
    int depth = 0;
    int i = at;
    while (i < to) {
      byte b = source[i];
      if (b == '"') {
        i = stringEnd(source, i, to);
        if (i < 0) {
          return -1;
        }
        continue;
      }
      if (b == '{' || b == '[') {
        depth++;
      } else if (b == '}' || b == ']') {
        if (depth == 0) {
          return i;
        }
        depth--;
        if (depth == 0) {
          return i + 1;
        }
      } else if (b == ',' && depth == 0) {
        return i;
      }
      i++;
    }
    return -1;
  }

  /// Appends the attributes of the last line as `details` shows them: `k=v,k2=v2 `, sorted by key
  /// as they were stored.
  void appendDetails(byte[] source, ByteArray out) {
    int at = attributesFrom + 1;
    boolean first = true;
    while (at < attributesTo && source[at] == '"') {
      if (!first) {
        out.append((byte) ',');
      }
      first = false;
      int keyEnd = JsonText.unescape(source, at + 1, attributesTo, out);
      if (keyEnd < 0) {
        return;
      }
      out.append((byte) '=');
      int value = skipSpace(source, keyEnd + 1, attributesTo);
      value = skipSpace(source, value + 1, attributesTo);
      if (value >= attributesTo || source[value] != '"') {
        return;
      }
      int end = JsonText.unescape(source, value + 1, attributesTo, out);
      if (end < 0) {
        return;
      }
      at = skipSpace(source, end + 1, attributesTo);
      if (at < attributesTo && source[at] == ',') {
        at = skipSpace(source, at + 1, attributesTo);
      }
    }
    out.append((byte) ' ');
  }

  private static boolean startsWith(byte[] source, int from, int to, byte[] head) {
    return to - from >= head.length
        && Arrays.equals(source, from, from + head.length, head, 0, head.length);
  }

  private static boolean is(byte[] source, int from, int to, String word) {
    if (to - from != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (source[from + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int skipSpace(byte[] source, int from, int to) {
    int i = from;
    while (i < to && (source[i] == ' ' || source[i] == '\t' || source[i] == '\r')) {
      i++;
    }
    return i;
  }
}
