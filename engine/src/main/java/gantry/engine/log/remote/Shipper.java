package gantry.engine.log.remote;

import gantry.engine.log.JsonFileLog;
import gantry.engine.log.LogCursor;
import gantry.engine.log.LogLine;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries one container's lines from its log on this machine to a destination.
///
/// A thread of its own does so while there is something to carry or a program that may write: what
/// is slow, or away, waits there and nowhere else. How far it came is on record after every
/// delivery; who is killed between the two sends the lines of that delivery twice, and never loses
/// one. While the target is away it is tried again after 0.1 s, then after twice as long up to 10
/// s; the daemon's log says when it went and when it came back.
public final class Shipper {
  private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final long QUIET_MILLIS = 60_000;
  private static final int RECORD = 16;

  private final String container;
  private final JsonFileLog log;
  private final Destination destination;
  private final Path record;
  private final Optional<Long> bufferBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition woken = lock.newCondition();

  // Guarded by lock.
  private @Nullable CompletableFuture<Void> running;
  private boolean again;
  private boolean stopped;
  private @Nullable Thread thread;
  private boolean lastWords;
  private long deadlineNanos; // of these

  private boolean away; // of the thread

  /// @param container for messages
  /// @param record file in which is written how far it came
  /// @param bufferBytes how much may wait for the target at most; the oldest is dropped
  public Shipper(
      String container,
      JsonFileLog log,
      Destination destination,
      Path record,
      Optional<Long> bufferBytes) {
    this.container = container;
    this.log = log;
    this.destination = destination;
    this.record = record;
    this.bufferBytes = bufferBytes;
  }

  /// There may be something to carry from now on.
  public void start() {
    lock.lock();
    try {
      if (stopped) {
        return;
      }
      again = true;
      if (running == null) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        running = done;
        thread =
            Thread.ofVirtual()
                .name("log-" + container)
                .start(
                    () -> {
                      try {
                        carryAll();
                      } finally {
                        done.complete(null);
                      }
                    });
      }
    } finally {
      lock.unlock();
    }
  }

  /// Done when all that was written has been carried away, or the patience is over: the container
  /// is being removed.
  public CompletableFuture<Void> lastWords(long patienceMillis) {
    lock.lock();
    try {
      lastWords = true;
      deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
      woken.signalAll();
      return running == null ? CompletableFuture.completedFuture(null) : running;
    } finally {
      lock.unlock();
    }
  }

  /// Stops at once; the next engine goes on.
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      if (running != null && thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Until there is nothing left, and nobody who may write.
  private void carryAll() {
    try (LogCursor cursor = new LogCursor(log, recorded());
        OwnedFd file =
            At.open(Fd.CWD, record.toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
      do {
        carry(cursor, file);
      } while (!ended());
    } catch (IOException | RuntimeException e) {
      failed(e);
    } catch (InterruptedException _) { // stopped
      Thread.currentThread().interrupt();
    } finally {
      destination.close();
    }
  }

  private void failed(Exception failure) {
    lock.lock();
    try {
      running = null;
      if (!stopped) {
        LOG.error(
            "output of container {} is not sent any more: {}",
            container,
            failure.getMessage(),
            failure);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Whether the thread may end; a start that comes now makes another.
  private boolean ended() {
    lock.lock();
    try {
      if (again && !over()) {
        return false;
      }
      running = null;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void begin() {
    lock.lock();
    try {
      again = false;
    } finally {
      lock.unlock();
    }
  }

  private void carry(LogCursor cursor, OwnedFd file) throws IOException, InterruptedException {
    begin();
    while (true) {
      boolean writing = log.writing(); // before the look: what was written until then is seen
      if (!deliver(cursor, file)) {
        return;
      }
      if (!writing || over()) {
        return;
      }
      cursor.await(QUIET_MILLIS);
    }
  }

  /// Carries what there is; false when it was given up.
  private boolean deliver(LogCursor cursor, OwnedFd file) throws IOException, InterruptedException {
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      drop(cursor);
      List<LogLine> lines = cursor.read();
      if (cursor.lostSome()) {
        LOG.warn(
            "output of container {} was deleted before {} took it", container, destination.name());
      }
      if (lines.isEmpty()) {
        return true;
      }
      try {
        cursor.consumed(destination.send(lines));
        write(file, cursor.place());
        pause = FIRST_PAUSE_MILLIS;
        back();
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        gone(e);
        if (!pause(pause)) {
          return false;
        }
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  private void drop(LogCursor cursor) throws IOException {
    if (away && bufferBytes.isPresent() && cursor.skipTo(bufferBytes.get())) {
      LOG.warn(
          "output of container {} is dropped: more than max-buffer-size waits for {}",
          container,
          destination.name());
    }
  }

  private void gone(IOException failure) {
    if (!away) {
      away = true;
      LOG.warn(
          "output of container {} stays here for now: {}: {}; it is tried again",
          container,
          destination.name(),
          failure.getMessage());
    }
  }

  private void back() {
    if (away) {
      away = false;
      LOG.info("output of container {} goes to {} again", container, destination.name());
    }
  }

  private boolean over() {
    lock.lock();
    try {
      return patienceNanos() <= 0;
    } finally {
      lock.unlock();
    }
  }

  private long patienceNanos() {
    return lastWords ? deadlineNanos - System.nanoTime() : Long.MAX_VALUE;
  }

  /// Waits; false when there is no time left.
  private boolean pause(long millis) throws InterruptedException {
    lock.lock();
    try {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      long left = Math.min(end - System.nanoTime(), patienceNanos());
      while (left > 0) {
        long _ = woken.awaitNanos(left);
        left = Math.min(end - System.nanoTime(), patienceNanos());
      }
      return patienceNanos() > 0;
    } finally {
      lock.unlock();
    }
  }

  private LogCursor.@Nullable Place recorded() {
    Optional<OwnedFd> file = At.openIfExists(Fd.CWD, record.toString(), OpenFlags.O_RDONLY);
    if (file.isEmpty()) {
      return null;
    }
    try (OwnedFd open = file.get()) {
      ByteBuffer bytes = ByteBuffer.wrap(FileIo.readAll(open, RECORD));
      return bytes.remaining() < RECORD
          ? null
          : new LogCursor.Place(bytes.getLong(), bytes.getLong());
    }
  }

  private static void write(OwnedFd file, LogCursor.@Nullable Place place) {
    if (place != null) {
      ByteBuffer bytes = ByteBuffer.allocate(RECORD);
      bytes.putLong(place.inode()).putLong(place.offset());
      FileIo.pwriteFully(file, bytes.array(), 0);
    }
  }
}
