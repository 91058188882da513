package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.runtime.Exit;
import gantry.stage.ExitRecord;
import java.nio.file.Path;
import java.util.Optional;

/// The file into which a monitor writes how its children end.
final class ExitFile {
  private static final int LIMIT = 1 << 16;

  private ExitFile() {}

  /// Makes it, empty, for appending.
  static OwnedFd create(Path path) {
    return At.open(
        Fd.CWD,
        path.toString(),
        OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | OpenFlags.O_APPEND,
        0600);
  }

  /// How the process with that number ended, if it is recorded.
  static Optional<Exit> read(Path path, int pid) {
    Optional<OwnedFd> file = At.openIfExists(Fd.CWD, path.toString(), OpenFlags.O_RDONLY);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (OwnedFd open = file.get()) {
      return ExitRecord.parse(FileIo.readAll(open, LIMIT)).stream()
          .filter(record -> record.pid() == pid)
          .findFirst()
          .map(record -> Exit.ofWaitStatus(record.status(), record.at()));
    }
  }
}
