package gantry.engine.log;

import gantry.engine.container.LogQuery;
import gantry.engine.container.OutputSink;
import gantry.engine.container.OutputSink.Stream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Answers one query for log lines: from where the query begins to the end of the log or,
/// following, to the end of the program's run, across files put away meanwhile.
///
/// Lines of one stream that follow each other are delivered together, up to a block at a time.
public final class LogReader {
  private static final int BLOCK = 256 * 1024;

  private final JsonFileLog log;
  private final LogQuery query;
  private final OutputSink sink;
  private final long since;
  private final long until;
  private final boolean timed;

  private final LineDecoder decoder = new LineDecoder();
  private final ByteArray text = new ByteArray(BLOCK);
  private final boolean[] midLine = new boolean[Stream.values().length];
  private byte[] block = new byte[BLOCK];
  private Stream pending = Stream.STDOUT;
  private boolean ended;

  public LogReader(JsonFileLog log, LogQuery query, OutputSink sink) {
    this.log = log;
    this.query = query;
    this.sink = sink;
    this.since = query.since().map(Timestamps::nanos).orElse(Long.MIN_VALUE);
    this.until = query.until().map(Timestamps::nanos).orElse(Long.MAX_VALUE);
    this.timed = query.since().isPresent() || query.until().isPresent();
  }

  /// Delivers. `ready` is run when the files are open, before the first line.
  public void run(Runnable ready) throws IOException, InterruptedException {
    long run = log.run();
    boolean follow = query.follow() && log.writing();
    Deque<LogSegment> segments = new ArrayDeque<>(log.segments());
    try {
      ready.run();
      long position = begin(segments);
      LogSegment segment = segments.poll();
      while (!ended) {
        if (segment == null) {
          segment = follow ? first(run) : null;
          if (segment == null) {
            return;
          }
        }
        try (LogSegment current = segment) {
          readSegment(current, position, follow && segments.isEmpty(), run);
          position = 0;
          long last = current.generation();
          segment = segments.poll();
          if (segment == null && follow && !ended) {
            segment = log.after(last);
            if (segment == null) {
              return;
            }
          }
        }
      }
    } finally {
      for (LogSegment segment : segments) {
        segment.close();
      }
    }
  }

  /// Waits for the first file of a log that has none yet.
  private @Nullable LogSegment first(long run) throws IOException, InterruptedException {
    log.awaitChange(run, log.generation(), 0, deadline());
    List<LogSegment> segments = log.segments();
    for (LogSegment other : segments.subList(Math.min(1, segments.size()), segments.size())) {
      other.close();
    }
    return segments.isEmpty() ? null : segments.getFirst();
  }

  /// Where to begin in the first of `segments`; those before the beginning are closed and taken
  /// away.
  private long begin(Deque<LogSegment> segments) throws IOException {
    if (query.tail().isEmpty() || query.tail().getAsInt() < 0) {
      return 0;
    }
    Tail tail = new Tail(query.tail().getAsInt());
    Deque<LogSegment> kept = new ArrayDeque<>();
    long begin = 0;
    while (!segments.isEmpty()) {
      LogSegment segment = segments.pollLast();
      kept.addFirst(segment);
      begin = tail.search(segment, size(segment));
      if (tail.found) {
        break;
      }
    }
    for (LogSegment segment : segments) {
      segment.close();
    }
    segments.clear();
    segments.addAll(kept);
    return begin;
  }

  private long size(LogSegment segment) throws IOException {
    return segment.generation() < log.generation()
        ? segment.channel().size()
        : Math.min(log.published(), segment.channel().size());
  }

