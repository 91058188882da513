package gantry.linux.seccomp;

/// What happens to a system call.
///
/// Source: seccomp(2), `SECCOMP_RET_*` in `linux/seccomp.h`.
public sealed interface SeccompAction {
  /// The call is made.
  record Allow() implements SeccompAction {}

  /// The call is made and written to the audit log.
  record Log() implements SeccompAction {}

  /// The call fails with an error number, 0 to 4095.
  record Errno(int number) implements SeccompAction {
    public Errno {
      checkNumber(number);
    }
  }

  /// The tracer is asked, and told a number; without one the call fails with ENOSYS.
  record Trace(int number) implements SeccompAction {
    public Trace {
      if (number < 0 || number > 0xffff) {
        throw new IllegalArgumentException("a trace number is 0 to 65535, not " + number);
      }
    }
  }

  /// The thread gets SIGSYS.
  record Trap() implements SeccompAction {}

  /// A listener decides, see seccomp_unotify(2).
  record Notify() implements SeccompAction {}

  /// The thread ends.
  record KillThread() implements SeccompAction {}

  /// The whole process ends.
  record KillProcess() implements SeccompAction {}

  /// The value that a filter returns for it.
  default int returnValue() {
    return switch (this) {
      case Allow _ -> 0x7fff0000;
      case Log _ -> 0x7ffc0000;
      case Trace(int number) -> 0x7ff00000 | number;
      case Notify _ -> 0x7fc00000;
      case Errno(int number) -> 0x00050000 | number;
      case Trap _ -> 0x00030000;
      case KillThread _ -> 0x00000000;
      case KillProcess _ -> 0x80000000;
    };
  }

  /// The name in a profile, e.g. `SCMP_ACT_ERRNO`.
  default String ociName() {
    return switch (this) {
      case Allow _ -> "SCMP_ACT_ALLOW";
      case Log _ -> "SCMP_ACT_LOG";
      case Trace _ -> "SCMP_ACT_TRACE";
      case Notify _ -> "SCMP_ACT_NOTIFY";
      case Errno _ -> "SCMP_ACT_ERRNO";
      case Trap _ -> "SCMP_ACT_TRAP";
      case KillThread _ -> "SCMP_ACT_KILL_THREAD";
      case KillProcess _ -> "SCMP_ACT_KILL_PROCESS";
    };
  }

  /// Whether the call may be made: a call that the profile's author could not know is then left to
  /// the kernel, else it gets ENOSYS.
  default boolean permits() {
    return switch (this) {
      case Allow _, Log _, Trace _ -> true;
      case Notify _, Errno _, Trap _, KillThread _, KillProcess _ -> false;
    };
  }

  private static void checkNumber(int number) {
    if (number < 0 || number > 4095) {
      throw new IllegalArgumentException("an error number is 0 to 4095, not " + number);
    }
  }
}
