package gantry.engine.log;

import gantry.engine.container.OutputSink.Stream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// The log of one container on this machine, as `json-file` or `local` have it: the file that grows
/// and the ones put away, `…log.1` being the youngest of these.
///
/// One thread writes, between [#open] and [#close]: [#append], then the caller records [#mark]
/// where it survives a crash, then [#publish]. Bytes are shown to readers after that only, so that
/// no reader sees what a restart would cut off again. Any number of threads read, by [LogReader].
///
/// What a crash may interrupt, and what [#open] makes of it:
/// - between write and mark: the file is longer than the mark, and is cut to it;
/// - while files are put away: these moves go from the oldest to the youngest, and skip a gap, so
///   that doing them again loses nothing. The mark names the file by its inode: when the growing
///   file is another one than the marked, the marked one was complete and the growing one is empty.
public final class JsonFileLog {
  /// The state of the growing file that must be on record before it is published.
  public record Mark(long inode, long size) {}

  private final Path file;
  private final LogOptions options;
  private final LineEncoder encoder;
  private final ByteArray lines = new ByteArray(0); // most programs write nothing, or little
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private @Nullable FileChannel channel; // of the writer
  private long inode;
  private long size;

  private volatile long published;
  private final AtomicLong generation = new AtomicLong();
  private final AtomicLong run = new AtomicLong();
  private volatile boolean writing;
  private final AtomicInteger waiting = new AtomicInteger();

  public JsonFileLog(Path file, LogOptions options) {
    this.file = file;
    this.options = options;
    this.encoder = new LineEncoder(options.form(), options.attributes());
  }

  public Path file() {
    return file;
  }

  /// Begins to write: from `mark` on where there is one, after the last whole line where not.
  public void open(@Nullable Mark mark) throws IOException {
    openFile();
    long length = channel().size();
    if (mark != null && mark.inode != 0) {
      size = mark.inode == inode ? Math.min(mark.size, length) : 0;
    } else {
      size = endOfLastLine(length);
    }
    if (size < length) {
      channel().truncate(size);
    }
    published = size;
    run.incrementAndGet();
    writing = true;
  }

  /// Whether a writer has the log open.
  public boolean writing() {
    return writing;
  }

  /// Writes the lines of `source[from, to)`, as far as the growing file has room for them, and
  /// returns where the first byte is that was not taken. With `last` the rest of a line is taken
  /// too.
  public int append(Stream stream, byte[] source, int from, int to, boolean last)
      throws IOException {
    lines.clear();
    long room = Math.max(1, options.maxSizeBytes() - size);
    int taken = encoder.encode(stream, source, from, to, last, Instant.now(), room, lines);
    if (lines.length > 0) {
      ByteBuffer bytes = ByteBuffer.wrap(lines.array, 0, lines.length);
      long at = size;
      while (bytes.hasRemaining()) {
        at += channel().write(bytes, at);
      }
      size = at;
    }
    return taken;
  }

  public Mark mark() {
    return new Mark(inode, size);
  }

  /// Shows what was written to readers, and puts the file away when it is full.
  public void publish() throws IOException {
    published = size;
    if (size >= options.maxSizeBytes()) {
      rotate();
    }
    wakeReaders();
  }

