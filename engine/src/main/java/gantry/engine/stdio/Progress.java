package gantry.engine.stdio;

import gantry.engine.log.JsonFileLog;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/// How far the output of one run has come from its spools into its log: one small record in a file,
/// written by one pwrite(2) within one page, which a SIGKILL does not cut in two.
final class Progress implements AutoCloseable {
  private static final long MAGIC = 0x31676f6c746e6167L; // "gantlog1"
  private static final int SIZE = 40;

  /// @param log state of the log
  /// @param stdout bytes of that spool which are in the log
  /// @param stderr the same for the other
  record State(JsonFileLog.Mark log, long stdout, long stderr) {}

  private final OwnedFd file;

  private Progress(OwnedFd file) {
    this.file = file;
  }

  static Progress open(Path path) {
    return new Progress(
        At.open(Fd.CWD, path.toString(), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600));
  }

  /// What the file of an earlier process says.
  static Optional<State> read(Path path) {
    Optional<OwnedFd> file = At.openIfExists(Fd.CWD, path.toString(), OpenFlags.O_RDONLY);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (OwnedFd open = file.get()) {
      ByteBuffer record =
          ByteBuffer.wrap(FileIo.readAll(open, SIZE * 2)).order(ByteOrder.LITTLE_ENDIAN);
      if (record.remaining() < SIZE || record.getLong() != MAGIC) {
        return Optional.empty();
      }
      JsonFileLog.Mark mark = new JsonFileLog.Mark(record.getLong(), record.getLong());
      return Optional.of(new State(mark, record.getLong(), record.getLong()));
    }
  }

  void write(State state) {
    ByteBuffer record = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    record
        .putLong(MAGIC)
        .putLong(state.log.inode())
        .putLong(state.log.size())
        .putLong(state.stdout)
        .putLong(state.stderr);
    FileIo.pwriteFully(file, record.array(), 0);
  }

  @Override
  public void close() {
    file.close();
  }
}
