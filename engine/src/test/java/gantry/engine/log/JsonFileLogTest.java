package gantry.engine.log;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.container.LogQuery;
import gantry.engine.container.OutputSink.Stream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonFileLogTest {
  @TempDir Path directory;

  private JsonFileLog log(long maxSizeBytes, int maxFiles) {
    return new JsonFileLog(
        directory.resolve("c-json.log"),
        new LogOptions(LogOptions.Form.JSON, maxSizeBytes, maxFiles, false, ""));
  }

  private static void write(JsonFileLog log, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    while (at < bytes.length) {
      at = log.append(Stream.STDOUT, bytes, at, bytes.length, true);
      log.publish();
    }
  }

  private static String read(JsonFileLog log, OptionalInt tail)
      throws IOException, InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LogQuery query =
        new LogQuery(true, true, false, false, false, Optional.empty(), Optional.empty(), tail);
    new LogReader(log, query, (_, bytes, offset, length) -> out.write(bytes, offset, length))
        .run(() -> {});
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void read_tail_beginsWhereTheLinesDo() throws Exception {
    JsonFileLog log = log(Long.MAX_VALUE, 1);
    log.open(null);
    write(log, "1\n2\n3\n");
    assertThat(read(log, OptionalInt.empty())).isEqualTo("1\n2\n3\n");
    assertThat(read(log, OptionalInt.of(2))).isEqualTo("2\n3\n");
    assertThat(read(log, OptionalInt.of(0))).isEmpty();
    assertThat(read(log, OptionalInt.of(9))).isEqualTo("1\n2\n3\n");
    log.close();
  }

  @Test
  void read_acrossFilesPutAway_inOrder() throws Exception {
    JsonFileLog log = log(400, 3);
    log.open(null);
    for (int i = 0; i < 40; i++) {
      write(log, "line " + i + "\n");
    }
    String kept = read(log, OptionalInt.empty());
    assertThat(kept).endsWith("line 39\n");
    assertThat(Files.exists(directory.resolve("c-json.log.2"))).isTrue();
    assertThat(Files.exists(directory.resolve("c-json.log.3"))).isFalse();
    assertThat(read(log, OptionalInt.of(8))).startsWith("line 32\n").endsWith("line 39\n");
    log.close();
  }

  @Test
  void open_afterACrash_cutsToTheMark() throws Exception {
    JsonFileLog log = log(Long.MAX_VALUE, 1);
    log.open(null);
    write(log, "on record\n");
    JsonFileLog.Mark mark = log.mark();
    write(log, "not on record\n");
    log.close();
    JsonFileLog again = log(Long.MAX_VALUE, 1);
    again.open(mark);
    assertThat(read(again, OptionalInt.empty())).isEqualTo("on record\n");
    again.close();
  }

  @Test
  void open_withoutAMark_cutsHalfALine() throws Exception {
    JsonFileLog log = log(Long.MAX_VALUE, 1);
    log.open(null);
    write(log, "whole\n");
    log.close();
    Files.writeString(log.file(), "{\"log\":\"ha", StandardOpenOption.APPEND);
    JsonFileLog again = log(Long.MAX_VALUE, 1);
    again.open(null);
    write(again, "next\n");
    assertThat(read(again, OptionalInt.empty())).isEqualTo("whole\nnext\n");
    again.close();
  }

  @Test
  void open_ofAnotherFileThanMarked_keepsNothingOfIt() throws Exception {
    JsonFileLog log = log(Long.MAX_VALUE, 2);
    log.open(null);
    write(log, "a\n");
    log.close();
    JsonFileLog again = log(Long.MAX_VALUE, 2);
    again.open(new JsonFileLog.Mark(1, 5));
    assertThat(read(again, OptionalInt.empty())).isEmpty();
    again.close();
  }
}
