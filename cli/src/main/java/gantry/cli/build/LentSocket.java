package gantry.cli.build;

import gantry.cli.command.CliException;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;

/// A socket file, held open for the daemon to take: it cannot be opened in Java. Loading this class
/// loads `java.lang.foreign`, which only `--ssh` needs.
final class LentSocket implements AutoCloseable {
  private final OwnedFd file;

  private LentSocket(OwnedFd file) {
    this.file = file;
  }

  static LentSocket open(String path) {
    try {
      return new LentSocket(At.open(Fd.CWD, path, OpenFlags.O_PATH));
    } catch (SyscallException e) {
      throw new CliException("cannot use the SSH agent at " + path + ": " + e.getMessage());
    }
  }

  long number() {
    return file.value();
  }

  @Override
  public void close() {
    file.close();
  }
}
