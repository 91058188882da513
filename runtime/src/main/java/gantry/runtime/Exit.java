package gantry.runtime;

import java.time.Instant;
import java.util.OptionalInt;

/// How a process ended.
///
/// @param code as a shell has it: the exit status, or 128 and the signal's number
/// @param signal that killed it
/// @param at the end
public record Exit(int code, OptionalInt signal, Instant at) {

  /// Nobody saw the end: the monitor was killed, or the machine stopped.
  public static final Exit LOST = new Exit(255, OptionalInt.empty(), Instant.EPOCH);

  /// Reads a status as wait(2) gives it.
  public static Exit ofWaitStatus(int status, Instant at) {
    int signal = status & 0x7f;
    return signal == 0
        ? new Exit(status >> 8 & 0xff, OptionalInt.empty(), at)
        : new Exit(128 + signal, OptionalInt.of(signal), at);
  }

  /// Whether this is [#LOST].
  public boolean lost() {
    return equals(LOST);
  }
}
