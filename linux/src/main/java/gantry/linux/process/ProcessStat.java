package gantry.linux.process;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.FileName;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import java.util.Optional;

/// What `/proc/PID/stat` tells about a process. See proc_pid_stat(5).
///
/// @param pid its number
/// @param command its name, 15 bytes at most; it can set that itself, to anything
/// @param state `R` running, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` ended but not
///   waited for
/// @param parent number of its parent
/// @param userTicks processor time in its own code, in hundredths of a second
/// @param systemTicks the same in the kernel
/// @param threads how many
/// @param startTicks when it began, in hundredths of a second since the machine did: with the pid
///   it names a process that was, where the pid alone may be another's by now
public record ProcessStat(
    int pid,
    String command,
    char state,
    int parent,
    long userTicks,
    long systemTicks,
    int threads,
    long startTicks) {
  private static final int LIMIT = 4096;

  /// Reads it, empty if there is no such process.
  public static Optional<ProcessStat> of(int pid) {
    try {
      return At.openIfExists(Fd.CWD, "/proc/" + pid + "/stat", OpenFlags.O_RDONLY)
          .map(ProcessStat::read);
    } catch (SyscallException e) {
      if (e.is(Errno.ESRCH)) { // it is going just now: opening may say so too, not only reading
        return Optional.empty();
      }
      throw e;
    }
  }

  private static ProcessStat read(OwnedFd file) {
    try (file) {
      byte[] bytes = FileIo.readAll(file, LIMIT);
      return parse(FileName.decode(bytes, 0, bytes.length));
    }
  }

  /// Reads the text of the file.
  ///
  /// @throws IllegalArgumentException if it is none
  public static ProcessStat parse(String text) {
    int open = text.indexOf(" (");
    int close = text.lastIndexOf(") "); // the name itself may have parentheses
    String[] fields = close < 0 ? new String[0] : text.substring(close + 2).strip().split(" ", -1);
    if (open < 1 || close <= open || fields.length < 20 || !fields[0].matches("[A-Za-z]")) {
      throw new IllegalArgumentException("not a line of /proc/PID/stat: '" + text + "'");
    }
    return new ProcessStat(
        Integer.parseInt(text.substring(0, open)),
        text.substring(open + 2, close),
        fields[0].charAt(0),
        Integer.parseInt(fields[1]),
        Long.parseLong(fields[11]),
        Long.parseLong(fields[12]),
        Integer.parseInt(fields[17]),
        Long.parseUnsignedLong(fields[19]));
  }
}
