package gantry.runtime;

import gantry.linux.OwnedFd;
import java.util.Optional;

/// Our ends of a process's stdin, stdout and stderr. Closed with the [ContainerProcess], which owns
/// them; its monitor holds copies, so closing them here ends nothing for the process.
public sealed interface Stdio {

  /// A pipe for each stream.
  ///
  /// @param stdin where to write, if the process has a stdin; [ContainerProcess#closeStdin] ends it
  record Pipes(Optional<OwnedFd> stdin, OwnedFd stdout, OwnedFd stderr) implements Stdio {}

  /// One terminal.
  ///
  /// @param master of the terminal: read what the process prints, write what is typed
  /// @param relayIn write end of a pipe that the monitor keeps: splice from the master into it, so
  ///   that bytes taken from the terminal survive this program
  /// @param relayOut read end of that pipe
  record Terminal(OwnedFd master, OwnedFd relayIn, OwnedFd relayOut) implements Stdio {}

  /// Nothing to read or write: the process and its monitor are gone.
  record Gone() implements Stdio {}
}
