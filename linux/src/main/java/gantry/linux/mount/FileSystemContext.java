package gantry.linux.mount;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.FileName;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;

/// A file system about to be mounted: options one by one, then a detached mount. Where the kernel
/// left a word about a refusal, the exception has it. See fsopen(2), fsconfig(2), fsmount(2).
///
/// ```java
/// try (FileSystemContext tmpfs = FileSystemContext.open("tmpfs")) {
///   return tmpfs.set("size", "64m").set("mode", "1777").mount(NOSUID | NODEV);
/// }
/// ```
public final class FileSystemContext implements AutoCloseable {
  private static final int FSOPEN_CLOEXEC = 1; // linux/mount.h, since 5.2
  private static final int FSMOUNT_CLOEXEC = 1;
  private static final int SET_FLAG = 0;
  private static final int SET_STRING = 1;
  private static final int SET_BINARY = 2;
  private static final int SET_FD = 5;
  private static final int CMD_CREATE = 6;
  private static final int MESSAGE = 1024;

  private final String type;
  private final OwnedFd fd;

  private FileSystemContext(String type, OwnedFd fd) {
    this.type = type;
    this.fd = fd;
  }

  /// Begins a file system of this type; `ENODEV` if the kernel has none such.
  public static FileSystemContext open(String type) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.FSOPEN, frame.text(type), FSOPEN_CLOEXEC);
      return new FileSystemContext(type, OwnedFd.adopt(result, "fsopen", type));
    }
  }

  /// An option with text, of 255 bytes at most.
  public FileSystemContext set(String key, String value) {
    try (Frame frame = Frame.open()) {
      configure(frame, SET_STRING, key, frame.text(value), 0, value);
    }
    return this;
  }

  /// An option that is there or not, `ro`.
  public FileSystemContext flag(String key) {
    try (Frame frame = Frame.open()) {
      configure(frame, SET_FLAG, key, 0, 0, "");
    }
    return this;
  }

  /// An option that is a descriptor.
  public FileSystemContext set(String key, Fd value) {
    try (Frame frame = Frame.open()) {
      configure(frame, SET_FD, key, 0, value.value(), value.procPath());
    }
    return this;
  }

  /// An option with bytes, of 1 MiB at most.
  public FileSystemContext set(String key, byte[] value) {
    try (Frame frame = Frame.open()) {
      configure(frame, SET_BINARY, key, frame.bytes(value), value.length, "");
    }
    return this;
  }

  /// Makes the file system and a detached mount of it, with these bits of [MountFlags].
  public OwnedFd mount(int flags) {
    try (Frame frame = Frame.open()) {
      expect(frame.call(Sys.FSCONFIG, fd.value(), CMD_CREATE, 0, 0, 0), "fsconfig", "create");
      long result = frame.call(Sys.FSMOUNT, fd.value(), FSMOUNT_CLOEXEC, flags);
      return OwnedFd.adopt((int) expect(result, "fsmount", ""));
    }
  }

  private void configure(Frame frame, int command, String key, long value, long aux, String shown) {
    long result = frame.call(Sys.FSCONFIG, fd.value(), command, frame.text(key), value, aux);
    if (result < 0) {
      expect(result, "fsconfig", shown.isEmpty() ? key : key + "=" + shown);
    }
  }

  private long expect(long result, String call, String what) {
    if (result >= 0) {
      return result;
    }
    String operand = what.isEmpty() ? type : type + " " + what;
    String said = messages();
    return SyscallException.check(result, call, said.isEmpty() ? operand : operand + ": " + said);
  }

  /// What the kernel logged about this context, one message to a read, each behind a letter for its
  /// gravity.
  private String messages() {
    StringBuilder said = new StringBuilder();
    try (Frame frame = Frame.open()) {
      MemorySegment buffer = frame.uninitialised(MESSAGE);
      while (true) {
        long length = frame.call(Sys.READ, fd.value(), buffer.address(), MESSAGE);
        if (length <= 2) {
          return said.toString();
        }
        byte[] message = buffer.asSlice(2, length - 2).toArray(JAVA_BYTE);
        said.append(said.isEmpty() ? "" : "; ");
        said.append(FileName.decode(message, 0, message.length).strip());
      }
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
