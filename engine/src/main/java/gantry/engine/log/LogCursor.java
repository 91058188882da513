package gantry.engine.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Reads a log line by line, through files put away meanwhile, from a place that survives the end
/// of this program. One thread.
///
/// It holds the file that it is in: what is put away, or deleted, while it is read is read to its
/// end. What is lost is a file that was deleted before its turn came.
public final class LogCursor implements AutoCloseable {
  private static final int BLOCK = 64 * 1024;
  private static final int BLOCK_MAX = 16 << 20;

  /// Between two lines: a file by its inode, and bytes of it.
  public record Place(long inode, long offset) {}

  private final JsonFileLog log;
  private final LineDecoder decoder = new LineDecoder();
  private final ByteArray text = new ByteArray(1024);
  private final List<Long> ends = new ArrayList<>(); // of the lines last read, as offsets
  private @Nullable LogSegment segment;
  private @Nullable Place saved;
  private long offset;
  private boolean lost;

  /// @param from where to begin; null for the beginning of what there is
  public LogCursor(JsonFileLog log, @Nullable Place from) {
    this.log = log;
    this.saved = from;
  }

  /// The lines that come next, some of them; none when there are no more now. The same again until
  /// [#consumed].
  public List<LogLine> read() throws IOException {
    List<LogLine> lines = new ArrayList<>();
    ends.clear();
    while (lines.isEmpty()) {
      LogSegment current = current();
      if (current == null) {
        return lines;
      }
      boolean complete = current.generation() < log.generation();
      long end = size(current, complete);
      if (offset < end) {
        read(current, end, lines);
        if (lines.isEmpty() && !complete) {
          return lines;
        }
        if (lines.isEmpty()) {
          offset = end; // the rest is no line of ours
        }
      } else if (complete) {
        next(current);
      } else {
        return lines;
      }
    }
    return lines;
  }

  /// Goes on behind the first `count` lines of those last read.
  public void consumed(int count) {
    if (count > 0) {
      offset = ends.get(count - 1);
    }
  }

  /// Where it stands; null before the first file is there.
  public @Nullable Place place() throws IOException {
    LogSegment current = segment;
    return current == null ? saved : new Place(current.inode(), offset);
  }

  /// Whether output was deleted before it was read, since the last time this was asked.
  public boolean lostSome() {
    boolean before = lost;
    lost = false;
    return before;
  }

  /// Leaves out all but about the last `bytes` of the log, if there is more; whether there was.
  public boolean skipTo(long bytes) throws IOException {
    LogSegment current = current();
    if (current == null) {
      return false;
    }
    boolean skipped = false;
    while (current.generation() < log.generation()
        && log.published() + current.channel().size() - offset > bytes) {
      next(current);
      skipped = true;
      current = current();
      if (current == null) {
        return true;
      }
    }
    long end = size(current, current.generation() < log.generation());
    if (end - offset > bytes) {
      offset = lineAfter(current, end - bytes, end);
      skipped = true;
    }
    return skipped;
  }

  /// Blocks until there may be more, or the writer is gone; at most that long.
  public void await(long millis) throws InterruptedException {
    LogSegment current = segment;
    log.awaitChange(
        log.run(),
        current == null ? log.generation() : current.generation(),
        offset,
        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private @Nullable LogSegment current() throws IOException {
    if (segment == null) {
      List<LogSegment> segments = new ArrayList<>(log.segments());
      Place from = saved;
      LogSegment chosen = null;
      for (LogSegment candidate : segments) {
        if (from != null && candidate.inode() == from.inode) {
          chosen = candidate;
          offset = Math.min(from.offset, candidate.channel().size());
        }
      }
      if (chosen == null && !segments.isEmpty()) {
        chosen = segments.getFirst();
        offset = 0;
        lost = from != null;
      }
      for (LogSegment candidate : segments) {
        if (chosen == null || candidate.generation() != chosen.generation()) {
          candidate.close();
        }
      }
      segment = chosen;
    }
    return segment;
  }

  private void next(LogSegment current) throws IOException {
    LogSegment following = log.after(current.generation());
    if (following != null) {
      lost |= following.generation() > current.generation() + 1;
      segment = following;
      offset = 0;
      current.close();
    }
  }

  private long size(LogSegment current, boolean complete) throws IOException {
    long all = current.channel().size();
    return complete ? all : Math.min(log.published(), all);
  }

  private void read(LogSegment current, long end, List<LogLine> lines) throws IOException {
    int size = BLOCK;
    while (lines.isEmpty()) {
      byte[] block = new byte[(int) Math.min(size, end - offset)];
      int count = current.read(offset, block, 0, block.length);
      decode(block, count, lines);
      if (count < size || size >= BLOCK_MAX) {
        return;
      }
      size *= 2; // a line with large attributes
    }
  }

  private void decode(byte[] block, int count, List<LogLine> lines) {
    int at = 0;
    for (int i = 0; i < count; i++) {
      if (block[i] == '\n') {
        text.clear();
        if (decoder.decode(block, at, i, text)) {
          lines.add(line(block));
          ends.add(offset + i + 1);
        }
        at = i + 1;
      }
    }
  }

  private LogLine line(byte[] block) {
    boolean complete = text.length > 0 && text.array[text.length - 1] == '\n';
    long nanos = Timestamps.parse(block, decoder.timeFrom, decoder.timeTo);
    return new LogLine(
        decoder.stream,
        Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L)),
        new String(text.array, 0, complete ? text.length - 1 : text.length, StandardCharsets.UTF_8),
        complete);
  }

  private static long lineAfter(LogSegment current, long from, long end) throws IOException {
    byte[] block = new byte[BLOCK];
    long at = from;
    while (at < end) {
      int count = current.read(at, block, 0, (int) Math.min(block.length, end - at));
      for (int i = 0; i < count; i++) {
        if (block[i] == '\n') {
          return at + i + 1;
        }
      }
      if (count == 0) {
        break;
      }
      at += count;
    }
    return end;
  }

  @Override
  public void close() throws IOException {
    if (segment != null) {
      segment.close();
    }
  }
}
