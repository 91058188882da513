package gantry.engine.stdio;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Transfer;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One stream's bytes between the pipe and the log: moved into a file by splice(2), so that they
/// are never only in this process, and kept here in memory as well until they are in the log.
///
/// The file is made when the first bytes come, and emptied when all of it is in the log.
final class Spool implements AutoCloseable {
  /// Size from which an entirely processed file is emptied.
  static final long EMPTY_FROM = 4L << 20;

  private static final int CHUNK = 256 * 1024;
  private static final int SMALLEST = 4096;

  private final Path path;
  private @Nullable OwnedFd file;
  private long size;
  private long done;

  byte[] buffer = new byte[0]; // holds [done, size) of the file at [from, to)
  int from;
  int to;

  Spool(Path path) {
    this.path = path;
  }

  /// Goes on with the file of an earlier process, if there is one, from byte `processed` on.
  void recover(long processed) {
    if (At.statIfExists(Fd.CWD, path.toString()).isEmpty()) {
      return;
    }
    OwnedFd open = open();
    size = At.stat(open).sizeBytes();
    done = processed <= size ? processed : 0; // it was emptied, and nothing had come since
    FileControl.seekEnd(open);
    load(size - done);
  }

  /// Moves what `pipe` has into the file and into [#buffer]. Returns how many bytes came, 0 at the
  /// end of the stream; empty when there is nothing now.
  OptionalLong fill(Fd pipe) {
    OptionalLong moved = Transfer.trySplice(pipe, open(), CHUNK);
    if (moved.isPresent() && moved.getAsLong() > 0) {
      size += moved.getAsLong();
      load(moved.getAsLong());
    }
    return moved;
  }

  /// Notes that the first bytes of the buffer, up to `consumed`, are in the log.
  void consumed(int upTo) {
    done += upTo - from;
    from = upTo;
    if (from == to) {
      from = 0;
      to = 0;
    }
  }

  long done() {
    return done;
  }

  /// Whether the file is worth emptying: all of it is in the log.
  boolean emptiable() {
    return done == size && size >= EMPTY_FROM;
  }

  /// Empties the file. The caller records [#done] afterwards; a crash in between is found by the
  /// file being shorter than the record says.
  void empty() {
    FileControl.truncate(open(), 0);
    FileControl.seek(open(), 0);
    size = 0;
    done = 0;
  }

  /// Reads the last `count` bytes of the file behind what the buffer holds.
  private void load(long count) {
    int length = Math.toIntExact(count);
    if (buffer.length - to < length) {
      byte[] roomy =
          buffer.length - (to - from) >= length ? buffer : new byte[grown(to - from + length)];
      System.arraycopy(buffer, from, roomy, 0, to - from);
      to -= from;
      from = 0;
      buffer = roomy;
    }
    long position = size - count;
    int end = to + length;
    while (to < end) {
      int got = FileIo.pread(open(), buffer, to, end - to, position);
      if (got <= 0) {
        throw new IllegalStateException("spool " + path + " became shorter while it was read");
      }
      to += got;
      position += got;
    }
  }

  private static int grown(int needed) {
    return Math.max(Math.max(needed, SMALLEST), Math.min(2 * needed, 2 * CHUNK));
  }

  private OwnedFd open() {
    OwnedFd open = file;
    if (open == null) {
      open = At.open(Fd.CWD, path.toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600);
      file = open;
    }
    return open;
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