  /// Delivers one file from `from` on; with `follow` until there is a next one, or no more writer.
  private void readSegment(LogSegment segment, long from, boolean follow, long run)
      throws IOException, InterruptedException {
    long position = from;
    while (!ended) {
      boolean writing = log.writing() && log.run() == run;
      boolean complete = segment.generation() < log.generation();
      long end = size(segment);
      position = readUntil(segment, position, end);
      flush();
      if (ended || !follow || complete || !writing) {
        return;
      }
      if (System.nanoTime() - deadline() >= 0) {
        ended = true;
        return;
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      log.awaitChange(run, segment.generation(), end, deadline());
    }
  }

  /// When following ends by the clock, in [System#nanoTime].
  private long deadline() {
    if (query.until().isEmpty()) {
      return System.nanoTime() + (Long.MAX_VALUE >> 2);
    }
    long left = until - Timestamps.nanos(Instant.now());
    return System.nanoTime() + Math.clamp(left, 0, Long.MAX_VALUE >> 2);
  }

  /// Delivers the whole lines of `[from, end)` and returns where the last of them ends.
  private long readUntil(LogSegment segment, long from, long end) throws IOException {
    long position = from;
    while (position < end && !ended) {
      int count = segment.read(position, block, 0, (int) Math.min(block.length, end - position));
      int taken = deliver(count);
      if (taken == 0) {
        if (count < block.length) {
          return position; // the rest of a line that is not there
        }
        block = new byte[block.length * 2]; // a line of attributes larger than the block
      }
      position += taken;
    }
    return position;
  }

  /// Delivers the whole lines among the first `count` bytes of the block; returns where they end.
  private int deliver(int count) throws IOException {
    int at = 0;
    while (at < count && !ended) {
      int before = text.length;
      int next = decoder.decodeAlike(block, at, count, text);
      if (next < 0) {
        int newline = newline(at, count);
        if (newline == count) {
          break;
        }
        next = newline + 1;
        if (!decoder.decode(block, at, newline, text)) {
          at = next; // not one of ours: somebody wrote into the file
          continue;
        }
      }
      line(before);
      at = next;
    }
    return at;
  }

  private int newline(int from, int count) {
    int at = from;
    while (at < count && block[at] != '\n') {
      at++;
    }
    return at;
  }

  /// Takes the line whose text was just put behind `before`.
  private void line(int before) throws IOException {
    Stream stream = decoder.stream;
    boolean chosen = stream == Stream.STDOUT ? query.stdout() : query.stderr();
    if ((timed && !inTime()) || !chosen) {
      text.length = before;
      return;
    }
    if (stream != pending || query.timestamps() || query.details()) {
      restart(before, stream);
    }
    noteEnd(stream);
    if (text.length >= BLOCK) {
      flush();
    }
  }

  private void noteEnd(Stream stream) {
    midLine[slot(stream)] = text.length > 0 && text.array[text.length - 1] != '\n';
  }

  private static int slot(Stream stream) {
    return stream == Stream.STDOUT ? 0 : 1;
  }

  /// Delivers what stands before `from`, and puts a prefix before the rest where it begins a line.
  private void restart(int from, Stream stream) throws IOException {
    byte[] line = java.util.Arrays.copyOfRange(text.array, from, text.length);
    text.length = from;
    if (stream != pending) {
      flush();
      pending = stream;
    }
    if (!midLine[slot(stream)]) {
      if (query.timestamps()) {
        long time = Timestamps.parse(block, decoder.timeFrom, decoder.timeTo);
        text.append(
            Timestamps.fixed(
                Instant.ofEpochSecond(
                    Math.floorDiv(time, 1_000_000_000L), Math.floorMod(time, 1_000_000_000L))));
        text.append((byte) ' ');
      }
      if (query.details()) {
        decoder.appendDetails(block, text);
      }
    }
    text.append(line);
  }

  private boolean inTime() {
    long time = Timestamps.parse(block, decoder.timeFrom, decoder.timeTo);
    if (time > until) {
      ended = true;
      return false;
    }
    return time >= since;
  }

  private void flush() throws IOException {
    if (text.length > 0) {
      sink.accept(pending, text.array, 0, text.length);
      text.clear();
    }
  }

  /// Finds where the last lines begin, from the end backwards. A stored piece without line end and
  /// the ones behind it are one line.
  private static final class Tail {
    private final int wanted;
    private final LineDecoder decoder = new LineDecoder();
    private final ByteArray text = new ByteArray(4096);
    private int lines;
    private boolean any;
    boolean found;

    Tail(int wanted) {
      this.wanted = wanted;
    }

    /// Where in the first `size` bytes of `segment` the wanted lines begin; 0 when not [#found].
    long search(LogSegment segment, long size) throws IOException {
      if (wanted == 0) {
        found = true;
        return size;
      }
      long end = size; // of the record that is looked at
      long blockStart = size;
      byte[] held = new byte[0]; // [blockStart, end)
      while (end > 0) {
        int newline = lastNewline(held, (int) (end - blockStart) - 1);
        if (newline < 0 && blockStart > 0) {
          int more = (int) Math.min(Math.max(BLOCK / 4, held.length), blockStart);
          byte[] grown = new byte[more + (int) (end - blockStart)];
          segment.read(blockStart - more, grown, 0, more);
          System.arraycopy(held, 0, grown, more, (int) (end - blockStart));
          held = grown;
          blockStart -= more;
          continue;
        }
        if (endsLine(held, newline + 1, (int) (end - blockStart)) || !any) {
          if (any && ++lines == wanted) {
            found = true;
            return end;
          }
          any = true;
        }
        end = blockStart + newline + 1;
      }
      return 0;
    }

    private boolean endsLine(byte[] bytes, int from, int to) {
      text.clear();
      int end = to > from && bytes[to - 1] == '\n' ? to - 1 : to;
      return decoder.decode(bytes, from, end, text)
          && text.length > 0
          && text.array[text.length - 1] == '\n';
    }

    /// The last line end before the one at `before`.
    private static int lastNewline(byte[] bytes, int before) {
      for (int i = before - 1; i >= 0; i--) {
        if (bytes[i] == '\n') {
          return i;
        }
      }
      return -1;
    }
  }
}
