package gantry.engine.log;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.engine.container.OutputSink.Stream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/// A log file may hold anything, and so may a program's output: reading ends in lines or in none,
/// and what was written reads back.
class LogFuzzTest {
  private static final Instant TIME = Instant.parse("2026-11-22T15:14:04.120Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  @FuzzTest
  void decode(byte[] file) {
    decodeAll(file);
  }

  @FuzzTest
  void encode(byte[] output) throws IOException {
    ByteArray lines = new ByteArray(16);
    int taken =
        new LineEncoder(LogOptions.Form.JSON, "")
            .encode(Stream.STDERR, output, 0, output.length, true, TIME, Long.MAX_VALUE, lines);
    check(taken == output.length, "not all was taken");
    byte[] file = Arrays.copyOf(lines.array, lines.length);
    byte[] decoded = decodeAll(file);
    check(Arrays.equals(decoded, parseAll(file)), "a JSON parser reads something else");
    byte[] repaired = new String(output, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
    check(!Arrays.equals(output, repaired) || Arrays.equals(decoded, output), "does not read back");
  }

  @FuzzTest
  void encodeCompactly(byte[] output) {
    ByteArray lines = new ByteArray(16);
    int taken =
        new LineEncoder(LogOptions.Form.COMPACT, "")
            .encode(Stream.STDERR, output, 0, output.length, true, TIME, Long.MAX_VALUE, lines);
    check(taken == output.length, "not all was taken");
    byte[] decoded = decodeAll(Arrays.copyOf(lines.array, lines.length));
    check(Arrays.equals(decoded, output), "does not read back");
  }

  /// The text of all lines, read as a follower does: lines like the last one by the short way.
  private static byte[] decodeAll(byte[] file) {
    LineDecoder decoder = new LineDecoder();
    ByteArray text = new ByteArray(16);
    int at = 0;
    while (at < file.length) {
      int before = text.length;
      int next = decoder.decodeAlike(file, at, file.length, text);
      if (next < 0) {
        check(text.length == before, "a line that was not read left text");
        int end = lineEnd(file, at);
        next = end + 1;
        if (decoder.decode(file, at, end, text)) {
          checkFields(decoder, file, at, end);
        } else {
          check(text.length == before, "a line that was refused left text");
        }
      }
      check(next > at, "no progress");
      check(text.length - before <= next - at, "more text than the line has bytes");
      at = next;
    }
    return Arrays.copyOf(text.array, text.length);
  }

  private static void checkFields(LineDecoder decoder, byte[] file, int from, int end) {
    check(
        from <= decoder.timeFrom && decoder.timeFrom <= decoder.timeTo && decoder.timeTo <= end,
        "the time is not in the line");
    check(
        from <= decoder.attributesFrom
            && decoder.attributesFrom <= decoder.attributesTo
            && decoder.attributesTo <= end,
        "the attributes are not in the line");
    long _ = Timestamps.parse(file, decoder.timeFrom, decoder.timeTo);
    ByteArray details = new ByteArray(16);
    decoder.appendDetails(file, details);
    check(details.length <= end - from + 1, "more details than the line has bytes");
  }

  private static int lineEnd(byte[] file, int from) {
    int end = from;
    while (end < file.length && file[end] != '\n') {
      end++;
    }
    return end;
  }

  private static byte[] parseAll(byte[] file) throws IOException {
    ByteArray text = new ByteArray(16);
    for (int at = 0; at < file.length; at = lineEnd(file, at) + 1) {
      JsonNode line = JSON.readTree(file, at, lineEnd(file, at) - at);
      check(line.path("stream").asText().equals("stderr"), "another stream");
      text.append(line.path("log").asText().getBytes(StandardCharsets.UTF_8));
    }
    return Arrays.copyOf(text.array, text.length);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
