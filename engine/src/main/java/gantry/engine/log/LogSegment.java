package gantry.engine.log;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;

/// One file of a log, open for reading: it stays readable when it is put away or deleted.
///
/// @param generation how many files were begun before it
/// @param inode of the file, which tells it from others across restarts; 0 for a compressed one
record LogSegment(FileChannel channel, long generation, long inode) implements AutoCloseable {
  static LogSegment open(Path file, long generation) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      // Nobody moves it between the two: the caller holds the lock for that.
      long inode = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
      return new LogSegment(channel, generation, inode);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// Unpacks into a file that is gone when it is closed.
  static LogSegment openCompressed(Path file, long generation) throws IOException {
    Path unpacked = Files.createTempFile("gantry-log-", ".json");
    try {
      try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
        Files.copy(in, unpacked, StandardCopyOption.REPLACE_EXISTING);
      }
      return new LogSegment(FileChannel.open(unpacked, StandardOpenOption.READ), generation, 0);
    } finally {
      Files.delete(unpacked);
    }
  }

  /// Reads at most `count` bytes at `position` into `target` from `offset` on; fewer only at the
  /// end of the file.
  int read(long position, byte[] target, int offset, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, offset, count);
    while (buffer.hasRemaining()) {
      int got = channel.read(buffer, position + buffer.position() - offset);
      if (got <= 0) {
        break;
      }
    }
    return buffer.position() - offset;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
