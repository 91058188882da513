package gantry.linux.process;

/// How a process ended.
public sealed interface ExitStatus {
  /// It ended itself.
  ///
  /// @param code 0 to 255
  record Exited(int code) implements ExitStatus {}

  /// A signal ended it.
  ///
  /// @param signal which
  /// @param dumped whether a core dump was written
  record Signalled(Signal signal, boolean dumped) implements ExitStatus {}

  /// Reads the status word of wait(2).
  static ExitStatus ofWaitStatus(int status) {
    int signal = status & 0x7F;
    return signal == 0
        ? new Exited((status >> 8) & 0xFF)
        : new Signalled(new Signal(signal), (status & 0x80) != 0);
  }

  /// The status as a shell reports it: the code, or 128 and the signal's number.
  default int shellCode() {
    return switch (this) {
      case Exited(int code) -> code;
      case Signalled(Signal signal, boolean _) -> 128 + signal.number();
    };
  }
}
