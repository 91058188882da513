package gantry.linux.file;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import gantry.linux.Fd;
import gantry.linux.call.FileName;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// The names in an open directory (getdents64(2)).
public final class Directory {
  private static final int BUFFER = 16 * 1024 - 64; // fits into a frame
  private static final int NAME = 19; // offset of d_name in struct linux_dirent64, linux/dirent.h

  private Directory() {}

  /// All names but `.` and `..`, in the file system's order, from the beginning. `dir` is open for
  /// reading; its position is used, so one listing at a time.
  public static List<DirectoryEntry> list(Fd dir) {
    FileControl.seek(dir, 0);
    List<DirectoryEntry> entries = new ArrayList<>();
    while (readSome(dir, entries)) {
      // until the end
    }
    return entries;
  }

  /// Reads some more names from the directory's position on, for those too large to be held; false
  /// at the end.
  public static boolean readSome(Fd dir, List<DirectoryEntry> entries) {
    try (Frame frame = Frame.open()) {
      MemorySegment buffer = frame.uninitialised(BUFFER);
      long length = frame.repeat(Sys.GETDENTS64, dir.value(), buffer.address(), BUFFER, 0);
      if (length < 0) {
        check(length, "getdents64", dir.procPath());
      }
      byte[] bytes = new byte[(int) length];
      MemorySegment.copy(buffer, JAVA_BYTE, 0, bytes, 0, bytes.length);
      parse(bytes, entries);
      return length > 0;
    }
  }

  private static void parse(byte[] bytes, List<DirectoryEntry> entries) {
    ByteBuffer records = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    int start = 0;
    while (start < bytes.length) {
      int length = Short.toUnsignedInt(records.getShort(start + 16));
      int end = start + NAME;
      while (bytes[end] != 0) {
        end++;
      }
      String name = FileName.decode(bytes, start + NAME, end - start - NAME);
      if (!name.equals(".") && !name.equals("..")) {
        FileType type = FileType.ofMode(bytes[start + 18] << 12); // DT_DIR is S_IFDIR >> 12
        entries.add(new DirectoryEntry(name, type, records.getLong(start)));
      }
      start += length;
    }
  }
}
