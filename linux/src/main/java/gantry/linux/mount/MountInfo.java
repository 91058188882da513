package gantry.linux.mount;

import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.FileName;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.FileIo;
import java.util.ArrayList;
import java.util.List;

/// A line of `/proc/PID/mountinfo`. See proc_pid_mountinfo(5).
///
/// @param id number of the mount, unique while it lives
/// @param parent number of the mount it is on
/// @param device the file system's
/// @param root the directory of the file system that is shown
/// @param mountPoint where, relative to the process's root
/// @param options of the mount: `rw`, `nosuid`, `relatime`
/// @param propagation `shared:7`, `master:3`, `propagate_from:2`, `unbindable`; none if private
/// @param type of the file system
/// @param source what was mounted, in the file system's own terms
/// @param superOptions of the file system
public record MountInfo(
    int id,
    int parent,
    DeviceNumber device,
    String root,
    String mountPoint,
    List<String> options,
    List<String> propagation,
    String type,
    String source,
    List<String> superOptions) {

  /// The mounts that this process sees.
  public static List<MountInfo> ofSelf() {
    return read("/proc/self/mountinfo");
  }

  /// The mounts that another process sees.
  public static List<MountInfo> of(int pid) {
    return read("/proc/" + pid + "/mountinfo");
  }

  private static List<MountInfo> read(String path) {
    try (OwnedFd file = At.open(Fd.CWD, path, O_RDONLY)) {
      byte[] bytes = FileIo.readAll(file, Integer.MAX_VALUE);
      return parseAll(FileName.decode(bytes, 0, bytes.length));
    }
  }

  /// Reads a whole table.
  public static List<MountInfo> parseAll(String table) {
    List<MountInfo> mounts = new ArrayList<>();
    for (String line : table.split("\n", -1)) { // a carriage return may be part of a name
      if (!line.isEmpty()) {
        mounts.add(parse(line));
      }
    }
    return mounts;
  }

  /// Reads one line.
  ///
  /// @throws IllegalArgumentException if it is none
  public static MountInfo parse(String line) {
    String[] fields = line.split(" ", -1);
    int separator = 6;
    while (separator < fields.length && !fields[separator].equals("-")) {
      separator++;
    }
    String[] device = fields.length > 2 ? fields[2].split(":", -1) : new String[0];
    if (separator + 3 >= fields.length || device.length != 2) {
      throw new IllegalArgumentException("not a line of mountinfo: '" + line + "'");
    }
    return new MountInfo(
        Integer.parseInt(fields[0]),
        Integer.parseInt(fields[1]),
        new DeviceNumber(Integer.parseInt(device[0]), Integer.parseInt(device[1])),
        unescape(fields[3]),
        unescape(fields[4]),
        List.of(fields[5].split(",", -1)),
        List.of(fields).subList(6, separator),
        unescape(fields[separator + 1]),
        unescape(fields[separator + 2]),
        List.of(fields[separator + 3].split(",", -1)));
  }

  /// Space, tab, newline and backslash are written as `\040` and so on.
  private static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && octal(field, i + 1)) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static boolean octal(String field, int start) {
    if (start + 3 > field.length()) {
      return false;
    }
    return field.substring(start, start + 3).chars().allMatch(c -> c >= '0' && c <= '7');
  }
}
