package gantry.runtime;

import gantry.linux.Errno;
import gantry.linux.SyscallException;

/// A process could not be started: which step failed, on what, what the kernel said and what to do.
///
/// The message is for people, one line without a full stop. [#kind] is for the program that has to
/// answer with an exit code.
public final class LaunchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// Whose fault it is.
  public enum Kind {
    /// The command is not in the container: exit code 127.
    COMMAND_NOT_FOUND,
    /// The command is there but cannot be run (permission, directory, format): exit code 126.
    COMMAND_NOT_EXECUTABLE,
    /// The config asks for what cannot be done: a mount, a limit, a device.
    CONFIG,
    /// The container to exec in is not running.
    NOT_RUNNING,
    /// Anything else: the machine, or a mistake of ours.
    SYSTEM
  }

  private final Kind kind;
  private final Errno errno;

  public LaunchException(Kind kind, String message, Errno errno) {
    super(message);
    this.kind = kind;
    this.errno = errno;
  }

  public LaunchException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.errno = cause instanceof SyscallException e ? e.errno() : Errno.UNKNOWN;
  }

  public Kind kind() {
    return kind;
  }

  /// What the kernel said, or [Errno#UNKNOWN] if it was not asked.
  public Errno errno() {
    return errno;
  }
}
