package gantry.linux.file;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.call.FileName;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Extended attributes, `user.…`, `security.capability`, `trusted.overlay.…`. Values are bytes, up
/// to 64 KiB.
///
/// The methods with a file descriptor alone need one open for reading or writing. Those with `dir`
/// and a `name` of one component reach any file, links themselves included, and open nothing:
/// `/proc/self/fd/DIR/NAME`.
public final class Xattr {
  private static final int MAX = 64 * 1024; // XATTR_SIZE_MAX and XATTR_LIST_MAX, linux/limits.h
  private static final int USUAL = 1024;

  private Xattr() {}

  /// The value of an attribute, empty if there is none of that name or the file system has no
  /// attributes.
  public static Optional<byte[]> get(Fd file, String attribute) {
    return get(file, "", attribute);
  }

  /// As above for a name in a directory; of a link itself.
  public static Optional<byte[]> get(Fd dir, String name, String attribute) {
    try (Frame frame = Frame.open()) {
      long key = frame.text(attribute);
      int call = name.isEmpty() ? Sys.FGETXATTR : Sys.LGETXATTR;
      long target = target(frame, dir, name);
      MemorySegment value = frame.uninitialised(USUAL);
      long length = frame.call(call, target, key, value.address(), value.byteSize());
      if (length == -Errno.ERANGE.number()) {
        value = frame.uninitialised(MAX);
        length = frame.call(call, target, key, value.address(), value.byteSize());
      }
      if (length == -Errno.ENODATA.number() || length == -Errno.EOPNOTSUPP.number()) {
        return Optional.empty();
      }
      check(length, "getxattr", name + " " + attribute);
      return Optional.of(value.asSlice(0, length).toArray(JAVA_BYTE));
    }
  }

  /// Sets an attribute, new or not.
  public static void set(Fd file, String attribute, byte[] value) {
    set(file, "", attribute, value);
  }

  /// As above for a name in a directory; of a link itself.
  public static void set(Fd dir, String name, String attribute, byte[] value) {
    try (Frame frame = Frame.open()) {
      int call = name.isEmpty() ? Sys.FSETXATTR : Sys.LSETXATTR;
      long target = target(frame, dir, name);
      long result =
          frame.call(call, target, frame.text(attribute), frame.bytes(value), value.length, 0);
      check(result, "setxattr", name + " " + attribute);
    }
  }

  /// The names of all attributes; none if the file system has no attributes.
  public static List<String> list(Fd file) {
    return list(file, "");
  }

  /// As above for a name in a directory; of a link itself.
  public static List<String> list(Fd dir, String name) {
    try (Frame frame = Frame.open()) {
      int call = name.isEmpty() ? Sys.FLISTXATTR : Sys.LLISTXATTR;
      long target = target(frame, dir, name);
      MemorySegment names = frame.uninitialised(USUAL);
      long length = frame.call(call, target, names.address(), names.byteSize());
      if (length == -Errno.ERANGE.number()) {
        names = frame.uninitialised(MAX);
        length = frame.call(call, target, names.address(), names.byteSize());
      }
      if (length == -Errno.EOPNOTSUPP.number()) {
        return List.of();
      }
      check(length, "listxattr", name);
      return split(names.asSlice(0, length).toArray(JAVA_BYTE));
    }
  }

  /// Removes an attribute; `ENODATA` if there is none.
  public static void remove(Fd file, String attribute) {
    remove(file, "", attribute);
  }

  /// As above for a name in a directory; of a link itself.
  public static void remove(Fd dir, String name, String attribute) {
    try (Frame frame = Frame.open()) {
      int call = name.isEmpty() ? Sys.FREMOVEXATTR : Sys.LREMOVEXATTR;
      check(
          frame.call(call, target(frame, dir, name), frame.text(attribute)),
          "removexattr",
          name + " " + attribute);
    }
  }

  private static long target(Frame frame, Fd dir, String name) {
    if (name.isEmpty()) {
      return dir.value();
    }
    if (name.indexOf('/') >= 0 || name.equals("..")) {
      throw new IllegalArgumentException("expected a name of one component, got '" + name + "'");
    }
    return frame.text(dir.procPath() + "/" + name);
  }

  private static List<String> split(byte[] names) {
    List<String> list = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < names.length; i++) {
      if (names[i] == 0) {
        list.add(FileName.decode(names, start, i - start));
        start = i + 1;
      }
    }
    return list;
  }
}
