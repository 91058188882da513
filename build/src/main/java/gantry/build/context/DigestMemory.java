package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_RDWR;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileStat;
import gantry.linux.file.MappedFile;
import gantry.linux.file.TimeSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What files were found to contain, by device, inode, size, and times of modification and change,
/// so that a file that nobody touched is not read for the next build.
///
/// A file that was changed within the clock's granularity of being read could be changed again
/// without any of these showing it. It is not remembered, and read once more by the next build.
///
/// Kept in a file that is mapped into memory: what is stored survives the process however it ends,
/// and each entry has a checksum, so that one torn by a power cut is none. A table of fixed size,
/// in which new entries take the place of those longest unused.
///
/// Thread-safe.
public final class DigestMemory implements ContentMemory, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DigestMemory.class);

  private static final int WAYS = 8;
  private static final int ENTRY = 12 * Long.BYTES;
  private static final int BUCKET = WAYS * ENTRY;
  private static final int BUCKETS = 1 << 15;
  private static final long SIZE = (long) BUCKETS * BUCKET;
  private static final long MARK = 0x47414e5452590001L; // of this layout: another starts empty

  // the longs of an entry
  private static final int CHECK = 0;
  private static final int DEVICE = 1;
  private static final int INODE = 2;
  private static final int BYTES = 3;
  private static final int MODIFIED = 4;
  private static final int CHANGED = 5;
  private static final int ATTRIBUTES = 6;
  private static final int DIGEST = 7;
  private static final int USED = 11; // not part of the check

  private static final Duration FINE = Duration.ofMillis(50); // a tick is at most 10 ms
  private static final Duration COARSE = Duration.ofMillis(2500); // FAT counts by 2 s, ext3 by 1 s
  private static final int MILLION = 1_000_000;

  private final @Nullable MappedFile file;
  private final MemorySegment table;

  private DigestMemory(@Nullable MappedFile file, MemorySegment table) {
    this.file = file;
    this.table = table;
  }

  /// The memory that `directory` has, in the file `context-digests`; a new one if there is none, or
  /// none of this layout.
  public static DigestMemory open(Fd directory) {
    try (OwnedFd fd = At.open(directory, "context-digests", O_RDWR | O_CREAT | O_NOFOLLOW, 0600)) {
      if (At.stat(fd).sizeBytes() != SIZE) {
        FileControl.truncate(fd, 0);
        FileControl.allocate(fd, 0, SIZE); // else a full disk would be a signal, at any access
      }
      MappedFile file = MappedFile.open(fd, 0, SIZE);
      return new DigestMemory(file, file.memory());
    } catch (SyscallException e) {
      log.warn("cannot keep digests of build contexts, they last until the daemon ends", e);
      return forThisProcess();
    }
  }

  /// A memory that ends with the process.
  public static DigestMemory forThisProcess() {
    return new DigestMemory(null, Arena.ofAuto().allocate(SIZE, Long.BYTES));
  }

  @Override
  public synchronized Optional<Content> find(FileStat stat) {
    long at = entry(stat);
    if (at < 0 || !sameTimes(at, stat) || get(at, CHECK) != check(at)) {
      return Optional.empty();
    }
    put(at, USED, System.currentTimeMillis());
    Sha256 sha256 =
        new Sha256(get(at, DIGEST), get(at, DIGEST + 1), get(at, DIGEST + 2), get(at, DIGEST + 3));
    return Optional.of(new Content(sha256, get(at, ATTRIBUTES) != 0));
  }

  @Override
  public void remember(FileStat stat, Content content, Instant readFrom) {
    TimeSpec changed = stat.changed();
    boolean coarse = changed.nanos() % MILLION == 0;
    Instant settled = changed.toInstant().plus(coarse ? COARSE : FINE);
    if (settled.isBefore(readFrom)) {
      store(stat, content);
    }
  }

  private synchronized void store(FileStat stat, Content content) {
    long at = entry(stat);
    if (at < 0) {
      at = oldest(bucket(stat));
    }
    put(at, CHECK, 0);
    put(at, DEVICE, stat.device().encoded());
    put(at, INODE, stat.inode());
    put(at, BYTES, stat.sizeBytes());
    put(at, MODIFIED, packed(stat.modified()));
    put(at, CHANGED, packed(stat.changed()));
    put(at, ATTRIBUTES, content.hasAttributes() ? 1 : 0);
    Sha256 sha256 = content.sha256();
    put(at, DIGEST, sha256.first());
    put(at, DIGEST + 1, sha256.second());
    put(at, DIGEST + 2, sha256.third());
    put(at, DIGEST + 3, sha256.fourth());
    put(at, USED, System.currentTimeMillis());
    put(at, CHECK, check(at));
  }

  /// The entry of a file, whatever its times were; negative if it has none.
  private long entry(FileStat stat) {
    long bucket = bucket(stat);
    for (long at = bucket; at < bucket + BUCKET; at += ENTRY) {
      if (get(at, INODE) == stat.inode() && get(at, DEVICE) == stat.device().encoded()) {
        return at;
      }
    }
    return -1;
  }

  private long oldest(long bucket) {
    long oldest = bucket;
    for (long at = bucket; at < bucket + BUCKET; at += ENTRY) {
      if (get(at, USED) < get(oldest, USED)) {
        oldest = at;
      }
    }
    return oldest;
  }

  private boolean sameTimes(long at, FileStat stat) {
    return get(at, BYTES) == stat.sizeBytes()
        && get(at, MODIFIED) == packed(stat.modified())
        && get(at, CHANGED) == packed(stat.changed());
  }

  private static long bucket(FileStat stat) {
    long hash = mixed(stat.inode() * 31 + stat.device().encoded());
    return (hash >>> 32) % BUCKETS * BUCKET;
  }

  private static long packed(TimeSpec time) {
    return time.seconds() << 30 | time.nanos(); // 30 bits hold all nanoseconds
  }

  private long check(long at) {
    long sum = MARK;
    for (int i = DEVICE; i < USED; i++) {
      sum = mixed(sum + get(at, i));
    }
    return sum == 0 ? 1 : sum;
  }

  /// The finisher of MurmurHash3: every bit of the result depends on every bit of the value.
  private static long mixed(long value) {
    long hash = value;
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 33;
  }

  private long get(long entry, int index) {
    return table.get(JAVA_LONG, entry + (long) index * Long.BYTES);
  }

  private void put(long entry, int index, long value) {
    table.set(JAVA_LONG, entry + (long) index * Long.BYTES, value);
  }

  /// Lets go of the file. Nobody uses the memory any more.
  @Override
  public synchronized void close() {
    if (file != null) {
      file.close();
    }
  }
}