  /// Ends the writing; readers that follow come to their end.
  public void close() {
    lock.lock();
    try {
      writing = false;
      lines.release();
      if (channel != null) {
        channel.close();
        channel = null;
      }
      changed.signalAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  /// Deletes all files of the log.
  public void delete() throws IOException {
    for (int i = 0; i < Math.max(2, options.maxFiles() + 1); i++) {
      Files.deleteIfExists(rotated(i));
      Files.deleteIfExists(compressed(i));
    }
  }

  /// A run of the program that readers follow: the number of the latest one.
  long run() {
    return run.get();
  }

  long generation() {
    return generation.get();
  }

  /// How much of the growing file may be read.
  long published() throws IOException {
    return writing ? published : Files.exists(file) ? Files.size(file) : 0;
  }

  /// Opens all files, the oldest first; the caller closes them.
  List<LogSegment> segments() throws IOException {
    lock.lock();
    try {
      List<LogSegment> segments = new ArrayList<>();
      for (int i = options.maxFiles() - 1; i >= 0; i--) {
        LogSegment segment = openSegment(i);
        if (segment != null) {
          segments.add(segment);
        }
      }
      return segments;
    } finally {
      lock.unlock();
    }
  }

  /// Opens the file that came after the one of `previous`, or the oldest that is left.
  @Nullable LogSegment after(long previous) throws IOException {
    lock.lock();
    try {
      for (long i = Math.min(generation.get() - previous - 1, options.maxFiles() - 1L);
          i >= 0;
          i--) {
        LogSegment segment = openSegment((int) i);
        if (segment != null) {
          return segment;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /// Blocks until there is more than `position` of file `ofGeneration`, or another file, or the
  /// writer of `ofRun` is gone, or `deadlineNanos` of [System#nanoTime] has passed.
  void awaitChange(long ofRun, long ofGeneration, long position, long deadlineNanos)
      throws InterruptedException {
    lock.lockInterruptibly();
    try {
      waiting.incrementAndGet();
      while (writing
          && run.get() == ofRun
          && generation.get() == ofGeneration
          && published <= position) {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return;
        }
        changed.awaitNanos(Math.min(left, TimeUnit.HOURS.toNanos(1)));
      }
    } finally {
      waiting.decrementAndGet();
      lock.unlock();
    }
  }

  private void wakeReaders() {
    if (waiting.get() > 0) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private @Nullable LogSegment openSegment(int index) throws IOException {
    long of = generation.get() - index;
    try {
      return LogSegment.open(rotated(index), of);
    } catch (NoSuchFileException _) { // perhaps compressed, perhaps not there
      return index > 0 && Files.exists(compressed(index))
          ? LogSegment.openCompressed(compressed(index), of)
          : null;
    }
  }

  private void openFile() throws IOException {
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    inode = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
  }

  private FileChannel channel() {
    if (channel == null) {
      throw new IllegalStateException("log " + file + " is not open for writing");
    }
    return channel;
  }

  /// Puts the full file away and begins a new one.
  private void rotate() throws IOException {
    lock.lock();
    try {
      channel().close();
      int gap = 1;
      while (gap < options.maxFiles()
          && (Files.exists(rotated(gap)) || Files.exists(compressed(gap)))) {
        gap++;
      }
      if (gap == options.maxFiles()) { // the oldest goes
        gap = Math.max(1, options.maxFiles() - 1);
        Files.deleteIfExists(rotated(gap));
        Files.deleteIfExists(compressed(gap));
      }
      for (int i = gap; i > 1; i--) {
        moveIfThere(rotated(i - 1), rotated(i));
        moveIfThere(compressed(i - 1), compressed(i));
      }
      if (options.maxFiles() > 1) {
        Files.move(file, rotated(1), StandardCopyOption.REPLACE_EXISTING);
      } else {
        Files.delete(file);
      }
      openFile();
      size = 0;
      published = 0;
      generation.incrementAndGet();
    } finally {
      lock.unlock();
    }
    if (options.compress() && options.maxFiles() > 1) {
      compress(generation.get());
    }
  }

  /// Compresses the file just put away, on a thread of its own; gives up quietly when it was moved
  /// on meanwhile: the next one put away is compressed again.
  private void compress(long ofGeneration) {
    Thread.ofVirtual()
        .name("log-compress")
        .start(
            () -> {
              Path partial = file.resolveSibling(file.getFileName() + ".gz.partial");
              try {
                try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(partial))) {
                  Files.copy(rotated(1), out);
                }
                lock.lock();
                try {
                  if (generation.get() == ofGeneration && Files.exists(rotated(1))) {
                    Files.move(partial, compressed(1), StandardCopyOption.REPLACE_EXISTING);
                    Files.delete(rotated(1));
                  }
                } finally {
                  lock.unlock();
                }
              } catch (IOException _) { // stays as it is: readable, only larger
              } finally {
                deleteQuietly(partial);
              }
            });
  }

  private static void deleteQuietly(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException _) { // overwritten by the next one
    }
  }

  private static void moveIfThere(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (NoSuchFileException _) { // a gap, or of the other kind
    }
  }

  private Path rotated(int index) {
    return index == 0 ? file : file.resolveSibling(file.getFileName() + "." + index);
  }

  private Path compressed(int index) {
    return file.resolveSibling(file.getFileName() + "." + index + ".gz");
  }

  /// Where the last whole line of the first `length` bytes ends.
  private long endOfLastLine(long length) throws IOException {
    byte[] block = new byte[8192];
    long end = length;
    while (end > 0) {
      int count = (int) Math.min(block.length, end);
      ByteBuffer buffer = ByteBuffer.wrap(block, 0, count);
      while (buffer.hasRemaining()
          && channel().read(buffer, end - count + buffer.position()) > 0) {}
      for (int i = count - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return end - count + i + 1;
        }
      }
      end -= count;
    }
    return 0;
  }
}
