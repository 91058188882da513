package gantry.image.tar;

import gantry.linux.Fd;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.linux.file.Transfer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// Where an archive's bytes come from.
sealed interface TarSource {
  /// Reads up to `length` bytes; -1 at the end.
  int read(byte[] target, int offset, int length);

  /// Moves `length` bytes into a file at its position; returns how many there were.
  long copy(Fd file, long length);

  /// Goes `length` bytes forward; returns how many there were.
  long skip(long length);

  /// A stream: bytes come as they come.
  final class OfStream implements TarSource {
    private static final int BUFFER = 256 * 1024;

    private final InputStream stream;
    private final CopyBuffer buffer = new CopyBuffer(BUFFER);

    OfStream(InputStream stream) {
      this.stream = stream;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      try {
        return stream.read(target, offset, length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public long copy(Fd file, long length) {
      long copied = 0;
      while (copied < length) {
        byte[] bytes = buffer.bytes();
        int count = read(bytes, 0, (int) Math.min(bytes.length, length - copied));
        if (count < 0) {
          break;
        }
        buffer.writeTo(file, count);
        copied += count;
      }
      return copied;
    }

    @Override
    public long skip(long length) {
      long skipped = 0;
      while (skipped < length) {
        byte[] bytes = buffer.bytes();
        int count = read(bytes, 0, (int) Math.min(bytes.length, length - skipped));
        if (count < 0) {
          break;
        }
        skipped += count;
      }
      return skipped;
    }
  }

  /// A file: content goes to other files inside of the kernel, and what is skipped is never read.
  /// Its descriptor's position is used by nobody else meanwhile.
  final class OfFile implements TarSource {
    private final Fd file;
    private final long end;
    private long position;

    OfFile(Fd file, long sizeBytes) {
      this.file = file;
      this.end = sizeBytes;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int wanted = (int) Math.min(length, end - position);
      if (wanted <= 0) {
        return -1;
      }
      int count = FileIo.pread(file, target, offset, wanted, position);
      position += count;
      return count == 0 ? -1 : count;
    }

    @Override
    public long copy(Fd target, long length) {
      FileControl.seek(file, position);
      long copied = Transfer.copy(file, target, Math.min(length, end - position));
      position += copied;
      return copied;
    }

    @Override
    public long skip(long length) {
      long skipped = Math.min(length, end - position);
      position += skipped;
      return skipped;
    }
  }
}
