package gantry.linux.cgroup;

import static gantry.linux.file.OpenFlags.O_CLOEXEC;
import static gantry.linux.file.OpenFlags.O_RDONLY;
import static gantry.linux.file.OpenFlags.O_WRONLY;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.FileIo;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/// A directory of control groups in one hierarchy, held open, and the files of the groups in it.
/// Files are named `GROUP/FILE`, so that a group's own directory is never opened: three calls to
/// write, three to read. A *lazy* one is version 2 beside version 1, where most containers need no
/// group.
record Node(boolean unified, boolean lazy, Set<String> controllers, String path, OwnedFd dir)
    implements AutoCloseable {
  private static final int LIMIT = 4 << 20;
  private static final int USUAL = 8 * 1024;

  /// Writes a value; 0, or the negated errno.
  long tryWrite(String file, String value) {
    try (Frame frame = Frame.open()) {
      long fd = frame.repeat(Sys.OPENAT, dir.value(), frame.text(file), O_WRONLY | O_CLOEXEC, 0);
      if (fd < 0) {
        return fd;
      }
      byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
      long result = frame.repeat(Sys.WRITE, fd, frame.bytes(bytes), bytes.length, 0);
      frame.call(Sys.CLOSE, fd);
      return Math.min(result, 0);
    }
  }

  /// Writes a value.
  void write(String file, String value) {
    long result = tryWrite(file, value);
    if (result < 0) {
      throw failure(result, file, value);
    }
  }

  /// Writes a value if there is such a file; whether there is.
  boolean writeIfExists(String file, String value) {
    long result = tryWrite(file, value);
    if (result == -Errno.ENOENT.number()) {
      return false;
    }
    if (result < 0) {
      throw failure(result, file, value);
    }
    return true;
  }

  /// The failure of a write that gave `result`.
  SyscallException failure(long result, String file, String value) {
    return new SyscallException("write", (int) -result, path + "/" + file + "' with '" + value);
  }

  /// The text of a file, empty if there is none.
  Optional<String> read(String file) {
    try (Frame frame = Frame.open()) {
      long fd = frame.repeat(Sys.OPENAT, dir.value(), frame.text(file), O_RDONLY | O_CLOEXEC, 0);
      if (fd == -Errno.ENOENT.number()) {
        return Optional.empty();
      }
      try (OwnedFd open = OwnedFd.adopt(fd, "openat", path + "/" + file)) {
        return Optional.of(new String(content(frame, open), StandardCharsets.US_ASCII));
      }
    } catch (SyscallException e) {
      if (e.is(Errno.EOPNOTSUPP)
          || e.is(Errno.ENODEV)) { // present, but not for this group or machine
        return Optional.empty();
      }
      throw e;
    }
  }

  /// These files are made up as they are read and come in one piece where the buffer is large
  /// enough.
  private static byte[] content(Frame frame, Fd open) {
    MemorySegment buffer = frame.uninitialised(USUAL);
    long length = FileIo.pread(open, buffer, 0);
    if (length < USUAL) {
      return buffer.asSlice(0, length).toArray(JAVA_BYTE);
    }
    return FileIo.readAll(open, LIMIT);
  }

  /// A number in a file of its own; `max` and a missing file are empty.
  Optional<Long> number(String file) {
    return read(file)
        .map(String::strip)
        .filter(text -> !text.equals("max") && !text.isEmpty())
        .map(Long::valueOf);
  }

  @Override
  public void close() {
    dir.close();
  }
}
