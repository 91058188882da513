package gantry.engine.log;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.container.OutputSink.Stream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogLinesTest {
  private static final Instant TIME = Instant.parse("2026-11-22T15:14:04.120Z");

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String encode(byte[] source, boolean last) {
    return encode(LogOptions.Form.JSON, source, last);
  }

  private static String encode(LogOptions.Form form, byte[] source, boolean last) {
    ByteArray out = new ByteArray(16);
    int _ =
        new LineEncoder(form, "")
            .encode(Stream.STDOUT, source, 0, source.length, last, TIME, Long.MAX_VALUE, out);
    return new String(out.array, 0, out.length, StandardCharsets.UTF_8);
  }

  private static String decodeAll(String lines) {
    byte[] source = bytes(lines);
    ByteArray out = new ByteArray(16);
    LineDecoder decoder = new LineDecoder();
    int at = 0;
    while (at < source.length) {
      int next = decoder.decodeAlike(source, at, source.length, out);
      if (next < 0) {
        next = new String(source, StandardCharsets.ISO_8859_1).indexOf('\n', at) + 1;
        assertThat(decoder.decode(source, at, next - 1, out)).isTrue();
      }
      at = next;
    }
    return new String(out.array, 0, out.length, StandardCharsets.UTF_8);
  }

  @Test
  void encode_line_isDockersForm() {
    assertThat(encode(bytes("say \"hi\"\t\\\u0001\n"), false))
        .isEqualTo(
            "{\"log\":\"say \\\"hi\\\"\\t\\\\\\u0001\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T15:14:04.12Z\"}\n");
  }

  @Test
  void encode_withoutLineEnd_waitsForIt() {
    assertThat(encode(bytes("half"), false)).isEmpty();
    assertThat(encode(bytes("half"), true)).startsWith("{\"log\":\"half\",");
  }

  @Test
  void encode_longLine_isCutBetweenCharacters() {
    String line = "é".repeat(20_000) + "\n";
    assertThat(encode(bytes(line), false).lines()).hasSize(3).noneMatch(l -> l.contains("ufffd"));
    assertThat(decodeAll(encode(bytes(line), false))).isEqualTo(line);
  }

  @Test
  void encode_notUtf8_isReplaced() {
    assertThat(encode(new byte[] {'a', (byte) 0xff, (byte) 0xc3, '\n'}, false))
        .contains("a\\ufffd\\ufffd\\n");
  }

  @Test
  void decode_encoded_isTheSameText() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        int point = random.nextInt(4) == 0 ? random.nextInt(0x2ffff) : random.nextInt(128);
        text.appendCodePoint(point >= 0xd800 && point < 0xe000 ? 'x' : point);
      }
      text.append('\n');
      assertThat(decodeAll(encode(bytes(text.toString()), false))).isEqualTo(text.toString());
    }
  }

  @Test
  void decode_othersWriting_isRead() {
    LineDecoder decoder = new LineDecoder();
    ByteArray out = new ByteArray(16);
    byte[] line =
        bytes(
            "{\"time\":\"2020-01-02T03:04:05Z\", \"attrs\":{\"a\":\"b\",\"c\":\"d\"},\"stream\":\"stderr\",\"log\":\"\\u00e9\\ud83d\\ude00\\n\"}");
    assertThat(decoder.decode(line, 0, line.length, out)).isTrue();
    assertThat(new String(out.array, 0, out.length, StandardCharsets.UTF_8)).isEqualTo("é😀\n");
    assertThat(decoder.stream).isEqualTo(Stream.STDERR);
    assertThat(Timestamps.parse(line, decoder.timeFrom, decoder.timeTo))
        .isEqualTo(Instant.parse("2020-01-02T03:04:05Z").getEpochSecond() * 1_000_000_000L);
    out.clear();
    decoder.appendDetails(line, out);
    assertThat(new String(out.array, 0, out.length, StandardCharsets.UTF_8)).isEqualTo("a=b,c=d ");
  }

  @Test
  void compact_isShort_andReadsBack() {
    String line = encode(LogOptions.Form.COMPACT, bytes("a\nlast"), true);
    assertThat(line).matches("o[0-9a-f]{16}a\nO[0-9a-f]{16}last\n");
    assertThat(decodeAll(line)).isEqualTo("a\nlast");
    LineDecoder decoder = new LineDecoder();
    assertThat(decoder.decode(bytes(line), 0, 18, new ByteArray(16))).isTrue();
    assertThat(Timestamps.parse(bytes(line), decoder.timeFrom, decoder.timeTo))
        .isEqualTo(Timestamps.nanos(TIME));
    assertThat(decoder.decode(bytes("o18a1c0de"), 0, 9, new ByteArray(16))).isFalse();
    assertThat(decoder.decode(bytes("x18a1c0de18a1c0deText"), 0, 21, new ByteArray(16))).isFalse();
  }

  @Test
  void options_areBounded_unlessTheUserSaysOtherwise() {
    List<String> problems = new ArrayList<>();
    assertThat(LogOptions.parse("json-file", Map.of(), Map.of(), problems))
        .isEqualTo(new LogOptions(LogOptions.Form.JSON, 20 << 20, 5, false, ""));
    assertThat(
            LogOptions.parse("json-file", Map.of("max-size", "10k"), Map.of(), problems).maxFiles())
        .isOne();
    assertThat(
            LogOptions.parse("json-file", Map.of("max-size", "-1"), Map.of(), problems)
                .maxSizeBytes())
        .isEqualTo(Long.MAX_VALUE);
    assertThat(problems).isEmpty();
    var _ = LogOptions.parse("local", Map.of("tag", "x"), Map.of(), problems);
    assertThat(problems).containsExactly("unknown log opt 'tag' for local log driver");
  }

  @Test
  void decode_garbage_isRefusedAndLeavesNothing() {
    ByteArray out = new ByteArray(16);
    for (String line :
        new String[] {
          "", "{", "{\"log\":\"x", "{\"log\":\"\\q\"}", "[]", "{\"log\":\"x\"}}", "null"
        }) {
      byte[] source = bytes(line);
      assertThat(new LineDecoder().decode(source, 0, source.length, out)).as(line).isFalse();
      assertThat(out.length).isZero();
    }
  }

  @Test
  void timestamps_storedAndShown() {
    Instant time = Instant.parse("2024-02-29T23:59:59.000000001Z");
    assertThat(new String(Timestamps.fixed(time), StandardCharsets.US_ASCII))
        .isEqualTo("2024-02-29T23:59:59.000000001Z");
    byte[] trimmed = Timestamps.trimmed(Instant.parse("2024-02-29T23:59:59Z"));
    assertThat(new String(trimmed, StandardCharsets.US_ASCII)).isEqualTo("2024-02-29T23:59:59Z");
    byte[] fixed = Timestamps.fixed(time);
    assertThat(Timestamps.parse(fixed, 0, fixed.length)).isEqualTo(Timestamps.nanos(time));
  }
}
