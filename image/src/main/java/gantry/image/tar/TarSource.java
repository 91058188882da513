package gantry.image.tar;

import gantry.linux.Fd;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.linux.file.Transfer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.Optional;

/// Where an archive's bytes come from.
sealed interface TarSource {
  int BUFFER = 256 * 1024;

  /// Reads up to `length` bytes; -1 at the end.
  int read(byte[] target, int offset, int length);

  /// Moves `length` bytes into a file at its position, and adds them to `hash`; returns how many
  /// there were.
  long copy(Fd file, long length, Optional<MessageDigest> hash);

  /// Goes `length` bytes forward; returns how many there were.
  long skip(long length);

  /// A stream: bytes come as they come.
  final class OfStream implements TarSource {
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
    public long copy(Fd file, long length, Optional<MessageDigest> hash) {
      long copied = 0;
      while (copied < length) {
        byte[] bytes = buffer.bytes();
        int count = read(bytes, 0, (int) Math.min(bytes.length, length - copied));
        if (count < 0) {
          break;
        }
        buffer.writeTo(file, count);
        if (hash.isPresent()) {
          hash.get().update(bytes, 0, count);
        }
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
    public long copy(Fd target, long length, Optional<MessageDigest> hash) {
      FileControl.seek(file, position);
      long there = Math.min(length, end - position);
      long copied =
          hash.isPresent()
              ? copyHashed(target, there, hash.get())
              : Transfer.copy(file, target, there);
      position += copied;
      return copied;
    }

    private long copyHashed(Fd target, long length, MessageDigest hash) {
      CopyBuffer buffer = new CopyBuffer(BUFFER);
      long copied = 0;
      while (copied < length) {
        int count = buffer.readFrom(file, length - copied);
        if (count == 0) {
          break;
        }
        hash.update(buffer.bytes(), 0, count);
        buffer.writeTo(target, count);
        copied += count;
      }
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
