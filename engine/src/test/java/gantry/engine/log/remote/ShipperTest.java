package gantry.engine.log.remote;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.JsonFileLog;
import gantry.engine.log.LogLine;
import gantry.engine.log.LogOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShipperTest {
  @TempDir Path directory;

  /// Takes lines, unless it is away.
  private static final class Target implements Destination {
    private final List<String> lines = new ArrayList<>();
    private boolean away;
    private int refused;

    @Override
    public String name() {
      return "a target";
    }

    @Override
    public synchronized int send(List<LogLine> more) throws IOException {
      if (away) {
        refused++;
        throw new IOException("away");
      }
      more.forEach(line -> lines.add(line.text()));
      return more.size();
    }

    synchronized void away(boolean gone) {
      away = gone;
    }

    synchronized boolean refusedSome() {
      return refused > 0;
    }

    synchronized List<String> lines() {
      return List.copyOf(lines);
    }

    @Override
    public void close() {}
  }

  private JsonFileLog log(long maxSize, int files) {
    return new JsonFileLog(
        directory.resolve("log"),
        new LogOptions(LogOptions.Form.COMPACT, maxSize, files, false, ""));
  }

  private Shipper shipper(JsonFileLog log, Target target, Optional<Long> buffer) {
    return new Shipper("c", log, target, directory.resolve("sent"), buffer);
  }

  private static void write(JsonFileLog log, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      byte[] bytes = (i + "\n").getBytes(StandardCharsets.UTF_8);
      int _ = log.append(Stream.STDOUT, bytes, 0, bytes.length, true);
      log.publish();
    }
  }

  private static List<String> numbers(int from, int to) {
    return java.util.stream.IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  private static void finish(JsonFileLog log, Shipper shipper) {
    log.close();
    shipper.lastWords(10_000).orTimeout(10, TimeUnit.SECONDS).join();
  }

  @Test
  void everything_goesOnce_throughFilesPutAway() throws IOException {
    JsonFileLog log = log(500, 100);
    Target target = new Target();
    Shipper shipper = shipper(log, target, Optional.empty());
    log.open(null);
    shipper.start();
    write(log, 0, 1000);
    finish(log, shipper);
    assertThat(target.lines()).isEqualTo(numbers(0, 1000));
  }

  @Test
  void nextEngine_goesOnWhereTheLastStopped() throws IOException {
    JsonFileLog log = log(500, 100);
    Target target = new Target();
    Shipper first = shipper(log, target, Optional.empty());
    log.open(null);
    write(log, 0, 300);
    first.start();
    finish(log, first);
    JsonFileLog later = log(500, 100);
    later.open(null);
    write(later, 300, 600);
    Shipper second = shipper(later, target, Optional.empty());
    second.start();
    finish(later, second);
    assertThat(target.lines()).isEqualTo(numbers(0, 600));
  }

  @Test
  void targetThatIsAway_getsWhatItMissed() throws IOException {
    JsonFileLog log = log(1 << 20, 5);
    Target target = new Target();
    target.away(true);
    Shipper shipper = shipper(log, target, Optional.empty());
    log.open(null);
    shipper.start();
    write(log, 0, 100);
    while (!target.refusedSome()) {
      Thread.onSpinWait();
    }
    target.away(false);
    finish(log, shipper);
    assertThat(target.lines()).isEqualTo(numbers(0, 100));
  }

  @Test
  void nonBlocking_dropsTheOldest() throws IOException {
    JsonFileLog log = log(1 << 20, 5);
    Target target = new Target();
    target.away(true);
    Shipper shipper = shipper(log, target, Optional.of(200L));
    log.open(null);
    write(log, 0, 100);
    shipper.start();
    while (!target.refusedSome()) {
      Thread.onSpinWait();
    }
    target.away(false);
    finish(log, shipper);
    assertThat(target.lines()).endsWith("98", "99").hasSizeBetween(5, 15);
  }

  @Test
  void lastWords_toATargetThatStaysAway_end() throws IOException {
    JsonFileLog log = log(1 << 20, 5);
    Target target = new Target();
    target.away(true);
    Shipper shipper = shipper(log, target, Optional.empty());
    log.open(null);
    write(log, 0, 10);
    shipper.start();
    log.close();
    shipper.lastWords(50).orTimeout(5, TimeUnit.SECONDS).join();
    assertThat(target.lines()).isEmpty();
  }
}
